//! `retry.posted` counts from the post, also across restarts.

#![cfg(feature = "store")]

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/store_folder.rs"]
mod store_folder;

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use http_server::{Server, http};
use omnize::error::Delivery;
use omnize::status::Status;
use omnize::wire::{Address, Request};
use omnize::{Client, Outcome};
use rusqlite::Connection;
use store_folder::{ChildProcess, Folder, open, report, wait_until_killed};

/// The application that the tests start and kill.
#[test]
fn process() {
    let Some((retry, path)) = store_folder::child_role() else {
        return;
    };
    let client = open(&path, &[("retry.posted", &retry)]).unwrap();
    post(&client);
    // No server listens there, so the first attempt fails, and the request waits for a retry.
    let begun = Instant::now();
    while posted_time(&path) != 2 {
        assert!(begun.elapsed() < Duration::from_secs(20));
        thread::yield_now();
    }
    report("tried");
    wait_until_killed();
}

/// Returns the time of the post in the store. Another client has the store open, so this reads a copy.
fn posted_time(path: &Path) -> i64 {
    let copy = path.with_file_name("copy.db");
    for suffix in ["", "-wal"] {
        let of = |path: &Path| format!("{}{suffix}", path.display());
        std::fs::copy(of(path), of(&copy)).unwrap();
    }
    let read = Connection::open(&copy).unwrap();
    let posted_time = read.query_row("SELECT leaving FROM outbox", [], |row| row.get(0));
    posted_time.unwrap_or(0)
}

fn post(client: &Client) {
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    let chat = client.attach(address).unwrap();
    chat.post(Request::Message("oi".into())).unwrap();
}

fn outcome(client: &Client) -> Outcome {
    let event = client.next(Duration::from_secs(20)).unwrap();
    event
        .expect("an event")
        .outcome()
        .expect("an outcome")
        .clone()
}

#[test]
fn expired_request_is_not_retried_after_a_restart() {
    let folder = Folder::new();
    let mut process = ChildProcess::start("1000", &folder.store());
    process.read_report();
    process.kill();
    age_request(&folder, 2500);
    let server = Server::with_response(http("200 OK", ""));
    let options = [("base_url", &*server.url), ("retry.posted", "1000")];
    let client = open(&folder.store(), &options).unwrap();
    let outcome = outcome(&client);
    assert_eq!(outcome.delivery, Delivery::NotSent as i32, "{outcome:?}");
    assert_eq!(outcome.status, Status::Timeout as i32);
    assert!(
        outcome
            .message
            .contains("retry.posted allows retries for 1000 ms"),
        "{}",
        outcome.message
    );
    assert_eq!(server.requests(), 0);
}

#[test]
fn unexpired_request_is_retried_after_a_restart() {
    let folder = Folder::new();
    let mut process = ChildProcess::start("600000", &folder.store());
    process.read_report();
    process.kill();
    age_request(&folder, 2500);
    let server = Server::with_response(http("200 OK", ""));
    let options = [("base_url", &*server.url), ("retry.posted", "600000")];
    let client = open(&folder.store(), &options).unwrap();
    assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
}

#[test]
fn remaining_retry_time_is_that_of_the_option() {
    let folder = Folder::new();
    let mut process = ChildProcess::start("600000", &folder.store());
    process.read_report();
    process.kill();
    // 9.5 of 10 seconds are over; the second attempt finds no server either.
    age_request(&folder, 9500);
    let begun = Instant::now();
    let client = open(&folder.store(), &[("retry.posted", "10000")]).unwrap();
    let outcome = outcome(&client);
    assert_eq!(outcome.delivery, Delivery::NotSent as i32);
    assert_eq!(outcome.status, Status::Refused as i32, "{outcome:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn request_never_attempted_is_attempted_once() {
    let folder = Folder::new();
    let client = open(&folder.store(), &[]).unwrap();
    post(&client);
    client.close(Duration::ZERO).unwrap();
    age_request(&folder, 2500);
    let file = Connection::open(folder.store()).unwrap();
    file.execute("UPDATE outbox SET leaving = 0", []).unwrap();
    drop(file);
    let server = Server::with_response(http("200 OK", ""));
    let options = [("base_url", &*server.url), ("retry.posted", "1000")];
    let client = open(&folder.store(), &options).unwrap();
    assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    assert_eq!(server.requests(), 1);
}

/// Makes the posted request older by this many milliseconds.
fn age_request(folder: &Folder, milliseconds: i64) {
    let file = Connection::open(folder.store()).unwrap();
    let changed = file
        .execute(
            "UPDATE outbox SET posted_at = posted_at - ?1",
            [milliseconds],
        )
        .unwrap();
    assert_eq!(changed, 1);
}
