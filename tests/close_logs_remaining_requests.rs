//! A close without a store logs the posted requests that it leaves, in one line with their count and the first tickets. A
//! request that it aborts has a line of its own.

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/recording_log.rs"]
mod recording_log;
#[path = "support/test_client.rs"]
mod test_client;

use std::sync::mpsc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_server::Server;
use log::LevelFilter;
use omnize::wire::Request;
use omnize::{Client, CloseReport};
use recording_log::{record_log, take_lines};
use test_client::{attach, open_client};

/// The lines belong to the process, so one test runs at a time.
fn recorded() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    let guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    record_log(LevelFilter::Warn);
    take_lines();
    guard
}

fn paused_client(requests: usize) -> Client {
    let client = open_client("http://127.0.0.1:1/", &[("outbox.paused", "1")]);
    let chat = attach(&client, "12");
    for _ in 0..requests {
        chat.post(Request::Message("segredo".into())).unwrap();
    }
    client
}

#[test]
fn requests_are_logged_with_their_tickets() {
    let _recorded = recorded();
    let report = paused_client(3).close(Duration::ZERO).unwrap();
    assert_eq!(report.requests, 3);
    let expected = "3 posted requests without an outcome at the close, lost because there is no store: tickets 1, 2, 3; close \
                    with a longer timeout, or set the option store";
    assert_eq!(take_lines(), [expected]);
}

#[test]
fn many_requests_are_logged_in_one_bounded_line() {
    let _recorded = recorded();
    paused_client(30).close(Duration::ZERO).unwrap();
    let lines = take_lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("30 posted requests "), "{}", lines[0]);
    assert!(lines[0].contains(" 19, 20 and 10 more;"), "{}", lines[0]);
}

#[test]
fn dropping_a_client_logs_too() {
    let _recorded = recorded();
    drop(paused_client(1));
    let lines = take_lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains(": ticket 1;"), "{}", lines[0]);
}

#[test]
fn aborted_requests_have_their_own_line() {
    let _recorded = recorded();
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let (arrived, has_arrived) = mpsc::channel();
    let server = Server::start(move |mut stream, read| {
        read(&mut stream);
        arrived.send(()).unwrap();
        // Ends with the test, which drops the sender.
        let _ = held.lock().unwrap().recv();
    });
    let client = open_client(&server.url, &[]);
    let chat = attach(&client, "12");
    chat.post(Request::Message("um".into())).unwrap();
    chat.post(Request::Message("dois".into())).unwrap();
    has_arrived.recv().unwrap();
    client.close(Duration::ZERO).unwrap();
    let lines = take_lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    let one = |text: &str| lines.iter().filter(|line| line.contains(text)).count();
    assert_eq!(
        (one("message (ticket 1, "), one(": ticket 2;")),
        (1, 1),
        "{lines:?}"
    );
    drop(release);
}

#[test]
fn nothing_is_logged_if_nothing_remains() {
    let _recorded = recorded();
    assert_eq!(
        paused_client(0).close(Duration::ZERO).unwrap(),
        CloseReport::default()
    );
    assert!(take_lines().is_empty());
}
