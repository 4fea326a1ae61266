//! The log reports whether a failed attempt of a request is retried or final.

#[path = "support/recording_log.rs"]
mod recording_log;
#[path = "support/test_client.rs"]
mod test_client;

use std::time::Duration;

use log::LevelFilter;
use omnize::wire::Request;
use recording_log::{record_log, take_lines};
use test_client::{attach, next_event, open_client};

const REFUSED: &str = "http://127.0.0.1:1/";

/// Checks the number of the attempt, and the delay before the next one.
#[track_caller]
fn assert_is_retried(line: &str, attempt: usize) {
    let expected = format!(
        " to 127.0.0.1:1: attempt {attempt} failed (not sent, OMNIZE_E_REFUSED), retried after "
    );
    assert!(line.contains(&expected), "{line}");
    assert!(line.ends_with(" ms") || line.ends_with(" s"), "{line}");
    assert!(!line.contains("final"), "{line}");
}

#[test]
fn attempts_are_logged_as_retried_or_final() {
    record_log(LevelFilter::Warn);
    let client = open_client(REFUSED, &[("retry.posted", "500")]);
    let chat = attach(&client, "12");
    chat.post(Request::Message("oi".into())).unwrap();
    assert!(next_event(&client).outcome().is_some());
    // The last line is logged after the outcome, and before the end of the close.
    client.close(Duration::from_secs(20)).unwrap();
    let mut lines = take_lines();
    let last = lines.pop().unwrap();
    assert!(last.starts_with("message (ticket "), "{last}");
    let end = " to 127.0.0.1:1 not sent: OMNIZE_E_REFUSED; this is final";
    assert!(last.ends_with(end), "{last}");
    assert!(!lines.is_empty());
    for (index, line) in lines.iter().enumerate() {
        assert_is_retried(line, index + 1);
    }

    // The caller of a blocking request gets the final failure.
    let client = open_client(REFUSED, &[("retry.blocking", "500")]);
    attach(&client, "12").send("oi").unwrap_err();
    let lines = take_lines();
    assert!(!lines.is_empty());
    for (index, line) in lines.iter().enumerate() {
        assert_is_retried(line, index + 1);
    }
}
