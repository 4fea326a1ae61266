//! Each kind of rejection logs a line; many rejections log a limited number. No line contains data of the request.

#![cfg(feature = "listener")]

#[path = "support/recording_log.rs"]
mod recording_log;
#[path = "support/webhook_requests.rs"]
mod webhook_requests;

use std::time::Duration;

use log::LevelFilter;
use omnize::Statistic;
use recording_log::{lines, record_log};
use webhook_requests::*;

/// A single test, because a process has one logger.
#[test]
fn many_rejections_write_a_limited_number_of_lines_without_secrets() {
    record_log(LevelFilter::Debug);
    let client = client(&[
        ("listen.path", "/hook/s3cret"),
        ("listen.basic", "joao:segredo"),
    ]);
    let (host, path) = webhook(&client);
    let right = "Authorization: Basic am9hbzpzZWdyZWRv\r\n";
    let wrong = "Authorization: Basic am9hbzpzZWdyZWRh\r\n";
    let send_request = |path: &str, method: &str, headers: &str, body: &str| {
        exchange(
            &client,
            &request_at(&host, path, method, headers, body.as_bytes()),
        )
    };
    for _ in 0..300 {
        send_request(&path, "POST", wrong, "S3CRET BODY");
        send_request("/hook/s3cre7", "POST", right, "S3CRET BODY");
    }
    send_request(&path, "GET", right, "");
    send_request(&path, "POST", right, &" ".repeat(2_000_000));
    exchange(&client, b"S3CRET\0");
    assert_eq!(client.count_of(Statistic::BadCredentials), 300);
    client.close(Duration::from_secs(5)).unwrap();

    let lines = lines();
    let about = |words: &str| lines.iter().filter(|line| line.contains(words)).count();
    for (words, most) in [
        ("right credentials (401)", 30),
        ("wrong path (404)", 30),
        ("wrong method (405)", 1),
        ("too large (413)", 1),
        ("malformed (400)", 1),
    ] {
        let count = about(words);
        assert!(
            (1..=most).contains(&count),
            "{words}: {count} of {lines:#?}"
        );
    }
    // A later line reports the suppressed lines: at close, if there was no other.
    let suppressed = |line: &String| {
        let more = line.split_once("; ").map_or("0 ", |(_, rest)| rest);
        1 + more.split_once(' ').unwrap().0.parse::<u64>().unwrap()
    };
    let credentials = lines.iter().filter(|line| line.contains("(401)"));
    assert_eq!(credentials.map(suppressed).sum::<u64>(), 300);
    for secret in ["s3cre", "S3CRET", "segred", "am9hbz", "joao"] {
        assert_eq!(about(secret), 0, "{secret} in {lines:#?}");
    }
}
