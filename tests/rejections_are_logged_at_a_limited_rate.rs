//! Each kind of rejection writes a log line, a flood writes few, and no line contains data of the request.

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

/// Collects the log lines of the library.
struct Lines(Mutex<Vec<String>>);

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("omnize")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            self.0.lock().unwrap().push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

static LINES: Lines = Lines(Mutex::new(Vec::new()));

/// One test, because the process has one log.
#[test]
fn a_flood_writes_few_lines_and_no_secret() {
    log::set_logger(&LINES).unwrap();
    log::set_max_level(LevelFilter::Debug);
    let client = client(&[
        ("listen.path", "/hook/s3cret"),
        ("listen.basic", "joao:segredo"),
    ]);
    let (host, path) = webhook(&client);
    let right = "Authorization: Basic am9hbzpzZWdyZWRv\r\n";
    let wrong = "Authorization: Basic am9hbzpzZWdyZWRh\r\n";
    let post = |path: &str, method: &str, headers: &str, body: &str| {
        exchange(
            &client,
            &request_at(&host, path, method, headers, body.as_bytes()),
        )
    };
    for _ in 0..300 {
        post(&path, "POST", wrong, "S3CRET BODY");
        post("/hook/s3cre7", "POST", right, "S3CRET BODY");
    }
    post(&path, "GET", right, "");
    post(&path, "POST", right, &" ".repeat(2_000_000));
    exchange(&client, b"S3CRET\0");
    assert_eq!(client.count_of(Statistic::BadCredentials), 300);
    client.close(Duration::from_secs(5)).unwrap();

    let lines = LINES.0.lock().unwrap();
    let count_lines = |words: &str| lines.iter().filter(|line| line.contains(words)).count();
    for (words, limit) in [
        ("right credentials (401)", 30),
        ("wrong path (404)", 30),
        ("wrong method (405)", 1),
        ("too large (413)", 1),
        ("malformed (400)", 1),
    ] {
        let count = count_lines(words);
        assert!(
            (1..=limit).contains(&count),
            "{words}: {count} of {lines:#?}"
        );
    }
    // A later line reports the suppressed ones: the one at close, if no other was written.
    let count_of = |line: &String| {
        let more = line.split_once("; ").map_or("0 ", |(_, rest)| rest);
        1 + more.split_once(' ').unwrap().0.parse::<u64>().unwrap()
    };
    let credentials = lines.iter().filter(|line| line.contains("(401)"));
    assert_eq!(credentials.map(count_of).sum::<u64>(), 300);
    for secret in ["s3cre", "S3CRET", "segred", "am9hbz", "joao"] {
        assert_eq!(count_lines(secret), 0, "{secret} in {lines:#?}");
    }
}
