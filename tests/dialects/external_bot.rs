//! The application as an external bot, with the same events and handles.

use omnize::error::Delivery;
use omnize::status::Status;
use omnize::wire::{BotRequest, Customer, Dialect, Kind, Media, MediaKind, Message, Request};
use omnize::{Client, Conversation, State};

use super::sandbox_account::{Account, address, next_of_kind, outcome};

/// A customer's application and a bot, with an interaction that the first started and the second received.
struct CustomerAndBot {
    account: Account,
    customer: Client,
    bot: Client,
    chat: Conversation,
    hash: String,
}

impl CustomerAndBot {
    fn start(name: &str) -> Self {
        let account = Account::silent(Dialect::Interactions, name);
        let bot = account.client(&[]);
        account.sandbox.set_bot(bot.webhook_url().unwrap()).unwrap();
        let customer = account.client(&[]);
        let chat = customer
            .start(address("1", "12"), Customer::default())
            .unwrap();
        let given = next_of_kind(&bot, Kind::NewInteraction);
        let hash = given.interaction_hash().unwrap().to_owned();
        assert_eq!(given.client_id, hash, "it stands for the customer's id");
        assert_eq!(
            given.detail(|details| details.department.as_deref()),
            Some("1")
        );
        assert_eq!(chat.interaction_hash().as_deref(), Some(&*hash));
        CustomerAndBot {
            account,
            customer,
            bot,
            chat,
            hash,
        }
    }
}

#[test]
fn bot_accepts_sends_messages_and_finishes() {
    let both = CustomerAndBot::start("bot-talks");
    let bot = both.bot.bot_attach(&both.hash).unwrap();
    bot.bot_accept().unwrap();
    next_of_kind(&both.customer, Kind::Accepted);

    both.chat.send("Bom dia").unwrap();
    let message = next_of_kind(&both.bot, Kind::Message);
    assert_eq!(
        (message.text.as_deref(), &*message.client_id),
        (Some("Bom dia"), &*both.hash)
    );
    bot.send("Olá!").unwrap();
    let response = next_of_kind(&both.customer, Kind::Message);
    assert_eq!(
        (response.text.as_deref(), &*response.client_id),
        (Some("Olá!"), "12")
    );

    bot.finish().unwrap();
    next_of_kind(&both.customer, Kind::Finish);
    assert_eq!(bot.state(), State::Finished);
    assert_eq!(bot.send("tarde").unwrap_err().status(), Status::State);
}

#[test]
fn bot_sends_and_receives_media() {
    let both = CustomerAndBot::start("bot-media");
    let bot = both.bot.bot_attach(&both.hash).unwrap();
    bot.bot_accept().unwrap();
    next_of_kind(&both.customer, Kind::Accepted);
    let picture = |kind, url: &str, size| Message {
        text: "".into(),
        media: Some(Media {
            kind,
            url: url.into(),
        }),
        size,
    };
    both.chat
        .send(picture(MediaKind::Audio, "https://example.com/a", None))
        .unwrap();
    let message = next_of_kind(&both.bot, Kind::Message).details.unwrap();
    let message = message.media.unwrap();
    assert_eq!(
        (message.kind, message.url.expose()),
        (MediaKind::Audio, "https://example.com/a")
    );
    bot.send(picture(MediaKind::Image, "https://example.com/b", Some(9)))
        .unwrap();
    let response = next_of_kind(&both.customer, Kind::Message).details.unwrap();
    let response = response.media.unwrap();
    assert_eq!(
        (response.kind, response.url.expose()),
        (MediaKind::Image, "https://example.com/b")
    );
}

#[test]
fn bot_transfers_the_interaction_to_a_department_or_back() {
    for department in [Some("2"), None] {
        let both = CustomerAndBot::start("bot-transfers");
        let bot = both.bot.bot_attach(&both.hash).unwrap();
        bot.bot_accept().unwrap();
        bot.bot_transfer(department).unwrap();
        assert_eq!(bot.state(), State::Finished);
        let last = both.account.requests().pop().unwrap();
        let body = last.body.unwrap();
        assert_eq!(body.get().contains("department_id"), department.is_some());
        let error = bot.send("ainda").unwrap_err();
        assert_eq!(
            error.status(),
            Status::State,
            "it has no part in it any more"
        );
        let advice = error.message();
        assert!(
            advice.contains("attach again after the next new_interaction event"),
            "{advice}"
        );
    }
}

#[test]
fn bot_receives_the_finish_of_the_customer() {
    let both = CustomerAndBot::start("bot-hears");
    let bot = both.bot.bot_attach(&both.hash).unwrap();
    bot.bot_accept().unwrap();
    both.chat.finish().unwrap();
    next_of_kind(&both.bot, Kind::Finish);
    assert_eq!(bot.state(), State::Finished);
}

#[test]
fn posted_bot_requests_are_sent_in_order() {
    let both = CustomerAndBot::start("bot-posts");
    let bot = both.bot.bot_attach(&both.hash).unwrap();
    bot.post(Request::Bot(BotRequest::Accept)).unwrap();
    bot.post(Request::Message("um".into())).unwrap();
    bot.post(Request::Finish).unwrap();
    for request in ["bot_accept", "bot_message", "bot_finish"] {
        let outcome = outcome(&both.bot);
        assert_eq!((&*outcome.request, outcome.status), (request, 0));
    }
    for kind in [Kind::Accepted, Kind::Message, Kind::Finish] {
        next_of_kind(&both.customer, kind);
    }
}

#[test]
fn one_client_is_application_and_bot() {
    let account = Account::silent(Dialect::Interactions, "bot-both");
    let client = account.client(&[]);
    account
        .sandbox
        .set_bot(client.webhook_url().unwrap())
        .unwrap();
    let chat = client
        .start(address("1", "12"), Customer::default())
        .unwrap();
    let given = next_of_kind(&client, Kind::NewInteraction);
    let bot = client.bot_attach(&given.client_id).unwrap();
    bot.bot_accept().unwrap();
    assert_eq!(next_of_kind(&client, Kind::Accepted).client_id, "12");
    bot.send("Olá!").unwrap();
    assert_eq!(next_of_kind(&client, Kind::Message).client_id, "12");
    chat.send("Bom dia").unwrap();
    assert_eq!(
        next_of_kind(&client, Kind::Message).client_id,
        given.client_id
    );
}

#[test]
fn each_side_can_send_only_its_own_requests() {
    let both = CustomerAndBot::start("bot-sides");
    let bot = both.bot.bot_attach(&both.hash).unwrap();
    for error in [
        bot.typing().unwrap_err(),
        bot.keystroke().unwrap_err(),
        bot.start(Customer::default()).unwrap_err(),
    ] {
        assert_eq!(error.status(), Status::Unsupported, "{error}");
        assert_eq!(error.delivery(), Some(Delivery::NotSent));
    }
    assert_eq!(
        both.chat.bot_accept().unwrap_err().status(),
        Status::Argument
    );
    assert_eq!(
        both.bot.bot_attach("").unwrap_err().status(),
        Status::Argument
    );
    let stranger = both.bot.bot_attach("no-such-hash").unwrap();
    let error = stranger.bot_accept().unwrap_err();
    assert_eq!(error.delivery(), Some(Delivery::Rejected));
}
