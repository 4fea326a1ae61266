//! What the later dialects add is as secret: the token in a URL, extra fields, ids at WhatsApp, notes, the URLs of media and
//! histories, agents' names. None of it stands in a log, an error or what `Debug` shows.
//!
//! One test, for there is one log in a process.

mod secrets;
mod server;

use std::io::Write;
use std::time::Duration;

use omnize::Client;
use omnize::config::Config;
use omnize::error::Result;
use omnize::wire::{
    Address, Customer, Extra, History, Media, MediaKind, Message, OffHours, Said, Speaker, Start,
    Update, WhatsApp,
};
use secrets::{CPF, EMAIL, HEARD, NAME, PHONE, SAID, TOKEN, failed, shown, take_printed, watch};
use server::{Server, http};

fn client(url: &str) -> Client {
    let mut config = Config::new();
    for (name, value) in [
        ("token", TOKEN),
        ("dialect", "interactions"),
        ("base_url", url),
        ("proxy", "none"),
        ("strict", "0"),
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
    let extra = serde_json::json!({ "who": { "name": NAME, "said": [SAID] } });
    Start {
        customer: customer(),
        extra: Some(Extra::parse(&extra.to_string()).unwrap()),
        external_history: Some(HEARD.into()),
        ..Start::default()
    }
}

fn message() -> Message {
    Message {
        text: SAID.into(),
        media: Some(Media {
            kind: MediaKind::Image,
            url: HEARD.into(),
        }),
        size: None,
    }
}

/// Makes every request, each of which fails.
fn send_failing_requests(url: &str) {
    let client = client(url);
    let chat = client.prepare(address()).unwrap();
    failed(chat.start(start()));
    failed(chat.whatsapp(WhatsApp {
        external_id: PHONE.into(),
        message: message(),
        start: start(),
    }));
    let chat = client.attach_to(address(), "a-hash").unwrap();
    failed(chat.send(message()));
    failed(chat.update(Update {
        note: Some(SAID.into()),
        customer_key: Some(EMAIL.into()),
        ..Update::default()
    }));
    let off_hours = OffHours {
        message: message(),
        customer: customer(),
    };
    failed(client.off_hours("1", off_hours).map(drop));
    failed(client.departments(None).map(drop));
    failed(client.online_agents("1").map(drop));
    let bot = client.bot_attach("another-hash").unwrap();
    failed(bot.bot_accept());
    failed(bot.send(message()));
    shown(&client);
    shown(&chat);
}

fn deliver_triggers() -> Result<()> {
    let client = client("http://127.0.0.1:9/");
    for body in [
        serde_json::json!({
            "interaction_hash": "h",
            "message": { "hash": "m", "content": SAID, "type": "image", "url": HEARD },
            "agent": { "id": 4, "name": NAME },
            "external_id": PHONE,
            "extra": { "clientId": "12", "who": { "cpf": CPF, "email": EMAIL } },
        }),
        serde_json::json!({ "type": "new_message", "interaction_hash": "h", "content": SAID }),
        serde_json::json!({ "state": SAID, "agent": NAME, "extra": HEARD }),
    ] {
        let delivered = client.deliver(body.to_string().as_bytes(), None);
        if let Err(error) = delivered {
            shown(&error);
            continue;
        }
        let event = client.next(Duration::from_secs(1))?.unwrap();
        shown(&event);
        shown(&event.trigger().unwrap().details);
    }
    Ok(())
}

#[test]
fn no_secret_of_a_later_dialect_is_ever_printed() {
    watch();
    for request in [
        omnize::wire::Request::Start(Box::new(start())),
        omnize::wire::Request::Message(message()),
    ] {
        shown(&request);
    }
    let mut history = History::default();
    history.add(Said {
        by: Speaker::Agent,
        name: Some(NAME.into()),
        at: 0,
        message: message(),
    });
    shown(&history);

    // A service that tells the whole request, the token in its first line included.
    let telling = Server::start(|mut stream, read| {
        while let Some(request) = read(&mut stream) {
            let told = serde_json::json!({ "message": request, "status": 422 }).to_string();
            if stream.write_all(http("422 No", &told).as_bytes()).is_err() {
                break;
            }
        }
    });
    send_failing_requests(&telling.url);
    assert!(telling.requests() >= 9, "each request was made");
    // One that is not there.
    send_failing_requests("http://127.0.0.1:9/");
    // One whose answers are not what was asked for.
    let client = client(&Server::answering(http("200 OK", &format!("\"{SAID}\""))).url);
    failed(client.departments(None).map(drop));
    failed(client.online_agents("1").map(drop));
    deliver_triggers().unwrap();
    // One that accepts, so that the client knows whom it has written to.
    let client = self::client(&Server::answering(http("200 OK", "{}")).url);
    let chat = client.prepare(address()).unwrap();
    let written = WhatsApp {
        external_id: PHONE.into(),
        message: message(),
        start: start(),
    };
    chat.whatsapp(written).unwrap();
    shown(&client);
    shown(&chat);

    let (printed, told) = take_printed();
    assert!(told.is_empty(), "{}", told.join("\n"));
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
