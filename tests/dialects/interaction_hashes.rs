//! The service's own ids of interactions. An application never needs them.

use std::time::Duration;

use omnize::error::Delivery;
use omnize::status::Status;
use omnize::wire::{Customer, Dialect, Kind, Request};
use omnize::{Client, State, Statistic};

use super::sandbox_account::{Account, StoreFile, address, next_of_kind, outcome};

const ACCEPTING: &str = r#"{"rules":[{"on":"start","steps":["accepted"]},
    {"on":"message","steps":["echo"]}]}"#;

fn deliver(client: &Client, body: &str) {
    client.deliver(body.as_bytes(), None).unwrap();
}

#[test]
fn requests_posted_after_a_start_use_its_hash() {
    let account = Account::with_agent(Dialect::Interactions, "behind", ACCEPTING);
    let client = account.client(&[]);
    let chat = client.prepare(address("1", "12")).unwrap();
    assert_eq!(chat.interaction_hash(), None);
    chat.post(Request::Start(Box::default())).unwrap();
    chat.post(Request::Message("oi".into())).unwrap();
    chat.post(Request::Finish).unwrap();
    for request in ["start", "message", "finish"] {
        let outcome = outcome(&client);
        assert_eq!(
            (&*outcome.request, outcome.status),
            (request, 0),
            "{outcome:?}"
        );
    }
    let hash = account.requests()[0].interaction_hash.clone();
    assert!(hash.is_some());
    assert_eq!(chat.interaction_hash(), hash);
}

#[test]
fn requests_without_a_known_hash_fail_and_send_nothing() {
    let account = Account::silent(Dialect::Interactions, "unknown");
    let client = account.client(&[]);
    let chat = client.attach(address("1", "12")).unwrap();
    let error = chat.send("oi").unwrap_err();
    assert_eq!(error.status(), Status::Interaction);
    assert_eq!(error.delivery(), Some(Delivery::NotSent));
    chat.post(Request::Typing).unwrap();
    assert_eq!(outcome(&client).status, Status::Interaction as i32);
    assert!(account.requests().is_empty());
}

#[test]
fn trigger_of_an_unknown_interaction_contains_its_hash() {
    let account = Account::silent(Dialect::Interactions, "foreign");
    let client = account.client(&[]);
    deliver(&client, r#"{"interaction_hash":"h9","state":"accepted"}"#);
    let trigger = next_of_kind(&client, Kind::Accepted);
    assert_eq!(trigger.client_id, "");
    assert_eq!(trigger.interaction_hash(), Some("h9"));
}

#[test]
fn attach_by_trigger_or_hash_allows_sending() {
    let account = Account::with_agent(Dialect::Interactions, "again", ACCEPTING);
    let first = account.client(&[]);
    let chat = first
        .start(address("1", "12"), Customer::default())
        .unwrap();
    next_of_kind(&first, Kind::Accepted);
    let hash = chat.interaction_hash().unwrap();
    chat.send("um").unwrap();
    drop(chat);
    next_of_kind(&first, Kind::Message);
    first.close(Duration::from_secs(5)).unwrap();

    // Another process, without a store: the hash comes with a trigger, or from the application.
    let second = account.client(&[]);
    deliver(
        &second,
        &format!(r#"{{"interaction_hash":"{hash}","state":"typing","extra":{{"clientId":"12"}}}}"#),
    );
    next_of_kind(&second, Kind::Typing);
    let chat = second.attach(address("1", "12")).unwrap();
    chat.send("dois").unwrap();
    let third = account.client(&[]);
    let chat = third.attach_by_hash(address("1", "12"), &hash).unwrap();
    chat.send("três").unwrap();
}

#[test]
fn stored_hash_is_known_after_a_restart() {
    let store = StoreFile::new("hashes.db");
    let options = [("store", store.path())];
    let account = Account::with_agent(Dialect::Interactions, "restart", ACCEPTING);
    let client = account.client(&options);
    let chat = client
        .start(address("1", "12"), Customer::default())
        .unwrap();
    next_of_kind(&client, Kind::Accepted);
    let hash = chat.interaction_hash();
    drop(chat);
    client.close(Duration::from_secs(5)).unwrap();
    drop(client);

    let client = account.client(&options);
    let open = client.open_interactions();
    assert_eq!((open.len(), &*open[0].client_id), (1, "12"));
    let hash = hash.unwrap();
    deliver(
        &client,
        &format!(r#"{{"interaction_hash":"{hash}","state":"transferred","department_id":2}}"#),
    );
    let trigger = next_of_kind(&client, Kind::Transferred);
    assert_eq!(trigger.client_id, "12");
    let chat = client.attach(address("1", "12")).unwrap();
    assert_eq!(
        (chat.state(), chat.interaction_hash()),
        (State::Active, Some(hash))
    );
    chat.send("ainda aqui").unwrap();
}

#[test]
fn repeated_message_is_delivered_once() {
    let store = StoreFile::new("again.db");
    let account = Account::silent(Dialect::Interactions, "twice");
    let message = |hash: &str| {
        format!(
            r#"{{"interaction_hash":"h1","message":{{"hash":"{hash}","content":"{hash}"}},"extra":{{"clientId":"12"}}}}"#
        )
    };
    let client = account.client(&[("store", store.path()), ("ack", "manual")]);
    for hash in ["a", "a", "b", "a"] {
        deliver(&client, &message(hash));
    }
    for expected in ["a", "b"] {
        let trigger = next_of_kind(&client, Kind::Message);
        assert_eq!(trigger.text.as_deref(), Some(expected));
    }
    assert!(client.next(Duration::ZERO).unwrap().is_none());
    assert_eq!(client.count_of(Statistic::Repeated), 2);
    assert_eq!(client.count_of(Statistic::Received), 2);
    client.close(Duration::from_secs(5)).unwrap();
    drop(client);

    // The store redelivers an unhandled event once. A message that the service repeats is not delivered again.
    let client = account.client(&[("store", store.path())]);
    deliver(&client, &message("a"));
    for expected in ["a", "b"] {
        let trigger = next_of_kind(&client, Kind::Message);
        assert_eq!(trigger.text.as_deref(), Some(expected));
    }
    assert!(client.next(Duration::ZERO).unwrap().is_none());
}

#[test]
fn stored_triggers_are_parsed_in_the_dialect_that_received_them() {
    let store = StoreFile::new("moved.db");
    let options = [("store", store.path())];
    let before = Account::silent(Dialect::Rest, "moved");
    let old = before.client(&options);
    deliver(&old, r#"{"message":"oi","clientId":"12"}"#);
    old.close(Duration::from_secs(5)).unwrap();
    drop(old);
    let after = Account::silent(Dialect::Interactions, "moved");
    let new = after.client(&[&options[..], &[("store.move_account", "1")]].concat());
    deliver(&new, r#"{"interaction_hash":"h","state":"typing"}"#);
    let trigger = next_of_kind(&new, Kind::Message);
    assert_eq!(
        (&*trigger.client_id, trigger.text.as_deref()),
        ("12", Some("oi"))
    );
    next_of_kind(&new, Kind::Typing);
}

/// The older dialects have no hash: both of two equal messages may be intended.
#[test]
fn equal_messages_without_a_hash_are_both_delivered() {
    let account = Account::silent(Dialect::Rest, "equal");
    let client = account.client(&[]);
    for _ in 0..2 {
        deliver(&client, r#"{"message":"oi","clientId":"12"}"#);
    }
    next_of_kind(&client, Kind::Message);
    next_of_kind(&client, Kind::Message);
}
