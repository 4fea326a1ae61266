//! A log callback that never returns blocks the listener's thread, but not a thread that closes the client.

#![cfg(feature = "listener")]

#[path = "support/webhook_requests.rs"]
mod webhook_requests;

use std::io::Write;
use std::net::TcpStream;
use std::sync::mpsc;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use log::{Level, LevelFilter, Log, Metadata, Record};
use omnize::Statistic;
use webhook_requests::*;

/// Signals that it was called with a warning, and does not return.
struct Blocking;

static CALLED: OnceLock<Mutex<mpsc::Sender<()>>> = OnceLock::new();

impl Log for Blocking {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        if record.level() == Level::Warn && record.args().to_string().contains("wrong path") {
            CALLED.get().unwrap().lock().unwrap().send(()).unwrap();
            loop {
                std::thread::park();
            }
        }
    }

    fn flush(&self) {}
}

#[test]
fn blocked_log_callback_does_not_delay_close() {
    let (called, was_called) = mpsc::channel();
    CALLED.set(Mutex::new(called)).unwrap();
    log::set_logger(&Blocking).unwrap();
    log::set_max_level(LevelFilter::Warn);
    let client = client(&[("listen.path", "/hook")]);
    let (host, _) = webhook(&client);
    let mut peer = TcpStream::connect(&host).unwrap();
    peer.write_all(b"POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        .unwrap();
    was_called.recv_timeout(Duration::from_secs(60)).unwrap();
    let begun = Instant::now();
    client.close(Duration::from_millis(200)).unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(client.count_of(Statistic::WrongPath), 1);
}
