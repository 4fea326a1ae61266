//! With a store, a posted off-hours contact survives a restart, and a query does not.

use omnize::PostOptions;

use super::account_requests::contact;
use super::restarts::store;
use super::*;

fn open(url: &str, store: &str) -> Client {
    open_client(url, &[("dialect", "interactions"), ("store", store)])
}

#[test]
fn contact_is_sent_after_a_restart_and_a_query_is_not() {
    let store = store("account");
    let first = open("http://127.0.0.1:1/", &store);
    let query = first.post_departments(None).unwrap();
    let options = PostOptions {
        reference: Some("c1".into()),
        ..PostOptions::default()
    };
    let ticket = first
        .post_off_hours("1", contact(), options.clone())
        .unwrap();
    assert!(ticket > query);
    assert_eq!(first.close(Duration::from_millis(50)).unwrap().requests, 2);
    drop(first);

    let server = Server::with_response(http("200 OK", r#"{"interaction_hash":"h9"}"#));
    let second = open(&server.url, &store);
    let found = outcome(&second);
    assert_eq!(
        (found.ticket, found.delivery, &*found.client_id),
        (ticket, Delivery::Accepted as i32, ""),
        "{found:?}"
    );
    assert_eq!(found.interaction_hash(), Some("h9"));
    assert!(
        server
            .requests
            .recv()
            .unwrap()
            .contains("/core/api/v1/offcontact ")
    );
    assert_eq!(
        second.post_off_hours("1", contact(), options).unwrap(),
        ticket
    );
    assert!(second.next(Duration::from_millis(100)).unwrap().is_none());
    assert_eq!(server.requests(), 0);
    std::fs::remove_file(store).unwrap();
}

#[test]
fn stored_outcome_of_a_contact_contains_the_hash() {
    let store = store("account-hash");
    let server = Server::with_response(http("200 OK", r#"{"interaction_hash":"h9"}"#));
    let first = open(&server.url, &store);
    first
        .post_off_hours("1", contact(), PostOptions::default())
        .unwrap();
    next_event(&first).nack();
    drop(first);
    let second = open(&server.url, &store);
    let event = next_event(&second);
    assert!(event.redelivered);
    let hash = event.outcome().unwrap().interaction_hash();
    assert_eq!(hash, Some("h9"));
    std::fs::remove_file(store).unwrap();
}

#[test]
fn outcome_of_a_query_is_not_stored_and_its_ticket_is_not_reused() {
    let store = store("account-query");
    let server = Server::with_response(http("200 OK", "[]"));
    let first = open(&server.url, &store);
    let ticket = first.post_departments(None).unwrap();
    let event = next_event(&first);
    assert_eq!(event.outcome().unwrap().ticket, ticket);
    assert!(event.outcome().unwrap().departments().is_some());
    assert_eq!(event.sequence, 0);
    event.nack();
    drop(event);
    drop(first);
    let second = open(&server.url, &store);
    assert!(second.next(Duration::from_millis(100)).unwrap().is_none());
    assert!(second.post_departments(None).unwrap() > ticket);
    std::fs::remove_file(store).unwrap();
}

#[test]
fn acknowledging_a_query_deletes_no_other_event() {
    let store = store("account-ack");
    let server = Server::with_response(http("200 OK", "[]"));
    let first = open(&server.url, &store);
    for at in 0..3 {
        let message = format!(r#"{{"state":"queued","interaction_hash":"h{at}","position":1}}"#);
        first.deliver(message.as_bytes(), None).unwrap();
    }
    first.post_departments(None).unwrap();
    let mut events: Vec<_> = (0..4).map(|_| next_event(&first)).collect();
    events.retain(|event| match event.outcome() {
        Some(_) => {
            event.ack();
            false
        }
        None => {
            event.nack();
            true
        }
    });
    assert_eq!(events.len(), 3);
    drop((events, first));
    let second = open(&server.url, &store);
    for _ in 0..3 {
        assert!(next_event(&second).redelivered);
    }
    std::fs::remove_file(store).unwrap();
}
