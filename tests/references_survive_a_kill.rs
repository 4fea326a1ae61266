//! An application that is killed between a post and its own commit posts again with the same reference. Each request is sent
//! at most once, and its outcome has the reference.

#![cfg(feature = "store")]

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/store_folder.rs"]
mod store_folder;

use std::collections::HashMap;
use std::time::Duration;

use http_server::{Server, http};
use omnize::error::Delivery;
use omnize::status::Status;
use omnize::wire::{Address, Redacted, Request};
use omnize::{Client, Conversation, Event, Outcome, PostOptions};
use rusqlite::Connection;
use store_folder::{ChildProcess, Folder, open, report, wait_until_killed};

/// The number of messages of the test with repeated kills.
const MESSAGES: usize = 60;

/// The application that the tests start and kill. Its role is the URL of the service.
#[test]
fn process() {
    let Some((url, path)) = store_folder::child_role() else {
        return;
    };
    // The server of the test serves one connection at a time.
    let options = [
        ("base_url", &*url),
        ("ack", "manual"),
        ("outbox.connections", "1"),
    ];
    let client = open(&path, &options).unwrap();
    for number in 0..MESSAGES {
        let ticket = post(&client, number);
        report(&format!("{number} {ticket}"));
    }
    for _ in 0..MESSAGES {
        let outcome = outcome(&next(&client));
        let reference = outcome.reference.expect("a reference");
        report(&format!("{} {}", reference.expose(), outcome.delivery));
    }
    wait_until_killed();
}

fn conversation(client: &Client, client_id: &str) -> Conversation {
    let address = Address {
        department: "1".into(),
        client_id: client_id.into(),
    };
    client.attach(address).unwrap()
}

fn options(reference: &str) -> PostOptions {
    PostOptions {
        reference: Some(reference.into()),
        ..PostOptions::default()
    }
}

fn post(client: &Client, number: usize) -> u64 {
    let chat = conversation(client, &(number % 4).to_string());
    let text = number.to_string();
    let request = Request::Message(text.as_str().into());
    chat.post_with(request, options(&text)).unwrap()
}

fn next(client: &Client) -> Event {
    let event = client.next(Duration::from_secs(30)).unwrap();
    event.expect("an event")
}

fn outcome(event: &Event) -> Outcome {
    event.outcome().expect("an outcome").clone()
}

/// Reads a report of two numbers.
fn pair(process: &mut ChildProcess) -> (usize, u64) {
    let line = process.read_report();
    let (number, second) = line.split_once(' ').unwrap();
    (number.parse().unwrap(), second.parse().unwrap())
}

#[test]
fn killed_application_posts_each_message_once() {
    let folder = Folder::new();
    let server = Server::with_response(http("200 OK", ""));
    let mut tickets = HashMap::new();
    let mut check = |(number, ticket)| {
        // A post that the application did not learn of has a ticket too, so only known ones are compared.
        assert_eq!(*tickets.entry(number).or_insert(ticket), ticket, "{number}");
    };
    for posts in [1, 7, 20, 21, 45, 59] {
        let mut process = ChildProcess::start(&server.url, &folder.store());
        for _ in 0..posts {
            check(pair(&mut process));
        }
        process.kill();
    }
    let mut process = ChildProcess::start(&server.url, &folder.store());
    for _ in 0..MESSAGES {
        check(pair(&mut process));
    }
    let outcomes: HashMap<_, _> = (0..MESSAGES).map(|_| pair(&mut process)).collect();
    process.kill();
    assert_eq!(outcomes.len(), MESSAGES, "one outcome of each reference");
    let distinct: std::collections::HashSet<_> = tickets.values().collect();
    assert_eq!(distinct.len(), MESSAGES);
    let mut received = HashMap::new();
    for request in server.requests.try_iter() {
        let body = request.split_once("\r\n\r\n").unwrap().1.to_owned();
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        let number: usize = body["content"].as_str().unwrap().parse().unwrap();
        *received.entry(number).or_insert(0) += 1;
    }
    for (number, delivery) in outcomes {
        let count = received.get(&number).copied().unwrap_or(0);
        // Only a message that was in progress at a kill is unknown.
        match delivery == Delivery::Accepted as u64 {
            true => assert_eq!(count, 1, "{number}"),
            false => {
                assert!(
                    delivery == Delivery::Unknown as u64 && count <= 1,
                    "{number}"
                );
            }
        }
    }
}

#[test]
fn reference_is_known_after_the_outcome_and_a_restart() {
    let folder = Folder::new();
    let server = Server::with_response(http("200 OK", ""));
    let url = [("base_url", &*server.url)];
    let client = open(&folder.store(), &url).unwrap();
    let ticket = post(&client, 7);
    let event = next(&client);
    assert_eq!(outcome(&event).ticket, ticket);
    event.ack();
    drop(event);
    drop(client);
    let client = open(&folder.store(), &url).unwrap();
    assert_eq!(post(&client, 7), ticket);
    let chat = conversation(&client, "3");
    let error = chat
        .post_with(Request::Message("8".into()), options("7"))
        .unwrap_err();
    assert_eq!(error.status(), Status::Argument);
    assert!(error.message().contains(&format!("ticket {ticket}")));
    assert!(client.next(Duration::ZERO).unwrap().is_none());
    assert_eq!(server.requests(), 1);
}

#[test]
fn outcome_of_an_earlier_process_has_reference_and_time_of_the_post() {
    let folder = Folder::new();
    let server = Server::with_response(http("200 OK", ""));
    let first = open(&folder.store(), &[]).unwrap();
    post(&first, 7);
    assert_eq!(first.close(Duration::ZERO).unwrap().requests, 1);
    drop(first);
    let posted_at: i64 = sql(&folder, "SELECT posted_at FROM outbox");
    let url = [("base_url", &*server.url)];
    let client = open(&folder.store(), &url).unwrap();
    let sent = outcome(&next(&client));
    assert_eq!(sent.reference, Some(Redacted::from("7")));
    assert_eq!(sent.posted_at, posted_at);
    assert!(posted_at > 1_700_000_000_000);
}

#[test]
fn reference_is_free_after_the_window_and_its_row_is_deleted() {
    let folder = Folder::new();
    let server = Server::with_response(http("200 OK", ""));
    let url = [("base_url", &*server.url)];
    let client = open(&folder.store(), &url).unwrap();
    let first = post(&client, 7);
    drop(next(&client));
    drop(client);
    // A little more than a day ago.
    let file = Connection::open(folder.store()).unwrap();
    let changed = file
        .execute(
            "UPDATE ended_references SET ended_at = ended_at - 86401000",
            [],
        )
        .unwrap();
    assert_eq!(changed, 1);
    drop(file);
    let client = open(&folder.store(), &url).unwrap();
    let second = post(&client, 7);
    assert_ne!(second, first);
    drop(next(&client));
    drop(client);
    let count: i64 = sql(&folder, "SELECT count(*) FROM ended_references");
    assert_eq!(count, 1);
    let client = open(&folder.store(), &url).unwrap();
    assert_eq!(post(&client, 7), second);
    assert_eq!(server.requests(), 2);
}

#[test]
fn rows_are_limited_by_the_capacity() {
    let folder = Folder::new();
    let server = Server::with_response(http("200 OK", ""));
    let options = [
        ("base_url", &*server.url),
        ("outbox.reference_capacity", "5"),
        ("outbox.connections", "1"),
    ];
    let client = open(&folder.store(), &options).unwrap();
    for number in 0..40 {
        post(&client, number);
    }
    for _ in 0..40 {
        drop(next(&client));
    }
    drop(client);
    let count: i64 = sql(&folder, "SELECT count(*) FROM ended_references");
    assert_eq!(count, 5);
}

#[test]
fn store_does_not_contain_the_text_of_an_ended_request() {
    let folder = Folder::new();
    let server = Server::with_response(http("200 OK", ""));
    let url = [("base_url", &*server.url)];
    let client = open(&folder.store(), &url).unwrap();
    let chat = conversation(&client, "12");
    let secret = Request::Message("segredo".into());
    chat.post_with(secret, options("order 7")).unwrap();
    drop(next(&client));
    drop(client);
    let rows: i64 = sql(
        &folder,
        "SELECT count(*) FROM ended_references WHERE reference = 'order 7' AND length(digest) = 32",
    );
    assert_eq!(rows, 1);
    let rows: i64 = sql(&folder, "SELECT count(*) FROM outbox");
    assert_eq!(rows, 0);
}

fn sql(folder: &Folder, query: &str) -> i64 {
    let file = Connection::open(folder.store()).unwrap();
    file.query_row(query, [], |row| row.get(0)).unwrap()
}
