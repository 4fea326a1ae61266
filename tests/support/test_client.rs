//! Opens clients, attaches conversations, delivers triggers and waits for events.

// Each test uses a part of this file.
#![allow(dead_code)]

use std::time::Duration;

use omnize::config::Config;
use omnize::wire::Address;
use omnize::{Client, Conversation, Event};

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
