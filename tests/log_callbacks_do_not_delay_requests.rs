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

/// The message on which the log callback acts.
static ACTS_ON: Mutex<&str> = Mutex::new("accepted");

static LOG_ACTION: Mutex<LogAction> = Mutex::new(LogAction::Nothing);
static CLIENT: Mutex<Option<&'static Client>> = Mutex::new(None);
static CLOSED: OnceLock<Mutex<Vec<(CloseReport, Duration)>>> = OnceLock::new();

struct ActingLog;

impl log::Log for ActingLog {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        if !record.args().to_string().contains(*ACTS_ON.lock().unwrap()) {
            return;
        }
        let does = *LOG_ACTION.lock().unwrap();
        match does {
            LogAction::Nothing => {}
            LogAction::Panics => panic!("in the log"),
            LogAction::Closes => {
                let client = CLIENT.lock().unwrap().unwrap();
                let begun = Instant::now();
                let Ok(left) = client.close(Duration::from_secs(10)) else {
                    // It is closed already.
                    return;
                };
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
    close_from_the_warning_about_references_does_not_wait_for_the_request();
    close_from_the_log_of_a_cancellation_aborts_no_cancelled_request();
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

/// Returns the report of the close in the log callback.
fn close_report() -> CloseReport {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let closed = CLOSED.get_or_init(Mutex::default).lock().unwrap().pop();
        if let Some((left, took)) = closed {
            assert!(took < Duration::from_secs(5), "{took:?}");
            return left;
        }
        assert!(Instant::now() < until, "the log callback closes the client");
        std::thread::yield_now();
    }
}

fn close_when_logged(client: &'static Client, message: &'static str) {
    CLOSED.get_or_init(Mutex::default).lock().unwrap().clear();
    *CLIENT.lock().unwrap() = Some(client);
    *ACTS_ON.lock().unwrap() = message;
    *LOG_ACTION.lock().unwrap() = LogAction::Closes;
}

fn open(options: &[(&str, &str)]) -> &'static Client {
    Box::leak(Box::new(test_client::open_client(
        options[0].1,
        &options[1..],
    )))
}

fn close_from_the_warning_about_references_does_not_wait_for_the_request() {
    let server = Server::with_response(http("200 OK", ""));
    let client = open(&[("", &server.url), ("outbox.reference_capacity", "1")]);
    let chat = attach(client, "12");
    close_when_logged(client, "references of posted requests were forgotten");
    for text in ["1", "2"] {
        let options = omnize::PostOptions {
            reference: Some(text.into()),
            ..Default::default()
        };
        chat.post_with(message(text), options).unwrap();
    }
    let left = close_report();
    assert_eq!(left.requests, 0, "{left:?}");
    *LOG_ACTION.lock().unwrap() = LogAction::Nothing;
}

fn close_from_the_log_of_a_cancellation_aborts_no_cancelled_request() {
    let client = open(&[("", "http://127.0.0.1:1/"), ("outbox.paused", "1")]);
    let chat = attach(client, "12");
    for text in ["1", "2"] {
        chat.post(message(text)).unwrap();
    }
    close_when_logged(client, "cancelled");
    assert_eq!(chat.cancel().unwrap(), 2);
    let left = close_report();
    assert_eq!(left.requests, 0, "{left:?}");
    *LOG_ACTION.lock().unwrap() = LogAction::Nothing;
}
