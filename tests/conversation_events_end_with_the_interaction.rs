//! The events of a conversation end with its interaction, with the client, and with the conversation itself. A thread that
//! waits for them returns then, and not before the last event was delivered.

#[path = "support/http_server.rs"]
mod http_server;
#[cfg(feature = "store")]
#[path = "support/store_folder.rs"]
mod store_folder;
#[path = "support/test_client.rs"]
mod test_client;

use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::Duration;

use http_server::{Server, http};
use omnize::error::Delivery;
use omnize::status::Status;
use omnize::wire::{Address, Request, Start};
use omnize::{Client, Conversation, NextEvent, PostOptions, State};
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

fn prepare(client: &Client) -> Conversation {
    let address = Address {
        department: "1".into(),
        client_id: "1".into(),
    };
    client.prepare(address).unwrap()
}

fn start() -> Request {
    Request::Start(Box::default())
}

fn delivery(chat: &Conversation) -> i32 {
    taken(chat.next(FAR).unwrap()).outcome().unwrap().delivery
}

#[test]
fn a_rejected_start_ends_the_stream_after_its_outcome() {
    let server = Server::with_response(http("400 Bad Request", "{}"));
    let client = open_client(&server.url, &[]);
    let one = prepare(&client);
    assert!(has_none(&one));
    one.post(start()).unwrap();
    assert_eq!(delivery(&one), Delivery::Rejected as i32);
    assert!(has_ended(&one));
    assert_eq!(one.state(), State::New);
    one.post(start()).unwrap();
    assert_eq!(delivery(&one), Delivery::Rejected as i32);
    assert!(has_ended(&one), "the next start continues and ends it");
}

#[test]
fn a_cancelled_or_expired_start_ends_the_stream_after_its_outcome() {
    let client = open_client("http://127.0.0.1:9/", &[("outbox.paused", "1")]);
    let one = prepare(&client);
    assert!(has_none(&one));
    one.post(start()).unwrap();
    one.cancel().unwrap();
    assert_eq!(delivery(&one), Delivery::NotSent as i32);
    assert!(has_ended(&one));
    let options = PostOptions {
        max_age: Some(Duration::from_millis(1)),
        ..PostOptions::default()
    };
    one.post_with(start(), options).unwrap();
    assert_eq!(delivery(&one), Delivery::NotSent as i32);
    assert!(has_ended(&one));
}

#[test]
fn the_outcome_of_an_earlier_start_does_not_end_the_stream() {
    let client = open_client("http://127.0.0.1:9/", &[("outbox.paused", "1")]);
    let one = prepare(&client);
    assert!(has_none(&one));
    one.post(start()).unwrap();
    one.cancel().unwrap();
    one.post(start()).unwrap();
    assert_eq!(delivery(&one), Delivery::NotSent as i32);
    assert!(has_none(&one));
}

#[test]
fn a_start_with_an_unknown_delivery_does_not_end_the_stream() {
    let server = Server::start(|_, _| {});
    let client = open_client(&server.url, &[("retry.posted", "0")]);
    let one = prepare(&client);
    assert!(has_none(&one));
    one.post(start()).unwrap();
    assert_eq!(delivery(&one), Delivery::Unknown as i32);
    assert!(has_none(&one));
    deliver_typing(&client, "1");
    assert_eq!(one.state(), State::Active);
    let event = taken(one.next(FAR).unwrap());
    assert!(event.trigger().is_some());
}

#[cfg(feature = "store")]
mod after_a_restart {
    use super::*;
    use crate::store_folder::{Folder, open};

    /// Ends a client before the application handles this finish.
    fn leave_finish(folder: &Folder, finish: impl FnOnce(&Client)) {
        let client = open(&folder.store(), &[]).unwrap();
        let _chat = attach(&client, "1");
        finish(&client);
        client.close(Duration::ZERO).unwrap();
    }

    #[test]
    fn a_redelivered_finish_ends_the_stream() {
        let folder = Folder::new();
        leave_finish(&folder, |client| deliver_finish(client, "1"));
        let client = open(&folder.store(), &[]).unwrap();
        let one = attach(&client, "1");
        let event = taken(one.next(FAR).unwrap());
        assert!(event.redelivered);
        assert!(has_ended(&one));
        assert_eq!(one.state(), State::Finished);
        assert!(client.open_interactions().is_empty());
    }

    #[test]
    fn a_redelivered_finish_that_another_consumer_got_ends_the_stream_too() {
        let folder = Folder::new();
        leave_finish(&folder, |client| deliver_finish(client, "1"));
        let client = open(&folder.store(), &[]).unwrap();
        let one = attach(&client, "1");
        assert!(sequence_of_next(&client).is_some());
        assert!(has_ended(&one));
    }

    #[test]
    fn a_redelivered_outcome_of_a_rejected_start_ends_the_stream() {
        let folder = Folder::new();
        let server = Server::with_response(http("400 Bad Request", "{}"));
        let client = open(&folder.store(), &[("base_url", &*server.url)]).unwrap();
        prepare(&client).post(start()).unwrap();
        client.flush(FAR).unwrap();
        client.close(Duration::ZERO).unwrap();
        for conversation in [prepare, |client: &Client| attach(client, "1")] {
            let client = open(&folder.store(), &[("ack", "manual")]).unwrap();
            let one = conversation(&client);
            assert_eq!(delivery(&one), Delivery::Rejected as i32);
            assert!(has_ended(&one));
            assert_eq!(one.state(), State::New);
            client.close(Duration::ZERO).unwrap();
        }
    }

    #[test]
    fn a_redelivered_finish_of_an_earlier_interaction_does_not_end_the_stream() {
        let folder = Folder::new();
        let server = Server::with_response(http("200 OK", "{}"));
        leave_finish(&folder, |client| deliver_finish(client, "1"));
        let client = open(&folder.store(), &[("base_url", &*server.url)]).unwrap();
        prepare(&client).start(Start::default()).unwrap();
        client.close(Duration::ZERO).unwrap();
        let client = open(&folder.store(), &[]).unwrap();
        let one = attach(&client, "1");
        assert!(taken(one.next(FAR).unwrap()).redelivered);
        assert!(has_none(&one));
        assert_eq!(one.state(), State::Waiting);
    }

    #[test]
    fn a_redelivered_finish_does_not_end_an_interaction_that_is_seen_open() {
        let folder = Folder::new();
        leave_finish(&folder, |client| deliver_finish(client, "1"));
        let client = open(&folder.store(), &[]).unwrap();
        let one = attach(&client, "1");
        deliver_typing(&client, "1");
        assert!(taken(one.next(FAR).unwrap()).redelivered);
        assert!(!taken(one.next(FAR).unwrap()).redelivered);
        assert!(has_none(&one));
        assert_eq!(one.state(), State::Active);
    }
}
