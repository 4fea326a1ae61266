//! Log lines and messages of posted requests contain the ticket and a hash of the client id, but not the client id. The hash
//! depends on the token, so that nobody without it can guess a CPF. A message behind a failed start names that start.

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/recording_log.rs"]
mod recording_log;
#[path = "support/store_folder.rs"]
mod store_folder;
#[path = "support/test_client.rs"]
mod test_client;

use std::sync::{Mutex, MutexGuard, PoisonError};

use http_server::{Server, http};
use log::LevelFilter;
use omnize::status::Status;
use omnize::wire::{Address, Request};
use omnize::{Client, Outcome};
use recording_log::{record_log, take_lines};
use store_folder::Folder;
use test_client::{attach, next_event, open_client};

const CPF: &str = "12345678909";
const REFUSED: &str = "http://127.0.0.1:1/";
const NO_RETRIES: (&str, &str) = ("retry.posted", "0");

/// The lines belong to the process, so one test runs at a time.
fn recorded() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    let guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    record_log(LevelFilter::Debug);
    take_lines();
    guard
}

fn outcome(client: &Client) -> Outcome {
    next_event(client).outcome().expect("an outcome").clone()
}

/// Returns the text between two others.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text
        .split_once(before)
        .unwrap_or_else(|| panic!("{text}"))
        .1;
    rest.split_once(after).unwrap_or_else(|| panic!("{text}")).0
}

/// Posts a message to a closed port, and returns the hash of its customer, which the log and the outcome contain.
fn hash_of(client: &Client, client_id: &str) -> String {
    take_lines();
    let ticket = attach(client, client_id)
        .post(Request::Message("oi".into()))
        .unwrap();
    let outcome = outcome(client);
    let suffix = format!(" (ticket {ticket}, customer ");
    let hash = between(&outcome.message, &suffix, ")").to_owned();
    assert_eq!(hash.len(), 8, "{}", outcome.message);
    // The line is logged after the outcome.
    let line = loop {
        let line = take_lines()
            .into_iter()
            .find(|line| line.starts_with("message"));
        if let Some(line) = line {
            break line;
        }
        std::thread::yield_now();
    };
    let expected = format!(
        "message (ticket {ticket}, customer {hash}) to 127.0.0.1:1 not sent: OMNIZE_E_REFUSED; this is final"
    );
    assert_eq!(line, expected);
    for text in [&line, &outcome.message] {
        assert!(!text.contains(client_id), "{text}");
    }
    hash
}

#[test]
fn hash_depends_on_customer_and_token() {
    let _recorded = recorded();
    let client = open_client(REFUSED, &[NO_RETRIES]);
    let same_token = open_client(REFUSED, &[NO_RETRIES]);
    let other_token = open_client(REFUSED, &[NO_RETRIES, ("token", "another")]);
    let hash = hash_of(&client, CPF);
    assert_eq!(hash_of(&client, CPF), hash);
    assert_eq!(hash_of(&same_token, CPF), hash);
    assert_ne!(hash_of(&client, "12345678917"), hash);
    assert_ne!(hash_of(&other_token, CPF), hash);
}

#[test]
fn each_request_of_a_customer_is_logged_with_the_hash() {
    let _recorded = recorded();
    let client = open_client(REFUSED, &[NO_RETRIES]);
    let hash = hash_of(&client, CPF);
    let chat = attach(&client, CPF);
    chat.typing().unwrap_err();
    client.check(None).unwrap_err();
    assert_eq!(
        take_lines(),
        [
            format!("typing (customer {hash}) to 127.0.0.1:1 not sent: OMNIZE_E_REFUSED"),
            "check to 127.0.0.1:1 not sent: OMNIZE_E_REFUSED".to_owned(),
        ]
    );
    let server = Server::with_response(http("200 OK", ""));
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, CPF);
    chat.typing().unwrap();
    assert_eq!(take_lines(), [format!("typing (customer {hash}) accepted")]);
    let ticket = chat.post(Request::Message("oi".into())).unwrap();
    assert_eq!(outcome(&client).message, "");
    client.close(std::time::Duration::from_secs(20)).unwrap();
    assert_eq!(
        take_lines(),
        [format!(
            "message (ticket {ticket}, customer {hash}) accepted"
        )]
    );
}

#[test]
fn hash_is_the_same_after_a_restart() {
    let _recorded = recorded();
    let folder = Folder::new();
    let client = store_folder::open(&folder.store(), &[NO_RETRIES]).unwrap();
    let hash = hash_of(&client, CPF);
    drop(client);
    let client = store_folder::open(&folder.store(), &[NO_RETRIES]).unwrap();
    assert_eq!(hash_of(&client, CPF), hash);
}

#[test]
fn message_behind_a_failed_start_names_the_ticket_of_the_start() {
    let _recorded = recorded();
    let server = Server::with_response(http("401 Unauthorized", ""));
    let client = open_client(&server.url, &[]);
    let address = Address {
        department: "1".into(),
        client_id: CPF.into(),
    };
    let chat = client.prepare(address).unwrap();
    let start = chat.post(Request::Start(Box::default())).unwrap();
    let message = chat.post(Request::Message("oi".into())).unwrap();
    let failed = outcome(&client);
    assert_eq!((failed.ticket, failed.status), (start, Status::Auth as i32));
    let behind = outcome(&client);
    assert_eq!(
        (behind.ticket, behind.status),
        (message, Status::State as i32)
    );
    let expected = format!("its start (ticket {start}) failed with OMNIZE_E_AUTH");
    assert!(behind.message.contains(&expected), "{}", behind.message);
    // A rejected token is not retried, and the following requests need no request.
    assert_eq!(server.requests(), 1);
    let error = chat.send("oi").unwrap_err();
    assert!(error.message().contains(&expected), "{error}");
    assert!(chat.start(omnize::wire::Customer::default()).is_err());
    let error = chat.send("oi").unwrap_err();
    assert!(!error.message().contains("ticket"), "{error}");
}
