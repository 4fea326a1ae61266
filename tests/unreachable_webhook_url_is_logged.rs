//! A client that listens at every address of the machine cannot know the address for the service, and logs that.

#[path = "support/recording_log.rs"]
mod recording_log;
#[path = "support/test_client.rs"]
mod test_client;

use log::LevelFilter;
use recording_log::{record_log, take_lines};
use test_client::open_client;

fn warnings(options: &[(&str, &str)]) -> Vec<String> {
    drop(open_client("http://127.0.0.1:9/", options));
    take_lines()
}

#[test]
fn unreachable_webhook_url_is_logged() {
    record_log(LevelFilter::Warn);
    let everywhere = ("listen", "0.0.0.0:0");
    let warned = warnings(&[everywhere]);
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].contains("listen.public_url"), "{warned:?}");
    let public = ("listen.public_url", "https://chat.example.com");
    assert_eq!(warnings(&[everywhere, public]), [""; 0]);
    assert_eq!(warnings(&[("listen", "127.0.0.1:0")]), [""; 0]);
}
