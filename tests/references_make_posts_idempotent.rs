//! A second post with the same reference returns the first ticket, and sends nothing.

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/test_client.rs"]
mod test_client;

use std::io::Write;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use http_server::{Server, http};
use omnize::error::{Delivery, Error};
use omnize::status::Status;
use omnize::wire::{Address, Customer, Redacted, Request, RequestKind};
use omnize::{Client, Conversation, Outcome, PostOptions};
use test_client::{attach, next_event, open_client};

const NOWHERE: &str = "http://127.0.0.1:1/";

fn message(text: &str) -> Request {
    Request::Message(text.into())
}

fn reference(text: &str) -> PostOptions {
    PostOptions {
        reference: Some(text.into()),
        ..PostOptions::default()
    }
}

fn post(chat: &Conversation, text: &str, with: &str) -> u64 {
    chat.post_with(message(text), reference(with)).unwrap()
}

fn rejected(chat: &Conversation, request: Request, with: &str) -> Error {
    let error = chat.post_with(request, reference(with)).unwrap_err();
    assert_eq!(error.status(), Status::Argument, "{error}");
    assert_eq!(error.delivery(), Some(Delivery::NotSent));
    error
}

fn outcome(client: &Client) -> Outcome {
    next_event(client).outcome().expect("an outcome").clone()
}

fn accepting() -> Server {
    Server::with_response(http("200 OK", ""))
}

#[test]
fn second_post_returns_the_ticket_while_the_first_is_queued() {
    let client = open_client(NOWHERE, &[]);
    let chat = attach(&client, "12");
    let first = post(&chat, "oi", "order 7");
    assert_eq!(post(&chat, "oi", "order 7"), first);
    assert_eq!(post(&attach(&client, "12"), "oi", "order 7"), first);
    assert_ne!(post(&chat, "oi", "order 8"), first);
    assert_eq!(client.close(Duration::from_millis(50)).unwrap().requests, 2);
}

#[test]
fn second_post_returns_the_ticket_after_the_outcome() {
    let server = accepting();
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    let first = post(&chat, "oi", "order 7");
    let outcome = outcome(&client);
    assert_eq!(outcome.ticket, first);
    assert_eq!(outcome.reference, Some(Redacted::from("order 7")));
    assert_eq!(outcome.request_kind(), Some(RequestKind::Message));
    assert_eq!(&outcome.client_id, "12");
    assert!(!format!("{outcome:?}").contains("order 7"));
    for _ in 0..3 {
        assert_eq!(post(&chat, "oi", "order 7"), first);
    }
    chat.send("last").unwrap();
    assert_eq!(server.requests(), 2);
    assert!(client.next(Duration::ZERO).unwrap().is_none());
}

#[test]
fn rejected_request_keeps_its_reference() {
    let server = Server::with_response(http("400 Bad Request", ""));
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    let first = post(&chat, "oi", "order 7");
    assert_eq!(outcome(&client).delivery, Delivery::Rejected as i32);
    assert_eq!(post(&chat, "oi", "order 7"), first);
    assert_eq!(server.requests(), 1);
}

#[test]
fn request_that_was_not_sent_releases_its_reference() {
    let server = accepting();
    let client = open_client(&server.url, &[("outbox.paused", "1")]);
    let chat = attach(&client, "12");
    let options = PostOptions {
        max_age: Some(Duration::from_millis(1)),
        ..reference("order 7")
    };
    let first = chat.post_with(message("oi"), options).unwrap();
    let expired = outcome(&client);
    assert_eq!(expired.status, Status::Expired as i32);
    assert!(expired.message.contains("with the same reference"));
    let second = post(&chat, "oi", "order 7");
    assert_ne!(second, first);
    client.resume().unwrap();
    let accepted = outcome(&client);
    assert_eq!(
        (accepted.ticket, accepted.delivery),
        (second, Delivery::Accepted as i32)
    );
    assert_eq!(post(&chat, "oi", "order 7"), second);
    assert_eq!(server.requests(), 1);
}

#[test]
fn cancelled_request_keeps_its_reference() {
    let client = open_client(NOWHERE, &[("outbox.paused", "1")]);
    let chat = attach(&client, "12");
    let first = post(&chat, "oi", "order 7");
    client.cancel(first).unwrap();
    assert_eq!(outcome(&client).status, Status::Cancelled as i32);
    assert_eq!(post(&chat, "oi", "order 7"), first);
}

#[test]
fn outcome_reports_the_time_of_the_post_and_the_kind() {
    let server = accepting();
    let client = open_client(&server.url, &[]);
    let before = omnize_time();
    let chat = attach(&client, "12");
    chat.post(Request::Typing).unwrap();
    chat.post(Request::Finish).unwrap();
    let outcomes = [outcome(&client), outcome(&client)];
    let kinds = outcomes.each_ref().map(Outcome::request_kind);
    assert_eq!(
        kinds,
        [Some(RequestKind::Typing), Some(RequestKind::Finish)]
    );
    for outcome in outcomes {
        assert!((before..=omnize_time()).contains(&outcome.posted_at));
        assert_eq!(outcome.reference, None);
    }
}

fn omnize_time() -> i64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

#[test]
fn reference_of_another_request_or_customer_is_rejected() {
    let client = open_client(NOWHERE, &[]);
    let chat = attach(&client, "12");
    let first = post(&chat, "segredo", "order 7");
    for error in [
        rejected(&chat, message("outro texto"), "order 7"),
        rejected(&chat, Request::Finish, "order 7"),
        rejected(&attach(&client, "13"), message("segredo"), "order 7"),
    ] {
        let text = error.to_string();
        assert!(text.contains(&format!("ticket {first}")), "{text}");
        for private in ["segredo", "outro", "order 7"] {
            assert!(!text.contains(private), "{text}");
        }
    }
    // A message has the same content in each department.
    let address = Address {
        department: "2".into(),
        client_id: "12".into(),
    };
    let elsewhere = client.attach(address).unwrap();
    assert_eq!(post(&elsewhere, "segredo", "order 7"), first);
}

#[test]
fn state_does_not_matter_for_a_second_post() {
    let server = accepting();
    let client = open_client(&server.url, &[]);
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    let chat = client.prepare(address).unwrap();
    let start = || Request::Start(Box::new(Customer::default().into()));
    let tickets = [
        chat.post_with(start(), reference("a")).unwrap(),
        chat.post_with(message("oi"), reference("b")).unwrap(),
        chat.post_with(Request::Finish, reference("c")).unwrap(),
    ];
    for ticket in tickets {
        assert_eq!(outcome(&client).ticket, ticket);
    }
    assert_eq!(
        chat.post(message("oi")).unwrap_err().status(),
        Status::State
    );
    assert_eq!(
        tickets,
        [
            chat.post_with(start(), reference("a")).unwrap(),
            chat.post_with(message("oi"), reference("b")).unwrap(),
            chat.post_with(Request::Finish, reference("c")).unwrap(),
        ]
    );
    assert_eq!(server.requests(), 3);
}

#[test]
fn reference_is_free_after_the_window() {
    let server = accepting();
    let client = open_client(&server.url, &[("outbox.reference_window", "300")]);
    let chat = attach(&client, "12");
    let first = post(&chat, "oi", "order 7");
    assert_eq!(outcome(&client).ticket, first);
    let ended = Instant::now();
    // The reference must stay known for the window, and must be free soon after it.
    let second = loop {
        let ticket = post(&chat, "oi", "order 7");
        if ticket != first {
            break ticket;
        }
        assert!(ended.elapsed() < Duration::from_secs(20));
        thread::yield_now();
    };
    assert!(ended.elapsed() >= Duration::from_millis(250));
    assert_eq!(outcome(&client).ticket, second);
    assert_eq!(server.requests(), 2);
}

#[test]
fn window_of_zero_ends_with_the_outcome() {
    let server = accepting();
    let client = open_client(&server.url, &[("outbox.reference_window", "0")]);
    let chat = attach(&client, "12");
    let first = post(&chat, "oi", "order 7");
    assert_eq!(outcome(&client).ticket, first);
    assert_ne!(post(&chat, "another", "order 7"), first);
}

#[test]
fn oldest_references_over_the_capacity_are_forgotten() {
    let server = accepting();
    let client = open_client(&server.url, &[("outbox.reference_capacity", "2")]);
    let chat = attach(&client, "12");
    let tickets = ["a", "b", "c"].map(|text| {
        let ticket = post(&chat, "oi", text);
        assert_eq!(outcome(&client).ticket, ticket);
        ticket
    });
    assert_eq!(post(&chat, "oi", "b"), tickets[1]);
    assert_eq!(post(&chat, "oi", "c"), tickets[2]);
    assert_ne!(post(&chat, "oi", "a"), tickets[0]);
}

#[test]
fn invalid_references_are_rejected() {
    let client = open_client(NOWHERE, &[]);
    let chat = attach(&client, "12");
    let long = "x".repeat(255);
    post(&chat, "oi", &long);
    post(&chat, "oi", &"ã".repeat(127));
    for (invalid, reason) in [
        ("", "it is empty"),
        ("a\0b", "NUL at byte 1"),
        (&*format!("{long}x"), "256 bytes"),
        (&*"ã".repeat(128), "256 bytes"),
    ] {
        let error = rejected(&chat, message("oi"), invalid);
        assert!(error.message().contains(reason), "{error}");
        assert!(error.message().contains("1 to 255 bytes"), "{error}");
    }
    assert_eq!(client.close(Duration::from_millis(50)).unwrap().requests, 2);
}

#[test]
fn length_counts_bytes_of_the_encoding() {
    let client = open_client(NOWHERE, &[("encoding", "windows-1252")]);
    let chat = attach(&client, "12");
    post(&chat, "oi", &"ã".repeat(255));
    rejected(&chat, message("oi"), &"ã".repeat(256));
}

#[test]
fn concurrent_posts_send_one_request() {
    let server = accepting();
    let client = open_client(&server.url, &[]);
    let all = Barrier::new(8);
    for round in 0..20 {
        let text = round.to_string();
        let tickets: Vec<u64> = thread::scope(|scope| {
            let one = || {
                let chat = attach(&client, "12");
                all.wait();
                post(&chat, "oi", &text)
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
            let join = |thread: thread::ScopedJoinHandle<'_, u64>| thread.join().unwrap();
            threads.into_iter().map(join).collect()
        });
        assert!(tickets.iter().all(|ticket| *ticket == tickets[0]));
        assert_eq!(outcome(&client).ticket, tickets[0]);
    }
    assert_eq!(server.requests(), 20);
}

#[test]
fn failed_post_releases_its_reference() {
    let (opened, open) = std::sync::mpsc::channel::<()>();
    let server = Server::start(move |mut stream, read| {
        while read(&mut stream).is_some() {
            let _ = open.recv();
            stream.write_all(http("200 OK", "").as_bytes()).unwrap();
        }
    });
    let client = open_client(&server.url, &[("outbox.capacity", "1")]);
    let chat = attach(&client, "12");
    let first = post(&chat, "oi", "a");
    let error = chat.post_with(message("oi"), reference("b")).unwrap_err();
    assert_eq!(error.status(), Status::Full);
    // A known reference needs no space.
    assert_eq!(post(&chat, "oi", "a"), first);
    drop(opened);
    assert_eq!(outcome(&client).ticket, first);
    let second = loop {
        // The space is free after the outcome.
        match chat.post_with(message("another text"), reference("b")) {
            Ok(ticket) => break ticket,
            Err(error) => assert_eq!(error.status(), Status::Full),
        }
    };
    assert_eq!(outcome(&client).ticket, second);
}

#[test]
fn external_bot_posts_with_a_reference() {
    let server = accepting();
    let client = open_client(&server.url, &[("dialect", "interactions")]);
    let bot = client.bot_attach("h").unwrap();
    let first = post(&bot, "oi", "a");
    let outcome = outcome(&client);
    assert_eq!(outcome.ticket, first);
    assert_eq!(outcome.request_kind(), Some(RequestKind::Message));
    assert_eq!(post(&bot, "oi", "a"), first);
    assert_eq!(server.requests(), 1);
}

#[test]
fn closed_client_rejects_a_known_reference() {
    let client = open_client(NOWHERE, &[]);
    let chat = attach(&client, "12");
    post(&chat, "oi", "a");
    client.close(Duration::from_millis(50)).unwrap();
    let error = chat.post_with(message("oi"), reference("a")).unwrap_err();
    assert_eq!(error.status(), Status::Closed);
}
