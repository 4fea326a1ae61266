//! A failure that the caller gets as an error is no warning in the log. A failed post and a failed attempt are warnings.

#[path = "support/recording_log.rs"]
mod recording_log;
#[path = "support/test_client.rs"]
mod test_client;

use std::time::{Duration, Instant};

use log::LevelFilter;
use omnize::wire::Request;
use recording_log::{record_log, take_lines};
use test_client::{attach, open_client};

/// A port without a server.
const URL: &str = "http://127.0.0.1:1/";

#[test]
fn warnings_are_failures_that_no_caller_gets() {
    record_log(LevelFilter::Warn);
    let client = open_client(URL, &[]);
    take_lines();
    attach(&client, "12").typing().unwrap_err();
    client.deliver(b"{}", None).unwrap_err();
    client.deliver(b"no JSON", None).unwrap_err();
    assert_eq!(take_lines(), Vec::<String>::new());

    let retrying = open_client(URL, &[("retry.blocking", "1000"), ("timeout", "1000")]);
    take_lines();
    attach(&retrying, "12").send("oi").unwrap_err();
    let lines = take_lines();
    assert!(!lines.is_empty());
    assert!(
        lines.iter().all(|line| line.contains("OMNIZE_E_REFUSED")),
        "{lines:?}"
    );

    let posting = open_client(URL, &[("retry.posted", "0")]);
    take_lines();
    let ticket = attach(&posting, "12")
        .post(Request::Message("oi".into()))
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut lines = Vec::new();
    while lines.is_empty() && Instant::now() < deadline {
        std::thread::yield_now();
        lines = take_lines();
    }
    assert!(
        lines[0].starts_with(&format!("message (ticket {ticket}, customer ")),
        "{lines:?}"
    );
}
