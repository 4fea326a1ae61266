//! The library against the sandbox, in each dialect: two implementations of the same pages, which must agree.

use crate::running_sandbox::{RunningSandbox, TIMEOUT};
use crate::temporary_file::TemporaryFile;
use crate::triggers::set_webhook;
use omnize::config::Config;
use omnize::wire::{
    Address, BotRequest, Customer, Extra, Kind, Media, MediaKind, Message, Mood, OffHours, Request,
    Start, Trigger, Update, WhatsApp,
};
use omnize::{Client, Conversation};
use serde_json::{Value, json};
use std::time::Duration;

/// Returns a client of this dialect that receives the sandbox's triggers.
pub fn client(running: &RunningSandbox, dialect: &str) -> Client {
    let mut config = Config::new();
    let base_url = running.ready["base_urls"][dialect].as_str().unwrap();
    for (option, value) in [
        ("dialect", dialect),
        ("token", running.ready_field("token")),
        ("base_url", base_url),
        ("listen", "127.0.0.1:0"),
    ] {
        config.set(option, value).unwrap();
    }
    let client = Client::open(&config).unwrap();
    set_webhook(running, client.webhook_url().unwrap());
    client
}

fn next(client: &Client) -> Trigger {
    let event = client.next(TIMEOUT).unwrap().expect("an event");
    event.trigger().expect("a trigger").clone()
}

/// Returns the next trigger, which must have this kind.
fn receive(client: &Client, kind: Kind) -> Trigger {
    let trigger = next(client);
    assert_eq!(trigger.kind, kind, "{trigger:?}");
    trigger
}

pub fn joao() -> Customer {
    Customer {
        name: Some("João".into()),
        email: Some("joao@example.com".into()),
        phone: Some("11988776655".into()),
        cpf: Some("123.456.789-09".into()),
    }
}

pub fn address(client_id: &str) -> Address {
    Address {
        department: "1".to_owned(),
        client_id: client_id.to_owned(),
    }
}

fn image(text: &str) -> Message {
    Message {
        text: text.into(),
        media: Some(Media {
            kind: MediaKind::Image,
            url: "https://example.com/a.png".into(),
        }),
        size: None,
    }
}

#[test]
fn a_conversation_works_in_every_dialect() {
    for dialect in ["rest", "gateway", "interactions"] {
        let running = RunningSandbox::start(&[]);
        let client = client(&running, dialect);
        let conversation = client.start(address("12"), joao()).unwrap();
        assert_eq!(receive(&client, Kind::Accepted).client_id, "12");
        conversation.send("Olá, \"mundo\" 😀").unwrap();
        receive(&client, Kind::Typing);
        receive(&client, Kind::Cleared);
        let said = receive(&client, Kind::Message);
        assert_eq!(
            (said.text.as_deref(), said.client_id.as_str()),
            (Some("Olá, \"mundo\" 😀"), "12")
        );
        conversation.typing().unwrap();
        conversation.cleared().unwrap();
        conversation.finish().unwrap();
        let transcript = running.transcript();
        assert!(transcript.iter().all(|entry| entry["status"] == 200
            && entry["dialect"] == dialect
            && entry["clientId"] == "12"));
        let kinds: Vec<&Value> = transcript.iter().map(|entry| &entry["kind"]).collect();
        assert_eq!(
            kinds,
            [
                "start", "accepted", "message", "typing", "cleared", "message", "typing",
                "cleared", "finish"
            ],
            "{dialect}"
        );
        assert_eq!(running.state_of("12"), "finished");
    }
}

#[test]
fn departments_and_agents_are_requested() {
    for (dialect, form) in [
        ("gateway", "array"),
        ("gateway", "departments"),
        ("gateway", "data"),
        ("interactions", "array"),
    ] {
        let running = RunningSandbox::start(&["--department-list", form, "--agent", "2=closed"]);
        let client = client(&running, dialect);
        let departments = client.departments(Some("12")).unwrap();
        let shown: Vec<_> = departments
            .iter()
            .map(|one| {
                (
                    one.id.as_str(),
                    one.name.as_str(),
                    one.open,
                    one.queue,
                    one.channels.len(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("1", "Support", Some(true), Some(0), 2),
                ("2", "Sales", Some(false), Some(0), 2)
            ]
        );
        if dialect == "interactions" {
            let online = client.online_agents("1").unwrap();
            assert_eq!((online.count, online.average), (1, Some(Duration::ZERO)));
            assert_eq!(
                (online.agents[0].id.as_str(), online.agents[0].name.expose()),
                ("1", "Ana")
            );
        }
    }
}

#[test]
fn a_bot_id_is_repeated_in_the_dialects_that_have_it() {
    for dialect in ["gateway", "interactions"] {
        let running = RunningSandbox::start(&["--agent", "silent"]);
        let client = client(&running, dialect);
        let start = Start {
            bot_id: Some("b7".to_owned()),
            ..Start::from(joao())
        };
        client.start(address("12"), start).unwrap();
        let details = receive(&client, Kind::Accepted).details.unwrap();
        assert_eq!(details.bot_id.as_deref(), Some("b7"));
    }
}

#[test]
fn the_additions_of_interactions_work_in_both_directions() {
    let script = r#"{"agents":[{"id":7,"name":"Bia"}],"rules":[
        {"on":"start","steps":[{"queued":2},"accepted"]},
        {"on":"message","steps":["echo","again",{"transferred":2}]}]}"#;
    let file = TemporaryFile::new("library", script);
    let agent = format!("1={}", file.path());
    let running = RunningSandbox::start(&["--agent", &agent, "--agent", "silent"]);
    let client = client(&running, "interactions");
    let start = Start {
        media_type: Some("TEXT".to_owned()),
        extra: Some(Extra::parse(r#"{"order":7}"#).unwrap()),
        external_history: Some("https://example.com/history/12".into()),
        ..Start::from(joao())
    };
    let conversation = client.start(address("12"), start).unwrap();
    let queued = receive(&client, Kind::Queued);
    assert_eq!(queued.details.unwrap().position, Some(2));
    receive(&client, Kind::Accepted);
    conversation.send(image("veja")).unwrap();
    let said = receive(&client, Kind::Message);
    let details = said.details.unwrap();
    assert_eq!(
        (
            details.agent_id.as_deref(),
            details.agent_name.map(|name| name.expose().to_owned())
        ),
        (Some("7"), Some("Bia".to_owned()))
    );
    assert_eq!(
        details.media.unwrap().url.expose(),
        "https://example.com/a.png"
    );
    assert_eq!(details.message_hash.map(|hash| hash.len()), Some(36));
    // The message was sent twice, but delivered to the application once.
    let transferred = receive(&client, Kind::Transferred);
    assert_eq!(
        (
            transferred.client_id.as_str(),
            transferred.details.unwrap().department.as_deref()
        ),
        ("12", Some("2"))
    );
    let update = Update {
        mood: Some(Mood::Positive),
        tags: vec!["a".to_owned(), "b".to_owned()],
        customer_key: Some("0b0e7a52-6f0c-4f5c-9d49-52a1e5cbb1d4".into()),
        note: Some("called back".into()),
    };
    conversation.update(update).unwrap();
    conversation.send(image("")).unwrap();
    conversation.finish().unwrap();
    let shown = &running.get("/sandbox/interactions").json()[0];
    for (field, value) in [
        ("mood", json!("POSITIVE")),
        ("tagIds", json!(["a", "b"])),
        ("note", json!("called back")),
        ("externalHistory", json!("https://example.com/history/12")),
        (
            "interactionHash",
            json!(conversation.interaction_hash().unwrap()),
        ),
    ] {
        assert_eq!(shown[field], value, "{field}");
    }
    let messages = running
        .transcript()
        .iter()
        .filter(|entry| {
            entry["direction"] == "trigger" && entry["kind"] == "message" && entry["status"] == 200
        })
        .count();
    assert_eq!(messages, 2);
}

#[test]
fn off_hours_and_whatsapp_reach_the_service() {
    let running = RunningSandbox::start(&["--agent", "silent"]);
    let client = client(&running, "interactions");
    let contact = |customer| OffHours {
        message: "Me liguem".into(),
        customer,
    };
    let hash = client.off_hours("1", contact(joao())).unwrap();
    assert_eq!(hash.map(|hash| hash.len()), Some(36));
    // A rejection with HTTP status 200 is a rejection.
    let nowhere = client.off_hours("99", contact(joao())).unwrap_err();
    assert_eq!(nowhere.http_status(), Some(200));
    assert!(
        nowhere.message().contains("department_id is unknown"),
        "{nowhere:?}"
    );
    let conversation: Conversation = client.prepare(address("12")).unwrap();
    let whatsapp = WhatsApp {
        external_id: "5511988776655".into(),
        message: "Oi".into(),
        start: Start::from(joao()),
    };
    conversation.whatsapp(whatsapp).unwrap();
    let accepted = receive(&client, Kind::Accepted);
    assert_eq!(accepted.client_id, "12");
    let details = accepted.details.unwrap();
    assert_eq!(details.external_id.unwrap().expose(), "5511988776655");
    conversation.finish().unwrap();
}

#[test]
fn the_library_can_be_the_bot() {
    let running = RunningSandbox::start(&[]);
    let client = client(&running, "interactions");
    let body =
        json!({ "token": running.ready_field("token"), "url": client.webhook_url() }).to_string();
    let registered = running.call(
        "PUT",
        "/portal/settings/integrations/bot",
        None,
        body.as_bytes(),
    );
    assert_eq!(registered.status, 200);
    let script = json!({ "steps": [
        { "hear": "accepted" }, { "say": "Oi" }, { "hear": "message", "contains": "bom dia" },
        { "say": "", "type": "audio", "url": "https://example.com/a.ogg" }, { "hear": "message" },
        { "hear": "transferred" }, { "hear": "accepted" }, "finish",
    ] });
    let body = json!({ "token": running.ready_field("token"), "script": script }).to_string();
    assert_eq!(
        running
            .call("POST", "/sandbox/customers", None, body.as_bytes())
            .status,
        200
    );
    let given = receive(&client, Kind::NewInteraction);
    assert_eq!(
        given.details.as_ref().unwrap().department.as_deref(),
        Some("1")
    );
    let bot = client
        .bot_attach(given.interaction_hash().unwrap())
        .unwrap();
    bot.bot_accept().unwrap();
    assert_eq!(receive(&client, Kind::Message).text.as_deref(), Some("Oi"));
    bot.send("Bom dia!").unwrap();
    let media = receive(&client, Kind::Message)
        .details
        .unwrap()
        .media
        .unwrap();
    assert_eq!(
        (media.kind, media.url.expose()),
        (MediaKind::Audio, "https://example.com/a.ogg")
    );
    bot.request(Request::Bot(BotRequest::Message(image(""))))
        .unwrap();
    bot.bot_transfer(Some("2")).unwrap();
    let gone = running.get("/sandbox/customers?wait=20000").json();
    assert_eq!(
        (&gone[0]["state"], &gone[0]["error"]),
        (&json!("done"), &Value::Null)
    );
}
