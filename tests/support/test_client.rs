//! Opens clients, attaches conversations, delivers triggers and waits for events.

// Each test uses a part of this file.
#![allow(dead_code)]

use std::time::{Duration, Instant};

use omnize::config::Config;
use omnize::wire::Address;
use omnize::{Client, Conversation, Event, NextEvent};

/// Opens a client for this URL. Its token is "t", unless an option sets another.
pub fn open_client(url: &str, options: &[(&str, &str)]) -> Client {
    let mut config = Config::new();
    config.set("token", "t").unwrap();
    config.set("base_url", url).unwrap();
    for (name, value) in options {
        config.set(name, value).unwrap();
    }
    Client::open(&config).unwrap()
}

/// Attaches a conversation with this customer in department 1.
pub fn attach(client: &Client, client_id: &str) -> Conversation {
    let address = Address {
        department: "1".into(),
        client_id: client_id.into(),
    };
    client.attach(address).unwrap()
}

/// Delivers the trigger `typing` of this customer.
pub fn deliver_typing(client: &Client, client_id: &str) {
    let body = format!(r#"{{"status":"typing","clientId":"{client_id}"}}"#);
    client.deliver(body.as_bytes(), None).unwrap();
}

/// Waits for the next event.
pub fn next_event(client: &Client) -> Event {
    let event = client.next(Duration::from_secs(20)).unwrap();
    event.expect("an event")
}

/// Longer than any test, so that only a missing wake-up reaches it.
pub const FAR: Duration = Duration::from_secs(120);

/// Opens a client that sends nothing.
pub fn plain_client() -> Client {
    open_client("http://127.0.0.1:9/api/rest/v1", &[])
}

/// Returns the event of a conversation.
pub fn taken(next: NextEvent) -> Event {
    match next {
        NextEvent::Event(event) => event,
        other => panic!("{other:?} instead of an event"),
    }
}

/// Waits for the next event of a conversation, and returns its number.
pub fn sequence_of(chat: &Conversation) -> u64 {
    taken(chat.next(FAR).unwrap()).sequence
}

/// Returns whether no event of a conversation is queued.
pub fn has_none(chat: &Conversation) -> bool {
    matches!(chat.next(Duration::ZERO).unwrap(), NextEvent::TimedOut)
}

/// Returns the number of the queued event that the client returns, if there is one.
pub fn sequence_of_next(client: &Client) -> Option<u64> {
    let event = client.next(Duration::ZERO).unwrap();
    event.map(|event| event.sequence)
}

/// Waits until a thread sleeps in a wait: it made no progress for some checks.
pub fn wait_until_asleep<T>(thread: &std::thread::ScopedJoinHandle<'_, T>) {
    // A thread that has not begun to wait finds the event without a wake-up. That is correct too, so this only makes the
    // interesting case likely.
    let until = Instant::now() + Duration::from_millis(50);
    while Instant::now() < until && !thread.is_finished() {
        std::thread::yield_now();
    }
}
