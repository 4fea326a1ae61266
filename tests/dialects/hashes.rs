//! The service's own ids, which an application never needs to see.

use std::time::Duration;

use omnize::error::Delivery;
use omnize::status::Status;
use omnize::wire::{Customer, Dialect, Kind, Request};
use omnize::{Client, State, Statistic};

use super::account::{Account, Place, address, next_is, outcome};

const ACCEPTING: &str = r#"{"rules":[{"on":"start","steps":["accepted"]},
    {"on":"message","steps":["echo"]}]}"#;

fn deliver(client: &Client, body: &str) {
    client.deliver(body.as_bytes(), None).unwrap();
}

#[test]
fn what_is_posted_behind_a_start_finds_its_hash() {
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
fn an_interaction_whose_hash_nobody_knows_is_told_so_and_nothing_is_sent() {
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
fn a_trigger_of_an_unknown_interaction_comes_with_its_hash() {
    let account = Account::silent(Dialect::Interactions, "foreign");
    let client = account.client(&[]);
    deliver(&client, r#"{"interaction_hash":"h9","state":"accepted"}"#);
    let trigger = next_is(&client, Kind::Accepted);
    assert_eq!(trigger.client_id, "");
    assert_eq!(trigger.interaction_hash(), Some("h9"));
}

#[test]
fn who_attaches_upon_a_trigger_or_by_a_hash_can_send() {
    let account = Account::with_agent(Dialect::Interactions, "again", ACCEPTING);
    let first = account.client(&[]);
    let chat = first
        .start(address("1", "12"), Customer::default())
        .unwrap();
    next_is(&first, Kind::Accepted);
    let hash = chat.interaction_hash().unwrap();
    chat.send("um").unwrap();
    drop(chat);
    next_is(&first, Kind::Message);
    first.close(Duration::from_secs(5)).unwrap();

    // Another run, without a store: the hash comes with a trigger, or the application has kept it.
    let second = account.client(&[]);
    deliver(
        &second,
        &format!(r#"{{"interaction_hash":"{hash}","state":"typing","extra":{{"clientId":"12"}}}}"#),
    );
    next_is(&second, Kind::Typing);
    let chat = second.attach(address("1", "12")).unwrap();
    chat.send("dois").unwrap();
    let third = account.client(&[]);
    let chat = third.attach_by_hash(address("1", "12"), &hash).unwrap();
    chat.send("três").unwrap();
}

#[test]
fn with_a_store_the_hash_is_known_after_a_restart() {
    let store = Place::new("hashes.db");
    let options = [("store", store.path())];
    let account = Account::with_agent(Dialect::Interactions, "restart", ACCEPTING);
    let client = account.client(&options);
    let chat = client
        .start(address("1", "12"), Customer::default())
        .unwrap();
    next_is(&client, Kind::Accepted);
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
    let trigger = next_is(&client, Kind::Transferred);
    assert_eq!(trigger.client_id, "12");
    let chat = client.attach(address("1", "12")).unwrap();
    assert_eq!(
        (chat.state(), chat.interaction_hash()),
        (State::Active, Some(hash))
    );
    chat.send("ainda aqui").unwrap();
}

#[test]
fn a_message_that_comes_again_is_given_once() {
    let store = Place::new("again.db");
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
        let trigger = next_is(&client, Kind::Message);
        assert_eq!(trigger.text.as_deref(), Some(expected));
    }
    assert!(client.next(Duration::ZERO).unwrap().is_none());
    assert_eq!(client.count_of(Statistic::Repeated), 2);
    assert_eq!(client.count_of(Statistic::Received), 2);
    client.close(Duration::from_secs(5)).unwrap();
    drop(client);

    // What was not handled comes again from the store, once; what the service posts again does not.
    let client = account.client(&[("store", store.path())]);
    deliver(&client, &message("a"));
    for expected in ["a", "b"] {
        let trigger = next_is(&client, Kind::Message);
        assert_eq!(trigger.text.as_deref(), Some(expected));
    }
    assert!(client.next(Duration::ZERO).unwrap().is_none());
}

#[test]
fn what_waits_in_a_store_is_read_in_the_dialect_in_which_it_came() {
    let store = Place::new("moved.db");
    let options = [("store", store.path())];
    let before = Account::silent(Dialect::Rest, "moved");
    let old = before.client(&options);
    deliver(&old, r#"{"message":"oi","clientId":"12"}"#);
    old.close(Duration::from_secs(5)).unwrap();
    drop(old);
    let after = Account::silent(Dialect::Interactions, "moved");
    let new = after.client(&[&options[..], &[("store.move_account", "1")]].concat());
    deliver(&new, r#"{"interaction_hash":"h","state":"typing"}"#);
    let trigger = next_is(&new, Kind::Message);
    assert_eq!(
        (&*trigger.client_id, trigger.text.as_deref()),
        ("12", Some("oi"))
    );
    next_is(&new, Kind::Typing);
}

/// The older dialects have no hash: two equal messages may both be meant.
#[test]
fn equal_messages_without_a_hash_are_both_given() {
    let account = Account::silent(Dialect::Rest, "equal");
    let client = account.client(&[]);
    for _ in 0..2 {
        deliver(&client, r#"{"message":"oi","clientId":"12"}"#);
    }
    next_is(&client, Kind::Message);
    next_is(&client, Kind::Message);
}
