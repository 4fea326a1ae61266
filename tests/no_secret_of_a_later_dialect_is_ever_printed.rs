//! Additions of the later dialects are secret too: the token in a URL, extra fields, ids at WhatsApp, notes, URLs of
//! media and histories, agents' names. None of them is in a log, an error or a `Debug` output.
//!
//! A single test, because a process has one logger.

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/secret_recorder.rs"]
mod secret_recorder;

use std::io::Write;
use std::time::Duration;

use http_server::{Server, http};
use omnize::Client;
use omnize::config::Config;
use omnize::error::Result;
use omnize::wire::{
    Address, Customer, Extra, History, HistoryMessage, Media, MediaKind, Message, OffHours,
    Speaker, Start, Update, WhatsApp,
};
use secret_recorder::{
    CPF, EMAIL, NAME, PHONE, RECEIVED_TEXT, SENT_TEXT, TOKEN, record_debug, record_error,
    record_output, take_recorded,
};

fn client(url: &str) -> Client {
    let mut config = Config::new();
    for (name, value) in [
        ("token", TOKEN),
        ("dialect", "interactions"),
        ("base_url", url),
        ("proxy", "none"),
        ("check_state", "0"),
    ] {
        config.set(name, value).unwrap();
    }
    Client::open(&config).unwrap()
}

fn address() -> Address {
    Address {
        department: "1".into(),
        client_id: "12".into(),
    }
}

fn customer() -> Customer {
    Customer {
        name: Some(NAME.into()),
        email: Some(EMAIL.into()),
        phone: Some(PHONE.into()),
        cpf: Some(CPF.into()),
    }
}

fn start() -> Start {
    let extra = serde_json::json!({ "who": { "name": NAME, "said": [SENT_TEXT] } });
    Start {
        customer: customer(),
        extra: Some(Extra::parse(&extra.to_string()).unwrap()),
        external_history: Some(RECEIVED_TEXT.into()),
        ..Start::default()
    }
}

fn message() -> Message {
    Message {
        text: SENT_TEXT.into(),
        media: Some(Media {
            kind: MediaKind::Image,
            url: RECEIVED_TEXT.into(),
        }),
        size: None,
    }
}

/// Sends every request. Each fails.
fn send_failing_requests(url: &str) {
    let client = client(url);
    let chat = client.prepare(address()).unwrap();
    record_error(chat.start(start()));
    record_error(chat.whatsapp(WhatsApp {
        external_id: PHONE.into(),
        message: message(),
        start: start(),
    }));
    let chat = client.attach_by_hash(address(), "a-hash").unwrap();
    record_error(chat.send(message()));
    record_error(chat.update(Update {
        note: Some(SENT_TEXT.into()),
        customer_key: Some(EMAIL.into()),
        ..Update::default()
    }));
    let off_hours = OffHours {
        message: message(),
        customer: customer(),
    };
    record_error(client.off_hours("1", off_hours).map(drop));
    record_error(client.departments(None).map(drop));
    record_error(client.online_agents("1").map(drop));
    let bot = client.bot_attach("another-hash").unwrap();
    record_error(bot.bot_accept());
    record_error(bot.send(message()));
    record_debug(&client);
    record_debug(&chat);
}

fn deliver_triggers() -> Result<()> {
    let client = client("http://127.0.0.1:9/");
    for body in [
        serde_json::json!({
            "interaction_hash": "h",
            "message": { "hash": "m", "content": SENT_TEXT, "type": "image", "url": RECEIVED_TEXT },
            "agent": { "id": 4, "name": NAME },
            "external_id": PHONE,
            "extra": { "clientId": "12", "who": { "cpf": CPF, "email": EMAIL } },
        }),
        serde_json::json!({ "type": "new_message", "interaction_hash": "h", "content": SENT_TEXT }),
        serde_json::json!({ "state": SENT_TEXT, "agent": NAME, "extra": RECEIVED_TEXT }),
    ] {
        let delivered = client.deliver(body.to_string().as_bytes(), None);
        if let Err(error) = delivered {
            record_debug(&error);
            continue;
        }
        let event = client.next(Duration::from_secs(1))?.unwrap();
        record_debug(&event);
        record_debug(&event.trigger().unwrap().details);
    }
    Ok(())
}

#[test]
fn no_secret_of_a_later_dialect_is_ever_printed() {
    record_output();
    for request in [
        omnize::wire::Request::Start(Box::new(start())),
        omnize::wire::Request::Message(message()),
    ] {
        record_debug(&request);
    }
    let mut history = History::default();
    history.add(HistoryMessage {
        speaker: Speaker::Agent,
        name: Some(NAME.into()),
        at: 0,
        message: message(),
    });
    record_debug(&history);

    // A service that echoes the whole request, with the token in its first line.
    let telling = Server::start(|mut stream, read| {
        while let Some(request) = read(&mut stream) {
            let leaks = serde_json::json!({ "message": request, "status": 422 }).to_string();
            if stream.write_all(http("422 No", &leaks).as_bytes()).is_err() {
                break;
            }
        }
    });
    send_failing_requests(&telling.url);
    assert!(telling.requests() >= 9, "each request was made");
    // A service that does not exist.
    send_failing_requests("http://127.0.0.1:9/");
    // A service whose responses have the wrong form.
    let client = client(&Server::with_response(http("200 OK", &format!("\"{SENT_TEXT}\""))).url);
    record_error(client.departments(None).map(drop));
    record_error(client.online_agents("1").map(drop));
    deliver_triggers().unwrap();
    // A service that accepts, so that the client has the customers' data.
    let client = self::client(&Server::with_response(http("200 OK", "{}")).url);
    let chat = client.prepare(address()).unwrap();
    let written = WhatsApp {
        external_id: PHONE.into(),
        message: message(),
        start: start(),
    };
    chat.whatsapp(written).unwrap();
    record_debug(&client);
    record_debug(&chat);

    let (printed, leaks) = take_recorded();
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    for kind in [
        "log of omnize",
        "error: ",
        "body: ",
        "debug: ",
        "[redacted]",
    ] {
        let count = printed.iter().filter(|text| text.contains(kind)).count();
        assert!(count > 0, "{kind} was never printed, so nothing was tested");
    }
}
