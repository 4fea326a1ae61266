//! The interrupt hook that a binding sets for a call: each wait of a request calls it in time, and an interrupted
//! request has the correct outcome.

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/test_client.rs"]
mod test_client;

use std::cell::Cell;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use http_server::Server;
use omnize::error::{Delivery, Error};
use omnize::status::Status;
use omnize::{Client, Conversation, interrupt};
use test_client::{attach, open_client};

thread_local! {
    static HOOK_CALLS: Cell<u32> = const { Cell::new(0) };
}

/// How often the hook lets a wait continue.
const CALLS_BEFORE_INTERRUPT: u32 = 3;

fn interrupt_after_some_calls() -> bool {
    HOOK_CALLS.set(HOOK_CALLS.get() + 1);
    HOOK_CALLS.get() > CALLS_BEFORE_INTERRUPT
}

/// Returns the error of a request that the hook interrupts.
#[track_caller]
fn interrupted_request(conversation: &Conversation) -> Error {
    HOOK_CALLS.set(0);
    let begun = Instant::now();
    let ended = interrupt::with_hook(interrupt_after_some_calls, || conversation.send("oi"));
    assert_eq!(HOOK_CALLS.get(), CALLS_BEFORE_INTERRUPT + 1);
    // Four slices, with a reserve for a busy machine.
    assert!(begun.elapsed() < 50 * interrupt::CHECK_INTERVAL);
    ended.unwrap_err()
}

#[track_caller]
fn assert_ended(error: &Error, status: Status, delivery: Delivery) {
    let ended = (error.status(), error.delivery());
    assert_eq!(ended, (status, Some(delivery)), "{error:?}");
}

/// A server that reads from one connection until it is closed, and only then accepts another.
fn silent_server() -> Server {
    Server::start(|mut stream, read| while read(&mut stream).is_some() {})
}

#[test]
fn wait_for_response_is_interrupted() {
    let server = silent_server();
    let client = open_client(&server.url, &[("on_unknown", "resend")]);
    let error = interrupted_request(&attach(&client, "12"));
    assert_ended(&error, Status::Lost, Delivery::Unknown);
    assert!(error.message().contains("interrupted"), "{error}");
    // The connection was closed; otherwise the server would not accept another.
    let error = interrupted_request(&attach(&client, "12"));
    assert_ended(&error, Status::Lost, Delivery::Unknown);
    assert_eq!(server.requests(), 2);
}

#[test]
fn wait_for_tls_handshake_is_interrupted() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = open_client(
        &format!("https://{}/", listener.local_addr().unwrap()),
        &[("retry.blocking", "60000")],
    );
    let error = interrupted_request(&attach(&client, "12"));
    assert_ended(&error, Status::Lost, Delivery::NotSent);
}

#[test]
fn pause_before_retry_is_interrupted() {
    let server = Server::with_response(
        "HTTP/1.1 503 x\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n".as_bytes(),
    );
    let client = open_client(&server.url, &[("retry.blocking", "60000")]);
    let error = interrupted_request(&attach(&client, "12"));
    assert_ended(&error, Status::Service, Delivery::Rejected);
    assert_eq!(server.requests(), 1);
}

#[test]
fn wait_for_lane_is_interrupted() {
    let server = silent_server();
    let client = open_client(&server.url, &[("timeout", "1500")]);
    let conversation = attach(&client, "12");
    std::thread::scope(|scope| {
        let first = scope.spawn(|| conversation.send("first"));
        server.requests.recv().unwrap();
        let error = interrupted_request(&conversation);
        assert_ended(&error, Status::Lost, Delivery::NotSent);
        // The hook was not called.
        let error = first.join().unwrap().unwrap_err();
        assert_ended(&error, Status::Timeout, Delivery::Unknown);
    });
    assert_eq!(server.requests(), 0);
}

#[test]
fn hook_that_returns_false_changes_nothing() {
    let server = silent_server();
    let client = open_client(&server.url, &[("timeout.response", "200")]);
    let begun = Instant::now();
    let ended = interrupt::with_hook(|| false, || attach(&client, "12").send("oi"));
    let error = ended.unwrap_err();
    assert_ended(&error, Status::Timeout, Delivery::Unknown);
    assert!(error.message().contains("timeout.response"), "{error}");
    assert!(begun.elapsed() >= Duration::from_millis(200));
}

thread_local! {
    static CLIENT: Cell<Option<&'static Client>> = const { Cell::new(None) };
}

#[test]
fn hook_may_use_the_client() {
    let server = silent_server();
    let client: &'static Client =
        Box::leak(Box::new(open_client(&server.url, &[("timeout", "1000")])));
    CLIENT.set(Some(client));
    fn hook() -> bool {
        let client = CLIENT.get().unwrap();
        if !client.is_requesting() {
            return false;
        }
        // The same interaction cannot have a second request here, and close does not wait for the first.
        let error = attach(client, "12").send("second").unwrap_err();
        assert_ended(&error, Status::State, Delivery::NotSent);
        let begun = Instant::now();
        let left = client.close(Duration::from_secs(20)).unwrap();
        assert_eq!(left.requests, 1);
        assert!(begun.elapsed() < Duration::from_secs(10));
        false
    }
    let error = interrupt::with_hook(hook, || attach(client, "12").send("first")).unwrap_err();
    assert_ended(&error, Status::Lost, Delivery::Unknown);
    assert!(!client.is_requesting());
}
