//! A client whose requests leave this machine unencrypted logs one warning. No other client does.

use std::sync::Mutex;

use log::{Level, LevelFilter, Log, Metadata, Record};
use omnize::Client;
use omnize::config::Config;
use omnize::wire::Address;

static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Recorder;

impl Log for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let text = record.args().to_string();
        if record.level() == Level::Warn && text.contains("not encrypted") {
            WARNINGS.lock().unwrap().push(text);
        }
    }

    fn flush(&self) {}
}

/// Returns the warnings of a client that is opened for this URL and sends requests.
fn warnings(url: &str) -> Vec<String> {
    let mut config = Config::new();
    config.set("token", "t").unwrap();
    config.set("base_url", url).unwrap();
    config.set("timeout", "500").unwrap();
    let client = Client::open(&config).unwrap();
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    let chat = client.attach(address).unwrap();
    for _ in 0..2 {
        chat.typing().unwrap_err();
    }
    std::mem::take(&mut WARNINGS.lock().unwrap())
}

#[test]
fn plain_http_is_logged_once() {
    log::set_logger(&Recorder).unwrap();
    log::set_max_level(LevelFilter::Warn);
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
