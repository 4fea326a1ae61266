//! With a store, the interactions that were open when the application ended are listed after a restart, and continue in
//! the same state. It does not matter how the application ended.

#![cfg(feature = "store")]

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/store_folder.rs"]
mod store_folder;
#[path = "support/test_client.rs"]
mod test_client;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use http_server::{Server, http};
use omnize::config::Config;
use omnize::error::Delivery;
use omnize::status::Status;
use omnize::wire::{Address, Customer, Request, Start, WhatsApp};
use omnize::{Client, Conversation, Event, State};
use store_folder::Folder;
use test_client::next_event;

fn client(base_url: &str, store: &str) -> Client {
    let mut config = Config::new();
    for (name, value) in [
        ("token", "t"),
        ("base_url", base_url),
        ("store", store),
        // The server serves one connection at a time.
        ("outbox.connections", "1"),
    ] {
        config.set(name, value).unwrap();
    }
    Client::open(&config).unwrap()
}

fn address(client_id: &str) -> Address {
    Address {
        department: format!("department of {client_id}"),
        client_id: client_id.into(),
    }
}

fn start(client: &Client, client_id: &str) -> Conversation {
    client
        .start(address(client_id), Customer::default())
        .unwrap()
}

fn deliver(client: &Client, client_id: &str, status: &str) {
    let body = format!(r#"{{"status":"{status}","clientId":"{client_id}"}}"#);
    client.deliver(body.as_bytes(), None).unwrap();
}

/// Returns client id and state of the open interactions, sorted by id.
fn open(client: &Client) -> Vec<(String, State)> {
    let mut open: Vec<_> = client
        .open_interactions()
        .into_iter()
        .map(|open| (open.client_id, open.state))
        .collect();
    open.sort_by(|one, other| one.0.cmp(&other.0));
    open
}

fn pairs(expected: &[(&str, State)]) -> Vec<(String, State)> {
    let owned = |(client_id, state): &(&str, State)| ((*client_id).to_owned(), *state);
    expected.iter().map(owned).collect()
}

/// The application that the test below starts and kills. In a normal run, this test returns at once.
#[test]
fn application() {
    let Ok(store) = std::env::var("OMNIZE_TEST_STORE") else {
        return;
    };
    let client = client(&std::env::var("OMNIZE_TEST_BASE_URL").unwrap(), &store);
    let _waiting = start(&client, "1 waiting");
    // No handle for it remains.
    drop(start(&client, "2 active"));
    deliver(&client, "2 active", "accepted");
    let _unavailable = start(&client, "3 unavailable");
    deliver(&client, "3 unavailable", "unavailable");
    let _finished_there = start(&client, "4 finished there");
    deliver(&client, "4 finished there", "finish");
    start(&client, "5 finished here").finish().unwrap();
    let posted = client.prepare(address("6 posted")).unwrap();
    posted.post(Request::Start(Box::default())).unwrap();
    let over = client.prepare(address("7 posted and over")).unwrap();
    over.post(Request::Start(Box::default())).unwrap();
    over.post(Request::Finish).unwrap();
    let _attached = client.attach(address("8 attached")).unwrap();
    let _new = client.prepare(address("9 new")).unwrap();
    while posted.state() != State::Waiting || over.state() != State::Finished {
        thread::sleep(Duration::from_millis(1));
    }
    // Changes without a waiting caller are written a little later.
    thread::sleep(Duration::from_millis(1500));
    println!("ready");
    std::io::stdin().lines().for_each(drop);
}

#[test]
fn open_interactions_are_listed_and_continue_after_a_kill() {
    let folder = Folder::new();
    let server = Server::with_response(http("200 OK", ""));
    let mut killed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "application", "--nocapture"])
        .env("OMNIZE_TEST_STORE", folder.store().to_str().unwrap())
        .env("OMNIZE_TEST_BASE_URL", &server.url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let printed = BufReader::new(killed.stdout.take().unwrap());
    assert!(printed.lines().any(|line| line.unwrap().contains("ready")));
    killed.kill().unwrap();
    killed.wait().unwrap();
    server.requests();

    let client = client(&server.url, folder.store().to_str().unwrap());
    let expected = [
        ("1 waiting", State::Waiting),
        ("2 active", State::Active),
        ("6 posted", State::Waiting),
        ("8 attached", State::Active),
    ];
    assert_eq!(open(&client), pairs(&expected));
    let listed = client.open_interactions();
    assert!(listed.iter().all(|open| {
        open.department == format!("department of {}", open.client_id) && open.since > 0
    }));
    assert!(listed.is_sorted_by_key(|open| open.since));

    let chat = client.attach(address("1 waiting")).unwrap();
    assert_eq!(chat.state(), State::Waiting);
    chat.send("oi").unwrap();
    chat.finish().unwrap();
    assert_eq!(server.requests(), 2);
    deliver(&client, "2 active", "finish");
    assert_eq!(open(&client), pairs(&expected[2..]));
    drop((chat, client));

    let client = self::client(&server.url, folder.store().to_str().unwrap());
    assert_eq!(open(&client), pairs(&expected[2..]));
}

#[test]
fn restored_posted_start_is_starting_until_its_response() {
    let folder = Folder::new();
    let first = client("http://127.0.0.1:1/", folder.store().to_str().unwrap());
    let chat = first.prepare(address("12")).unwrap();
    chat.post(Request::Start(Box::default())).unwrap();
    chat.post(Request::Message("oi".into())).unwrap();
    assert_eq!(first.close(Duration::ZERO).unwrap().requests, 2);
    drop((chat, first));

    let second = client("http://127.0.0.1:1/", folder.store().to_str().unwrap());
    assert_eq!(open(&second), pairs(&[("12", State::Starting)]));
    drop(second);

    let server = Server::with_response(http("200 OK", ""));
    let third = client(&server.url, folder.store().to_str().unwrap());
    for _ in 0..2 {
        let outcome = next_event(&third).outcome().unwrap().clone();
        assert_eq!(outcome.delivery, Delivery::Accepted as i32, "{outcome:?}");
    }
    assert_eq!(open(&third), pairs(&[("12", State::Waiting)]));
}

#[test]
fn queued_requests_of_a_finished_interaction_are_not_sent_after_a_restart() {
    let folder = Folder::new();
    let first = client("http://127.0.0.1:1/", folder.store().to_str().unwrap());
    let chat = first.attach(address("12")).unwrap();
    chat.post(Request::Message("too late".into())).unwrap();
    deliver(&first, "12", "finish");
    first.close(Duration::ZERO).unwrap();
    drop((chat, first));

    let server = Server::with_response(http("200 OK", ""));
    let second = client(&server.url, folder.store().to_str().unwrap());
    let events = [next_event(&second), next_event(&second)];
    let outcome = events.iter().find_map(Event::outcome).unwrap();
    assert_eq!(
        (outcome.status, outcome.delivery),
        (Status::State as i32, Delivery::NotSent as i32)
    );
    assert_eq!(server.requests(), 0);
    assert_eq!(open(&second), []);
}

#[test]
fn bot_id_of_the_start_is_restored() {
    let folder = Folder::new();
    let server = Server::with_response(http("200 OK", ""));
    let gateway = || {
        let mut config = Config::new();
        for (name, value) in [
            ("token", "t"),
            ("base_url", &*server.url),
            ("store", folder.store().to_str().unwrap()),
            ("dialect", "gateway"),
        ] {
            config.set(name, value).unwrap();
        }
        Client::open(&config).unwrap()
    };
    let start = Start {
        bot_id: Some("7".into()),
        ..Start::default()
    };
    let first = gateway();
    drop(first.start(address("12"), start).unwrap());
    drop(first);
    let open = gateway().open_interactions();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].bot_id.as_deref(), Some("7"));
}

#[test]
fn whatsapp_customer_is_restored() {
    let folder = Folder::new();
    let server = Server::with_response(http("200 OK", r#"{"interaction_hash":"h"}"#));
    let client = || {
        let mut config = Config::new();
        for (name, value) in [
            ("token", "t"),
            ("base_url", &*server.url),
            ("store", folder.store().to_str().unwrap()),
            ("dialect", "interactions"),
        ] {
            config.set(name, value).unwrap();
        }
        Client::open(&config).unwrap()
    };
    let first = client();
    let chat = first
        .prepare(Address {
            department: "1".into(),
            client_id: "12".into(),
        })
        .unwrap();
    chat.whatsapp(WhatsApp {
        external_id: "5511".into(),
        message: "oi".into(),
        start: Start::default(),
    })
    .unwrap();
    drop((chat, first));
    let second = client();
    let body = br#"{"external_id":5511,"message":{"content":"sim"}}"#;
    second.deliver(body, None).unwrap();
    assert_eq!(next_event(&second).trigger().unwrap().client_id, "12");
    assert_eq!(open(&second), pairs(&[("12", State::Active)]));
}

#[test]
fn store_of_the_first_version_is_migrated() {
    let folder = Folder::new();
    let file = rusqlite::Connection::open(folder.store()).unwrap();
    let letter = r#"{"address":{"department":"1","client_id":"12"},"request":{"Message":"oi"}}"#;
    file.execute_batch(&format!(
        "CREATE TABLE inbox (number INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL,
             received_at INTEGER NOT NULL, content_type TEXT, body BLOB NOT NULL);
         CREATE TABLE outbox (ticket INTEGER PRIMARY KEY AUTOINCREMENT, leaving INTEGER NOT NULL,
             content TEXT NOT NULL);
         INSERT INTO outbox VALUES (7, 0, '{letter}');
         INSERT INTO inbox VALUES (3, 0, 5, NULL, CAST('{{\"message\":\"oi\",\"clientId\":\"12\"}}' AS BLOB));
         PRAGMA application_id = {};
         PRAGMA user_version = 1;",
        0x4F6D_6E7A
    ))
    .unwrap();
    drop(file);
    let server = Server::with_response(http("200 OK", ""));
    let client = client(&server.url, folder.store().to_str().unwrap());
    let trigger = next_event(&client);
    assert_eq!((trigger.sequence, trigger.redelivered), (3, true));
    let outcome = next_event(&client).outcome().unwrap().clone();
    assert_eq!(
        (outcome.ticket, outcome.delivery),
        (7, Delivery::Accepted as i32)
    );
    assert_eq!(open(&client), pairs(&[("12", State::Active)]));
}
