//! In a program with several clients, the log names the host that a request did not reach, and no other part of the
//! URL.

#[path = "support/recording_log.rs"]
mod recording_log;
#[path = "support/test_client.rs"]
mod test_client;

use log::LevelFilter;
use recording_log::{lines, record_log};
use test_client::{attach, open_client};

#[test]
fn log_names_the_host() {
    record_log(LevelFilter::Debug);
    let client = open_client("http://127.0.0.1:1/secret-path?key=secret", &[]);
    attach(&client, "12").typing().unwrap_err();
    let lines = lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("typing (customer "), "{lines:?}");
    assert!(
        lines[0].ends_with(") to 127.0.0.1:1 not sent: OMNIZE_E_REFUSED"),
        "{lines:?}"
    );
}
