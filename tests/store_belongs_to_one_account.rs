//! Queued requests of a store are sent with the account that posted them, and with another one only if an option allows
//! it.

#![cfg(feature = "store")]

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/store_folder.rs"]
mod store_folder;
#[path = "support/test_client.rs"]
mod test_client;

use std::time::Duration;

use http_server::{Server, http};
use omnize::error::Delivery;
use omnize::wire::{Address, Request};
use store_folder::{Folder, deliver, open, open_error};
use test_client::next_event;

/// Stores a request and an event.
fn fill(folder: &Folder, options: &[(&str, &str)]) {
    let client = open(&folder.store(), options).unwrap();
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    let chat = client.attach(address).unwrap();
    chat.post(Request::Message("segredo".into())).unwrap();
    deliver(&client, "kept").unwrap();
    client.close(Duration::ZERO).unwrap();
}

#[test]
fn other_token_dialect_or_host_is_rejected() {
    let folder = Folder::new();
    let server = Server::with_response(http("200 OK", ""));
    fill(&folder, &[]);
    for other in [
        ("token", "another-token"),
        ("dialect", "gateway"),
        ("base_url", "http://localhost:1/"),
        ("base_url", "https://chat.example.com/"),
    ] {
        let why = open_error(&folder.store(), &[other]);
        assert!(why.contains("it belongs to another account"), "{why}");
        assert!(why.contains("store.move_account"), "{why}");
        assert!(
            !why.contains("another-token") && !why.contains("localhost"),
            "{why}"
        );
    }
    let why = open_error(
        &folder.store(),
        &[("token", "another-token"), ("base_url", &server.url)],
    );
    assert!(why.contains("another account"), "{why}");
    assert_eq!(server.requests(), 0);

    // Another port is the same service, and the path does not belong to the account.
    let client = open(&folder.store(), &[("base_url", &server.url)]).unwrap();
    let delivery = [next_event(&client), next_event(&client)]
        .iter()
        .find_map(|event| event.outcome().map(|outcome| outcome.delivery));
    assert_eq!(delivery, Some(Delivery::Accepted as i32));
    assert_eq!(server.requests(), 1);
}

#[test]
fn store_moves_to_another_account_if_configured() {
    let folder = Folder::new();
    let server = Server::with_response(http("200 OK", ""));
    fill(&folder, &[]);
    let other = [("token", "another"), ("base_url", &*server.url)];
    let moved = [&other[..], &[("store.move_account", "1")]].concat();
    let client = open(&folder.store(), &moved).unwrap();
    let events = [next_event(&client), next_event(&client)];
    assert!(events.iter().any(|event| event.outcome().is_some()));
    let request = server.requests.recv().unwrap();
    assert!(request.contains("another"), "{request}");
    drop((events, client));

    // From now on the store belongs to the other account.
    assert!(open_error(&folder.store(), &[]).contains("another account"));
    drop(open(&folder.store(), &other).unwrap());
    // A second change has no effect.
    drop(open(&folder.store(), &moved).unwrap());
}

#[test]
fn file_does_not_contain_the_token() {
    let folder = Folder::new();
    drop(open(&folder.store(), &[("token", "MeuSegredoMuitoSecreto")]).unwrap());
    for file in std::fs::read_dir(&folder.0).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(10).any(|window| window == b"MeuSegredo"));
    }
}

#[test]
fn equal_hosts_match_however_written() {
    let folder = Folder::new();
    for host in [
        "http://Chat.Example.com",
        "http://chat.example.com:81/x",
        "https://chat.example.com.",
    ] {
        drop(open(&folder.store(), &[("base_url", host)]).unwrap());
    }
}
