//! A store of an earlier version opens with all its events and requests. The tests create the files with the SQL of
//! those versions.

#![cfg(feature = "store")]

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/store_folder.rs"]
mod store_folder;

use std::time::Duration;

use http_server::{Server, http};
use omnize::error::Delivery;
use omnize::{Client, Event, Statistic};
use rusqlite::Connection;
use store_folder::{Folder, open, open_error, text};

const FIRST: &str = "
    CREATE TABLE inbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, received_at INTEGER NOT NULL, content_type TEXT,
        body BLOB NOT NULL
    );
    CREATE TABLE outbox (ticket INTEGER PRIMARY KEY AUTOINCREMENT, leaving INTEGER NOT NULL, content TEXT NOT NULL);
    PRAGMA application_id = 1332571770;
    PRAGMA user_version = 1;
    INSERT INTO inbox (kind, received_at, body) VALUES (0, 5, CAST('{\"message\":\"kept\",\"clientId\":\"12\"}' AS BLOB));";

const SECOND: &str = "
    CREATE TABLE interactions (
        client_id TEXT PRIMARY KEY, department TEXT NOT NULL, state INTEGER NOT NULL, bot_id TEXT, hash TEXT,
        external_id TEXT, since_ms INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE aside (place TEXT NOT NULL, number, received_at, content_type, content);
    PRAGMA user_version = 2;
    INSERT INTO interactions (client_id, department, state, since_ms) VALUES ('12', '1', 3, 5);";

const THIRD: &str = "
    ALTER TABLE outbox ADD COLUMN posted_at INTEGER;
    CREATE TABLE account (salt BLOB NOT NULL, tag BLOB NOT NULL);
    PRAGMA user_version = 3;";

const REQUESTS: &str = r#"
    INSERT INTO outbox (leaving, content)
    VALUES (0, '{"address":{"department":"1","client_id":"12"},"request":{"Message":{"text":"first"}}}'),
           (1, '{"address":{"department":"1","client_id":"12"},"request":{"Message":{"text":"second"}}}');"#;

fn next(client: &Client) -> Event {
    let event = client.next(Duration::from_secs(20)).unwrap();
    event.expect("an event")
}

fn assert_opens(version: &[&str]) {
    let folder = Folder::new();
    let file = Connection::open(folder.store()).unwrap();
    file.pragma_update(None, "journal_mode", "WAL").unwrap();
    for part in version.iter().chain([&REQUESTS]) {
        file.execute_batch(part).unwrap();
    }
    drop(file);
    let server = Server::with_response(http("200 OK", ""));
    let options = [("base_url", &*server.url)];
    let client = open(&folder.store(), &options).unwrap();
    assert_eq!(client.count_of(Statistic::Quarantined), 0);
    let events = [next(&client), next(&client), next(&client)];
    assert!(
        events
            .iter()
            .any(|event| event.trigger().is_some() && text(event) == "kept")
    );
    let mut outcomes: Vec<_> = events
        .iter()
        .filter_map(Event::outcome)
        .map(|outcome| (outcome.ticket, outcome.delivery))
        .collect();
    outcomes.sort_unstable();
    let (accepted, unknown) = (Delivery::Accepted as i32, Delivery::Unknown as i32);
    assert_eq!(outcomes, [(1, accepted), (2, unknown)]);
    assert_eq!(server.requests(), 1);
    drop((events, client));
    // It belongs to the account that opens it first.
    assert!(open_error(&folder.store(), &[("token", "another")]).contains("another account"));
    let client = open(&folder.store(), &options).unwrap();
    assert!(client.next(Duration::ZERO).unwrap().is_none());
}

#[test]
fn first_version_is_migrated() {
    assert_opens(&[FIRST]);
}

#[test]
fn second_version_is_migrated() {
    assert_opens(&[FIRST, SECOND]);
}

#[test]
fn third_version_is_migrated() {
    assert_opens(&[FIRST, SECOND, THIRD]);
}

#[test]
fn later_version_is_not_changed() {
    let folder = Folder::new();
    drop(open(&folder.store(), &[]).unwrap());
    let file = Connection::open(folder.store()).unwrap();
    file.pragma_update(None, "user_version", 99).unwrap();
    drop(file);
    let why = open_error(&folder.store(), &[]);
    assert!(
        why.contains("not a store that this version supports"),
        "{why}"
    );
    let file = Connection::open(folder.store()).unwrap();
    let version: i32 = file
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 99);
}
