//! When the log reports the end of a request, the request has ended. The log callback may block, panic or close the
//! client: the interaction continues, and such a close does not wait for the request.

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/test_client.rs"]
mod test_client;

use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use http_server::{Server, http};
use omnize::config::Config;
use omnize::error::Delivery;
use omnize::wire::Request;
use omnize::{Client, CloseReport};
use test_client::attach;

/// The action of the log callback for an accepted request.
#[derive(Clone, Copy, PartialEq)]
enum LogAction {
    Nothing,
    Panics,
    Closes,
}

static LOG_ACTION: Mutex<LogAction> = Mutex::new(LogAction::Nothing);
static CLIENT: Mutex<Option<&'static Client>> = Mutex::new(None);
static CLOSED: OnceLock<Mutex<Vec<(CloseReport, Duration)>>> = OnceLock::new();

struct ActingLog;

impl log::Log for ActingLog {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        if !record.args().to_string().contains("accepted") {
            return;
        }
        let does = *LOG_ACTION.lock().unwrap();
        match does {
            LogAction::Nothing => {}
            LogAction::Panics => panic!("in the log"),
            LogAction::Closes => {
                let client = CLIENT.lock().unwrap().unwrap();
                let begun = Instant::now();
                let left = client.close(Duration::from_secs(10)).unwrap();
                let closed = CLOSED.get_or_init(Mutex::default);
                closed.lock().unwrap().push((left, begun.elapsed()));
            }
        }
    }

    fn flush(&self) {}
}

fn client(url: &str) -> &'static Client {
    let mut config = Config::new();
    config.set("token", "t").unwrap();
    config.set("base_url", url).unwrap();
    // A single worker, so that its loss is noticed.
    config.set("outbox.connections", "1").unwrap();
    Box::leak(Box::new(Client::open(&config).unwrap()))
}

fn message(text: &str) -> Request {
    Request::Message(text.into())
}

/// In sequence, because a process has one logger.
#[test]
fn log_callbacks_do_not_delay_requests() {
    log::set_logger(&ActingLog).unwrap();
    log::set_max_level(log::LevelFilter::Debug);
    panic_in_the_log_does_not_stop_requests();
    close_from_the_log_does_not_wait_for_the_logged_request();
}

fn panic_in_the_log_does_not_stop_requests() {
    let server = Server::with_response(http("200 OK", ""));
    let client = client(&server.url);
    let chat = attach(client, "12");
    *LOG_ACTION.lock().unwrap() = LogAction::Panics;
    for text in ["1", "2"] {
        let ticket = chat.post(message(text)).unwrap();
        let event = client.next(Duration::from_secs(20)).unwrap();
        let event = event.expect("an outcome");
        let outcome = event.outcome().unwrap();
        assert_eq!(
            (outcome.ticket, outcome.delivery),
            (ticket, Delivery::Accepted as i32)
        );
    }
    std::thread::scope(|scope| {
        let sent = scope.spawn(|| chat.send("3")).join();
        assert!(sent.is_err(), "the panic is the caller's");
    });
    *LOG_ACTION.lock().unwrap() = LogAction::Nothing;
    chat.send("4").unwrap();
    let left = client.close(Duration::from_secs(10)).unwrap();
    assert_eq!(left, CloseReport::default());
    assert_eq!(server.requests(), 4);
}

fn close_from_the_log_does_not_wait_for_the_logged_request() {
    let server = Server::with_response(http("200 OK", ""));
    let posting = client(&server.url);
    *CLIENT.lock().unwrap() = Some(posting);
    *LOG_ACTION.lock().unwrap() = LogAction::Closes;
    attach(posting, "12").post(message("posted")).unwrap();
    let closed = CLOSED.get_or_init(Mutex::default);
    let begun = Instant::now();
    while closed.lock().unwrap().is_empty() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let waiting = client(&server.url);
    *CLIENT.lock().unwrap() = Some(waiting);
    // The server's only thread is free after the first client's connection is closed.
    attach(waiting, "12").send("waited for").unwrap();
    *LOG_ACTION.lock().unwrap() = LogAction::Nothing;
    let closed = closed.lock().unwrap();
    assert_eq!(closed.len(), 2);
    for (left, took) in closed.iter() {
        assert_eq!(left.requests, 0);
        assert!(*took < Duration::from_secs(3), "{took:?}");
    }
}
