//! The age of a posted request counts from its post, also while the application is not running.

#![cfg(feature = "store")]

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/store_folder.rs"]
mod store_folder;

use std::time::{Duration, Instant};

use http_server::{Server, http};
use omnize::error::Delivery;
use omnize::status::Status;
use omnize::wire::{Address, Request};
use omnize::{Client, Outcome, PostOptions};
use rusqlite::Connection;
use store_folder::{Folder, open};

fn post(client: &Client, request: Request, max_age: Option<u64>) -> u64 {
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    let options = PostOptions {
        max_age: max_age.map(Duration::from_millis),
        ..PostOptions::default()
    };
    let chat = client.attach(address).unwrap();
    chat.post_with(request, options).unwrap()
}

fn message() -> Request {
    Request::Message("oi".into())
}

/// Posts a request in an earlier process, and makes it older by this many milliseconds.
fn post_earlier(
    folder: &Folder,
    request: Request,
    max_age: Option<u64>,
    age: i64,
    send_state: i64,
) {
    let client = open(&folder.store(), &[]).unwrap();
    post(&client, request, max_age);
    client.close(Duration::ZERO).unwrap();
    drop(client);
    let file = Connection::open(folder.store()).unwrap();
    let changed = file
        .execute(
            "UPDATE outbox SET posted_at = posted_at - ?1, leaving = ?2",
            [age, send_state],
        )
        .unwrap();
    assert_eq!(changed, 1);
}

const QUEUED: i64 = 0;
const MAYBE_SENT: i64 = 1;

fn outcome(client: &Client) -> Outcome {
    let event = client.next(Duration::from_secs(20)).unwrap();
    let event = event.expect("an event");
    event.outcome().expect("an outcome").clone()
}

fn assert_outcome(outcome: &Outcome, status: Status, delivery: Delivery) {
    assert_eq!(
        (outcome.status, outcome.delivery),
        (status as i32, delivery as i32),
        "{outcome:?}"
    );
}

fn accepting() -> Server {
    Server::with_response(http("200 OK", ""))
}

#[test]
fn old_request_is_not_sent_after_a_restart() {
    let folder = Folder::new();
    post_earlier(&folder, message(), Some(60_000), 61_000, QUEUED);
    let server = accepting();
    let client = open(&folder.store(), &[("base_url", &*server.url)]).unwrap();
    assert_outcome(&outcome(&client), Status::Expired, Delivery::NotSent);
    assert_eq!(server.requests(), 0);
}

#[test]
fn young_request_is_sent_after_a_restart() {
    let folder = Folder::new();
    post_earlier(&folder, message(), Some(60_000), 1_000, QUEUED);
    let server = accepting();
    let client = open(&folder.store(), &[("base_url", &*server.url)]).unwrap();
    assert_outcome(&outcome(&client), Status::Ok, Delivery::Accepted);
}

#[test]
fn remaining_time_counts_after_a_restart() {
    let folder = Folder::new();
    post_earlier(&folder, message(), Some(60_000), 59_000, QUEUED);
    let begun = Instant::now();
    let client = open(&folder.store(), &[]).unwrap();
    assert_outcome(&outcome(&client), Status::Expired, Delivery::NotSent);
    assert!(begun.elapsed() < Duration::from_secs(15));
}

#[test]
fn option_of_the_restart_limits_messages_without_a_limit() {
    for (request, max_age, status, delivery) in [
        (message(), None, Status::Expired, Delivery::NotSent),
        (message(), Some(60_000), Status::Ok, Delivery::Accepted),
        (message(), Some(u64::MAX), Status::Ok, Delivery::Accepted),
        (Request::Finish, None, Status::Ok, Delivery::Accepted),
    ] {
        let folder = Folder::new();
        post_earlier(&folder, request, max_age, 5_000, QUEUED);
        let server = accepting();
        let options = [("base_url", &*server.url), ("message.max_age", "4000")];
        let client = open(&folder.store(), &options).unwrap();
        assert_outcome(&outcome(&client), status, delivery);
    }
}

#[test]
fn no_limit_is_stored() {
    let folder = Folder::new();
    post_earlier(&folder, message(), Some(u64::MAX), 5_000, QUEUED);
    let server = accepting();
    let options = [("base_url", &*server.url), ("message.max_age", "4000")];
    let client = open(&folder.store(), &options).unwrap();
    assert_outcome(&outcome(&client), Status::Ok, Delivery::Accepted);
}

#[test]
fn delivery_is_unknown_if_an_earlier_attempt_may_have_been_received() {
    let folder = Folder::new();
    post_earlier(&folder, message(), Some(60_000), 61_000, MAYBE_SENT);
    let server = accepting();
    let resend = [("base_url", &*server.url), ("on_unknown", "resend")];
    let client = open(&folder.store(), &resend).unwrap();
    let expired = outcome(&client);
    assert_outcome(&expired, Status::Expired, Delivery::Unknown);
    let text = &expired.message;
    assert!(text.contains("with another reference"), "{text}");
    assert!(!text.contains("the same reference"), "{text}");
    assert_eq!(server.requests(), 0);

    let folder = Folder::new();
    post_earlier(&folder, message(), Some(60_000), 61_000, MAYBE_SENT);
    let client = open(&folder.store(), &[("base_url", &*server.url)]).unwrap();
    assert_outcome(&outcome(&client), Status::Lost, Delivery::Unknown);
    assert_eq!(server.requests(), 0);
}
