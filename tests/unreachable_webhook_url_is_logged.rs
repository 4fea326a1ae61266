//! A client that listens at every address of the machine cannot know the address for the service, and logs that.

use std::sync::Mutex;

use log::{Level, LevelFilter, Log, Metadata, Record};
use omnize::Client;
use omnize::config::Config;

static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Recorder;

impl Log for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        if record.level() == Level::Warn {
            WARNINGS.lock().unwrap().push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

fn warnings(options: &[(&str, &str)]) -> Vec<String> {
    let mut config = Config::new();
    config.set("token", "t").unwrap();
    config.set("base_url", "http://127.0.0.1:9/").unwrap();
    for (name, value) in options {
        config.set(name, value).unwrap();
    }
    drop(Client::open(&config).unwrap());
    std::mem::take(&mut WARNINGS.lock().unwrap())
}

#[test]
fn unreachable_webhook_url_is_logged() {
    log::set_logger(&Recorder).unwrap();
    log::set_max_level(LevelFilter::Warn);
    let everywhere = ("listen", "0.0.0.0:0");
    let warned = warnings(&[everywhere]);
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].contains("listen.public_url"), "{warned:?}");
    let public = ("listen.public_url", "https://chat.example.com");
    assert_eq!(warnings(&[everywhere, public]), [""; 0]);
    assert_eq!(warnings(&[("listen", "127.0.0.1:0")]), [""; 0]);
}
