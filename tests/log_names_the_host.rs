//! In a program with several clients, the log names the host that a request did not reach, and no other part of the
//! URL.

use std::sync::Mutex;

use log::{LevelFilter, Log, Metadata, Record};
use omnize::Client;
use omnize::config::Config;
use omnize::wire::Address;

static MESSAGES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Recorder;

impl Log for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        MESSAGES.lock().unwrap().push(record.args().to_string());
    }

    fn flush(&self) {}
}

#[test]
fn log_names_the_host() {
    log::set_logger(&Recorder).unwrap();
    log::set_max_level(LevelFilter::Warn);
    let mut config = Config::new();
    config.set("token", "segredo").unwrap();
    config
        .set("base_url", "http://127.0.0.1:1/secret-path?key=secret")
        .unwrap();
    let client = Client::open(&config).unwrap();
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    client.attach(address).unwrap().typing().unwrap_err();
    assert_eq!(
        *MESSAGES.lock().unwrap(),
        ["typing to 127.0.0.1:1 not sent: OMNIZE_E_REFUSED"]
    );
}
