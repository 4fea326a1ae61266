//! Queued events and posted requests are limited in bytes, not only in number. A request or event over the limit is
//! rejected.

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/store_folder.rs"]
mod store_folder;
#[path = "support/test_client.rs"]
mod test_client;

use std::time::Duration;

use omnize::Client;
use omnize::config::Config;
use omnize::error::{Delivery, Error};
use omnize::status::Status;
use omnize::wire::Request;
#[cfg(feature = "store")]
use store_folder::Folder;
use test_client::attach;

fn client(options: &[(&str, &str)]) -> Client {
    let mut config = Config::new();
    for (name, value) in [("token", "t"), ("base_url", "http://127.0.0.1:1/")]
        .iter()
        .chain(options)
    {
        config.set(name, value).unwrap();
    }
    Client::open(&config).unwrap()
}

fn message(size: usize) -> String {
    format!(r#"{{"message":"{}","clientId":"12"}}"#, "x".repeat(size))
}

fn deliver(client: &Client, size: usize) -> Result<(), Error> {
    client.deliver(message(size).as_bytes(), None)
}

fn with_and_without_a_store(check: impl Fn(&[(&str, &str)])) {
    check(&[]);
    #[cfg(feature = "store")]
    {
        let folder = Folder::new();
        let path = folder.store();
        check(&[("store", path.to_str().unwrap())]);
    }
}

#[test]
fn events_over_the_byte_limit_are_rejected_until_there_is_room() {
    with_and_without_a_store(|store| {
        let client = client(&[&[("events.max_bytes", "1000")], store].concat());
        for _ in 0..3 {
            deliver(&client, 300 - message(0).len()).unwrap();
        }
        let error = deliver(&client, 300).unwrap_err();
        assert_eq!(error.status(), Status::Full);
        assert!(error.is_retryable());
        deliver(&client, 10).unwrap();
        drop(client.next(Duration::ZERO).unwrap().unwrap());
        deliver(&client, 200).unwrap();
        while client.next(Duration::ZERO).unwrap().is_some() {}
        deliver(&client, 900).unwrap();
    });
}

#[test]
fn single_event_over_the_limit_is_accepted_by_an_empty_queue() {
    with_and_without_a_store(|store| {
        let client = client(&[&[("events.max_bytes", "10")], store].concat());
        deliver(&client, 1000).unwrap();
        assert_eq!(deliver(&client, 0).unwrap_err().status(), Status::Full);
        assert!(client.next(Duration::ZERO).unwrap().is_some());
        deliver(&client, 1000).unwrap();
    });
}

#[test]
#[cfg(feature = "store")]
fn restored_events_count_towards_the_limit() {
    let folder = Folder::new();
    let path = folder.store();
    let store = ("store", path.to_str().unwrap());
    let first = client(&[store]);
    deliver(&first, 800).unwrap();
    drop(first);
    let client = client(&[store, ("events.max_bytes", "1000")]);
    assert_eq!(deliver(&client, 200).unwrap_err().status(), Status::Full);
    assert!(client.next(Duration::ZERO).unwrap().is_some());
    deliver(&client, 200).unwrap();
}

#[test]
fn posted_requests_over_the_byte_limit_are_rejected() {
    with_and_without_a_store(|store| {
        let client = client(&[&[("outbox.max_bytes", "1000")], store].concat());
        let chat = attach(&client, "12");
        let post = |size: usize| chat.post(Request::Message("x".repeat(size).into()));
        post(2000).unwrap();
        let error = post(1).unwrap_err();
        assert_eq!(
            (error.status(), error.delivery()),
            (Status::Full, Some(Delivery::NotSent))
        );
        assert!(
            error.message().contains("outbox.max_bytes (1000)"),
            "{error}"
        );
        assert!(error.is_retryable());
    });
}

#[test]
fn completed_requests_free_outbox_space() {
    let server = http_server::Server::with_response(http_server::http("200 OK", ""));
    let client = client(&[("outbox.max_bytes", "1000"), ("base_url", &server.url)]);
    let chat = attach(&client, "12");
    for _ in 0..5 {
        // A request leaves the outbox when its outcome was delivered, or soon after.
        let begun = std::time::Instant::now();
        while let Err(error) = chat.post(Request::Message("x".repeat(2000).into())) {
            assert_eq!(error.status(), Status::Full, "{error}");
            assert!(begun.elapsed() < Duration::from_secs(20), "{error}");
            std::thread::yield_now();
        }
        let event = client.next(Duration::from_secs(20)).unwrap();
        assert!(event.is_some_and(|event| event.outcome().is_some()));
    }
}

#[test]
#[cfg(feature = "listener")]
fn listener_responds_503_over_the_byte_limit() {
    use std::io::{Read, Write};
    let client = client(&[
        ("events.max_bytes", "1000"),
        ("listen", "127.0.0.1:0"),
        ("listen.path", "/"),
    ]);
    let url = client.webhook_url().unwrap().to_owned();
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let post = |size: usize| {
        let mut stream = std::net::TcpStream::connect(host).unwrap();
        let body = message(size);
        let length = body.len();
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    };
    assert!(post(900).starts_with("HTTP/1.1 200"));
    let response = post(900);
    assert!(
        response.starts_with("HTTP/1.1 503") && response.to_lowercase().contains("retry-after"),
        "{response}"
    );
    assert!(client.next(Duration::ZERO).unwrap().is_some());
    assert!(post(900).starts_with("HTTP/1.1 200"));
}
