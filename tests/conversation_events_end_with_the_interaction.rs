//! The events of a conversation end with its interaction, with the client, and with the conversation itself. A thread that
//! waits for them returns then, and not before the last event was delivered.

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/test_client.rs"]
mod test_client;

use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::Duration;

use http_server::{Server, http};
use omnize::error::Delivery;
use omnize::status::Status;
use omnize::wire::{Request, Start};
use omnize::{Client, Conversation, NextEvent, State};
use test_client::{
    FAR, attach, deliver_typing, has_none, open_client, plain_client, sequence_of,
    sequence_of_next, taken, wait_until_asleep,
};

fn deliver_finish(client: &Client, client_id: &str) {
    let body = format!(r#"{{"status":"finish","clientId":"{client_id}"}}"#);
    client.deliver(body.as_bytes(), None).unwrap();
}

fn has_ended(chat: &Conversation) -> bool {
    matches!(chat.next(FAR).unwrap(), NextEvent::Ended)
}

#[test]
fn the_stream_ends_after_the_finish_and_continues_after_a_new_start() {
    let server = Server::with_response(http("200 OK", "{}"));
    let client = open_client(&server.url, &[]);
    let one = attach(&client, "1");
    assert!(has_none(&one));
    deliver_typing(&client, "1");
    deliver_finish(&client, "1");
    assert_eq!([sequence_of(&one), sequence_of(&one)], [1, 2]);
    assert!(has_ended(&one) && has_ended(&one));
    assert_eq!(one.state(), State::Finished);
    deliver_typing(&client, "1");
    assert_eq!(sequence_of(&one), 3, "a late event");
    assert!(has_ended(&one));
    let again = attach(&client, "1");
    assert!(
        has_ended(&again),
        "another conversation of the same interaction"
    );
    one.start(Start::default()).unwrap();
    assert!(has_none(&one));
    deliver_typing(&client, "1");
    assert_eq!(sequence_of(&one), 4);
    assert!(has_none(&one));
}

#[test]
fn a_finish_that_another_consumer_got_ends_the_stream_too() {
    let client = plain_client();
    let one = attach(&client, "1");
    deliver_finish(&client, "1");
    assert_eq!(sequence_of_next(&client), Some(1));
    assert!(has_ended(&one));
}

#[test]
fn the_end_waits_for_events_that_are_queued() {
    let client = plain_client();
    let [one, same] = ["1", "1"].map(|client_id| attach(&client, client_id));
    assert!(has_none(&one));
    deliver_finish(&client, "1");
    // The state has changed, and the event of it is not delivered yet.
    assert_eq!(one.state(), State::Finished);
    thread::scope(|scope| {
        let first = scope.spawn(|| one.next(FAR).unwrap());
        let second = scope.spawn(|| same.next(FAR).unwrap());
        let results = [first.join().unwrap(), second.join().unwrap()];
        let events = results
            .iter()
            .filter(|next| matches!(next, NextEvent::Event(_)));
        assert_eq!(events.count(), 1);
        let ends = results
            .iter()
            .filter(|next| matches!(next, NextEvent::Ended));
        assert_eq!(ends.count(), 1, "the other thread is woken");
    });
}

#[test]
fn an_own_finish_ends_the_stream_and_wakes_its_waiters() {
    let server = Server::with_response(http("200 OK", "{}"));
    let client = open_client(&server.url, &[("outbox.connections", "1")]);
    let one = attach(&client, "1");
    assert!(has_none(&one));
    thread::scope(|scope| {
        let waiter = scope.spawn(|| one.next(FAR).unwrap());
        wait_until_asleep(&waiter);
        one.finish().unwrap();
        assert!(matches!(waiter.join().unwrap(), NextEvent::Ended));
    });
}

#[test]
fn a_posted_finish_ends_the_stream_after_its_outcome() {
    let server = Server::with_response(http("200 OK", "{}"));
    let client = open_client(&server.url, &[]);
    let one = attach(&client, "1");
    assert!(has_none(&one));
    let first = one.post(Request::Message("oi".into())).unwrap();
    let second = one.post(Request::Finish).unwrap();
    for ticket in [first, second] {
        let event = taken(one.next(FAR).unwrap());
        let outcome = event.outcome().unwrap();
        assert_eq!(
            (outcome.ticket, outcome.delivery),
            (ticket, Delivery::Accepted as i32)
        );
    }
    assert!(has_ended(&one));
}

#[test]
fn a_rejected_finish_does_not_end_the_stream() {
    let server = Server::with_response(http("400 Bad Request", "{}"));
    let client = open_client(&server.url, &[]);
    let one = attach(&client, "1");
    assert!(has_none(&one));
    one.finish().unwrap_err();
    assert!(has_none(&one));
    one.post(Request::Finish).unwrap();
    let event = taken(one.next(FAR).unwrap());
    let outcome = event.outcome().unwrap();
    assert_eq!(outcome.delivery, Delivery::Rejected as i32);
    assert!(has_none(&one));
}

#[test]
fn close_and_free_end_the_waits() {
    let client = plain_client();
    let [one, two] = ["1", "2"].map(|client_id| attach(&client, client_id));
    let begin = Barrier::new(3);
    thread::scope(|scope| {
        let freed = scope.spawn(|| {
            begin.wait();
            one.next(FAR)
        });
        let closed = scope.spawn(|| {
            begin.wait();
            two.next(FAR)
        });
        begin.wait();
        wait_until_asleep(&freed);
        one.close_events();
        assert!(matches!(freed.join().unwrap().unwrap(), NextEvent::Ended));
        client.close(Duration::ZERO).unwrap();
        let error = closed.join().unwrap().unwrap_err();
        assert_eq!(error.status(), Status::Closed);
    });
    assert!(matches!(one.next(FAR).unwrap(), NextEvent::Ended));
    assert_eq!(two.next(FAR).unwrap_err().status(), Status::Closed);
    let (sender, woken) = mpsc::channel();
    let wake = two.wake_when_ready(Box::new(move || sender.send(()).unwrap()));
    assert!(wake.is_ok());
    woken.recv().unwrap();
}
