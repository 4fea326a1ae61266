//! A client whose requests leave this machine unencrypted logs one warning. No other client does.

#[path = "support/recording_log.rs"]
mod recording_log;
#[path = "support/test_client.rs"]
mod test_client;

use log::LevelFilter;
use recording_log::{record_log, take_lines};
use test_client::{attach, open_client};

/// Returns the warnings of a client that is opened for this URL and sends requests.
fn warnings(url: &str) -> Vec<String> {
    let client = open_client(url, &[("timeout", "500")]);
    let chat = attach(&client, "12");
    for _ in 0..2 {
        chat.typing().unwrap_err();
    }
    let mut warnings = take_lines();
    warnings.retain(|line| line.contains("not encrypted"));
    warnings
}

#[test]
fn plain_http_is_logged_once() {
    record_log(LevelFilter::Warn);
    let warned = warnings("http://chat.invalid/secret-path?secret=query");
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].contains("http://chat.invalid "), "{warned:?}");
    for quiet in [
        "https://chat.invalid/",
        "http://127.0.0.1:9/",
        "http://localhost:9/",
        "http://[::1]:9/",
    ] {
        assert_eq!(warnings(quiet), [""; 0], "{quiet}");
    }
}
