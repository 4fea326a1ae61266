//! Additions of the later dialects: tested against a sandbox that supports them, and rejected if the dialect lacks
//! them.

use omnize::error::Delivery;
use omnize::status::Status;
use omnize::wire::{
    Customer, Dialect, Extra, Kind, Media, MediaKind, Message, Mood, OffHours, Redacted, Request,
    Start, Update, WhatsApp,
};
use serde_json::Value;

use super::sandbox_account::{Account, address, next_of_kind};

/// Returns the body of the last request.
fn last_request(account: &Account) -> Value {
    let entry = account.requests().pop().expect("a request");
    assert_eq!(entry.status, Some(200), "{:?}", entry.error);
    serde_json::from_str(entry.body.unwrap().get()).unwrap()
}

fn media(kind: MediaKind) -> Message {
    Message {
        text: "veja".into(),
        media: Some(Media {
            kind,
            url: "https://example.com/a".into(),
        }),
        size: None,
    }
}

#[test]
fn every_trigger_contains_the_bot_id() {
    for dialect in [Dialect::Gateway, Dialect::Interactions] {
        let account = Account::with_agent(
            dialect,
            "bot",
            r#"{"rules":[{"on":"start","steps":["accepted",{"message":"oi"}]}]}"#,
        );
        let client = account.client(&[]);
        let start = Start {
            bot_id: Some("7".into()),
            ..Start::default()
        };
        client.start(address("1", "12"), start).unwrap();
        for kind in [Kind::Accepted, Kind::Message] {
            let trigger = next_of_kind(&client, kind);
            assert_eq!(trigger.client_id, "12");
            assert_eq!(
                trigger.detail(|details| details.bot_id.as_deref()),
                Some("7")
            );
        }
    }
}

#[test]
fn departments_are_listed() {
    for dialect in [Dialect::Gateway, Dialect::Interactions] {
        let account = Account::silent(dialect, "departments");
        let client = account.client(&[]);
        let departments = client.departments(Some("12")).unwrap();
        let sales = departments.iter().find(|department| department.id == "2");
        let sales = sales.expect("the sandbox has a department 2");
        assert!(!sales.name.is_empty());
    }
    let account = Account::silent(Dialect::Gateway, "for-nobody");
    let error = account.client(&[]).departments(None).unwrap_err();
    assert_eq!(error.status(), Status::ClientId);
}

#[test]
fn start_sends_all_fields_and_triggers_repeat_the_extra_fields() {
    let account = Account::with_agent(
        Dialect::Interactions,
        "start",
        r#"{"rules":[{"on":"start","steps":[{"queued":3},"accepted",{"transferred":2}]}]}"#,
    );
    let client = account.client(&[]);
    let start = Start {
        customer: Customer {
            name: Some("Ana".into()),
            ..Customer::default()
        },
        media_type: Some("TEXT".into()),
        extra: Some(Extra::parse(r#"{"order":{"id":1.50}}"#).unwrap()),
        external_history: Some("https://example.com/history/12".into()),
        ..Start::default()
    };
    client.start(address("1", "12"), start).unwrap();
    let sent = last_request(&account);
    assert_eq!(sent["media_type"], "TEXT");
    assert_eq!(sent["external_history"], "https://example.com/history/12");

    let queued = next_of_kind(&client, Kind::Queued);
    assert_eq!(queued.details.as_ref().unwrap().position, Some(3));
    let accepted = next_of_kind(&client, Kind::Accepted);
    let extra = accepted.detail(|details| details.extra.as_ref());
    assert_eq!(
        extra.map(Redacted::expose),
        Some(r#"{"order":{"id":1.50}}"#)
    );
    let transferred = next_of_kind(&client, Kind::Transferred);
    assert_eq!(transferred.client_id, "12", "it carries no extra");
    assert_eq!(
        transferred.detail(|details| details.department.as_deref()),
        Some("2")
    );
}

#[test]
fn media_is_sent_and_received() {
    let account = Account::with_agent(
        Dialect::Interactions,
        "media",
        r#"{"agents":[{"id":7,"name":"Bia"}],"rules":[{"on":"start","steps":["accepted"]},
            {"on":"message","steps":[{"message":"{content}","type":"video","url":"https://example.com/b"}]}]}"#,
    );
    let client = account.client(&[]);
    let chat = client
        .start(address("1", "12"), Customer::default())
        .unwrap();
    next_of_kind(&client, Kind::Accepted);
    for kind in MediaKind::ALL {
        chat.send(media(kind)).unwrap();
        assert_eq!(last_request(&account)["type"], kind.name());
        let trigger = next_of_kind(&client, Kind::Message);
        let details = trigger.details.as_ref().unwrap();
        let media = details.media.as_ref().unwrap();
        assert_eq!(
            (media.kind, media.url.expose()),
            (MediaKind::Video, "https://example.com/b")
        );
        assert_eq!(details.agent_id.as_deref(), Some("7"));
        assert_eq!(details.agent_name.as_ref().unwrap().expose(), "Bia");
        assert!(details.message_hash.is_some());
    }
}

#[test]
fn update_is_accepted() {
    let account = Account::silent(Dialect::Interactions, "update");
    let client = account.client(&[]);
    let chat = client
        .start(address("1", "12"), Customer::default())
        .unwrap();
    chat.update(Update {
        mood: Some(Mood::Positive),
        tags: vec!["3".into()],
        customer_key: Some("8d1f7f6e-1f6a-4a52-8d6c-2f0e3b9c1d11".into()),
        note: Some("volta amanhã".into()),
    })
    .unwrap();
    let sent = last_request(&account);
    assert_eq!(
        (&sent["mood"], &sent["tag_ids"][0]),
        (&"POSITIVE".into(), &"3".into())
    );
}

#[test]
fn online_agents_are_listed() {
    let account = Account::silent(Dialect::Interactions, "agents");
    let client = account.client(&[]);
    let online = client.online_agents("1").unwrap();
    assert!(online.count >= 1 && !online.agents.is_empty());
    let nowhere = client.online_agents("99").unwrap_err();
    assert_eq!(nowhere.delivery(), Some(Delivery::Rejected));
    assert_eq!(
        client.online_agents("vendas").unwrap_err().status(),
        Status::Department
    );
}

#[test]
fn off_hours_message_is_accepted() {
    let account = Account::silent(Dialect::Interactions, "off-hours");
    let client = account.client(&[]);
    let mut off_hours = OffHours {
        message: "liguem".into(),
        customer: Customer::default(),
    };
    let error = client.off_hours("1", off_hours.clone()).unwrap_err();
    assert!(error.message().contains("email"), "{error}");
    off_hours.customer.email = Some("joao@example.com".into());
    let hash = client.off_hours("1", off_hours).unwrap();
    assert!(hash.is_some());
}

#[test]
fn whatsapp_message_starts_an_interaction() {
    let account = Account::with_agent(
        Dialect::Interactions,
        "whatsapp",
        r#"{"rules":[{"on":"start","steps":["accepted",{"message":"oi"}]},
            {"on":"message","steps":["accepted",{"message":"oi"}]}]}"#,
    );
    let client = account.client(&[]);
    let chat = client.prepare(address("1", "12")).unwrap();
    chat.whatsapp(WhatsApp {
        external_id: "5511988776655".into(),
        message: "Bom dia".into(),
        start: Start::default(),
    })
    .unwrap();
    // Its messages contain neither hash nor extra fields: the id at WhatsApp identifies the customer.
    let message = loop {
        let trigger = super::sandbox_account::next(&client);
        assert_eq!(trigger.client_id, "12", "{trigger:?}");
        if trigger.kind == Kind::Message {
            break trigger;
        }
    };
    let external_id = message.detail(|details| details.external_id.as_ref());
    assert_eq!(external_id.map(Redacted::expose), Some("5511988776655"));
    chat.send("tudo bem?").unwrap();
}

#[test]
fn rejected_requests_fail_with_rejected() {
    let account = Account::silent(Dialect::Interactions, "refusals");
    let client = account.client(&[]);
    let error = client
        .start(address("99", "12"), Customer::default())
        .unwrap_err();
    assert_eq!(error.delivery(), Some(Delivery::Rejected));
    assert!(error.message().contains("department"), "{error}");
    let chat = client
        .attach_by_hash(address("1", "12"), "no-such-hash")
        .unwrap();
    assert_eq!(
        chat.send("oi").unwrap_err().delivery(),
        Some(Delivery::Rejected)
    );
}

#[test]
fn requests_missing_in_the_dialect_fail_with_unsupported_and_send_nothing() {
    let with = |fill: fn(&mut Start)| {
        let mut start = Start::default();
        fill(&mut start);
        Request::Start(Box::new(start))
    };
    let newest = [
        Request::Message(media(MediaKind::Image)),
        Request::Update(Box::default()),
        Request::WhatsApp(Box::default()),
        with(|start| start.media_type = Some("TEXT".into())),
        with(|start| start.extra = Some(Extra::parse("{}").unwrap())),
        with(|start| start.external_history = Some("https://example.com".into())),
    ];
    for dialect in [Dialect::Rest, Dialect::Gateway] {
        let account = Account::silent(dialect, "lacks");
        let client = account.client(&[("check_state", "0")]);
        let chat = client.prepare(address("1", "12")).unwrap();
        let mut lacking: Vec<_> = newest.iter().collect();
        let bot = with(|start| start.bot_id = Some("7".into()));
        if dialect == Dialect::Rest {
            lacking.push(&bot);
            let error = client.departments(Some("12")).unwrap_err();
            assert_eq!(error.status(), Status::Unsupported);
        }
        for request in lacking {
            for error in [
                chat.request(request.clone()).unwrap_err(),
                chat.post(request.clone()).unwrap_err(),
            ] {
                assert_eq!(error.status(), Status::Unsupported, "{error}");
                assert_eq!(error.delivery(), Some(Delivery::NotSent));
                assert!(error.message().contains("interactions"), "{error}");
            }
        }
        for error in [
            client.online_agents("1").unwrap_err(),
            client.off_hours("1", OffHours::default()).unwrap_err(),
            client.bot_attach("h").unwrap_err(),
        ] {
            assert_eq!(error.status(), Status::Unsupported, "{error}");
        }
        assert!(account.requests().is_empty());
    }
}
