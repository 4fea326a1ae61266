//! Triggers arrive in time, however many slow peers there are.

#![cfg(feature = "listener")]

#[path = "support/webhook_requests.rs"]
mod webhook_requests;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use omnize::{Client, Statistic};
use webhook_requests::*;

const TIMEOUT: Duration = Duration::from_secs(10);

fn open(client: &Client, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(webhook(client).0).unwrap();
    stream.write_all(bytes).unwrap();
    stream
}

/// Posts triggers while `slow` peers send single bytes. Returns the longest response time.
fn longest_response_time(client: &Client, slow: Vec<TcpStream>) -> Duration {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for mut stream in &slow {
                    // The listener may have closed it.
                    let _ = stream.write_all(b"x");
                }
            }
        });
        let longest = (0..100).map(|_| {
            let begun = Instant::now();
            assert_eq!(post(client, TYPING), 200);
            begun.elapsed()
        });
        let longest = longest.max().unwrap();
        done.store(true, Ordering::Relaxed);
        longest
    })
}

#[test]
fn thousand_slow_connections_do_not_delay_triggers() {
    allow_descriptors(4000);
    let client = client(&[
        ("listen.max_connections", "2000"),
        ("listen.max_connections_per_address", "2000"),
        ("listen.timeout.head", "600000"),
        ("listen.max_head", "1000000"),
    ]);
    let slow = (0..1000)
        .map(|_| open(&client, b"POST / HTTP/1.1\r\nX: "))
        .collect();
    let longest = longest_response_time(&client, slow);
    assert!(longest < Duration::from_secs(1), "{longest:?}");
    assert_eq!(client.count_of(Statistic::Received), 100);
    assert_eq!(client.count_of(Statistic::OverLimit), 0);
}

#[test]
fn thousand_slow_connections_of_many_addresses_do_not_delay_triggers() {
    allow_descriptors(4000);
    let client = client(&[]);
    let host = webhook(&client).0;
    let slow = (0..1000).map(|at| {
        let mut stream = connect_from(&format!("127.0.1.{}", at % 20), &host);
        let _ = stream.write_all(b"POST / HTTP/1.1\r\nX: ");
        stream
    });
    let slow = slow.collect();
    let longest = longest_response_time(&client, slow);
    assert!(longest < Duration::from_secs(1), "{longest:?}");
    assert_eq!(client.count_of(Statistic::Received), 100);
    assert!(client.count_of(Statistic::OverLimit) >= 488);
}

#[test]
fn slow_head_gets_408() {
    let client = client(&[("listen.timeout.head", "400")]);
    let begun = Instant::now();
    let mut stream = open(&client, b"POST / HTTP/1.1\r\nX: ");
    stream
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    let mut response = [0; 500];
    let length = loop {
        let _ = stream.write_all(b"x");
        match stream.read(&mut response) {
            Ok(length) => break length,
            Err(_) => assert!(begun.elapsed() < TIMEOUT),
        }
    };
    let response = str::from_utf8(&response[..length]).unwrap();
    assert_eq!(status_of(response), 408);
    assert!(begun.elapsed() >= Duration::from_millis(400));
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(client.count_of(Statistic::TooSlow), 1);
}

#[test]
fn each_head_has_its_own_timeout() {
    let client = client(&[("listen.timeout.head", "400")]);
    let mut stream = open(&client, &request(&client, "POST", "", TYPING.as_bytes()));
    thread::sleep(Duration::from_millis(800));
    stream.write_all(b"POST / HTTP/1.1\r\n").unwrap();
    let begun = Instant::now();
    let responses = read_until_close(stream, TIMEOUT).unwrap();
    assert!(responses.starts_with("HTTP/1.1 200 "), "{responses}");
    assert!(responses.contains("HTTP/1.1 408 "), "{responses}");
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn incomplete_body_gets_408() {
    let client = client(&[("listen.timeout.body", "300")]);
    let whole = request(&client, "POST", "", TYPING.as_bytes());
    let stream = open(&client, &whole[..whole.len() - 1]);
    assert_eq!(status_of(&read_until_close(stream, TIMEOUT).unwrap()), 408);
    assert_eq!(client.count_of(Statistic::TooSlow), 1);
    assert_no_event(&client);
}

#[test]
fn silent_connection_is_closed_without_response() {
    let client = client(&[
        ("listen.timeout.head", "300"),
        ("listen.timeout.idle", "300"),
    ]);
    assert_eq!(read_until_close(open(&client, b""), TIMEOUT).unwrap(), "");
    assert_eq!(client.count_of(Statistic::TooSlow), 1);
    let stream = open(&client, &request(&client, "POST", "", TYPING.as_bytes()));
    let begun = Instant::now();
    let responses = read_until_close(stream, TIMEOUT).unwrap();
    assert_eq!(responses.matches("HTTP/1.1").count(), 1, "{responses}");
    assert!(
        begun.elapsed() >= Duration::from_millis(250),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(client.count_of(Statistic::TooSlow), 1);
}

/// Returns the response to one connection more than an address may have.
fn response_to_one_more_connection(client: &Client) -> String {
    exchange(client, &request(client, "POST", "", TYPING.as_bytes()))
}

#[test]
fn connection_over_the_address_limit_gets_503_or_evicts_a_slow_one() {
    let client = client(&[("listen.max_connections_per_address", "2")]);
    let host = webhook(&client).0;
    let first = open(&client, b"POST / HT");
    let second = open(&client, b"POST / HT");
    let elsewhere = connect_from("127.0.0.2", &host);
    // Both are in time, so the third gets 503 until one of them is slow.
    let begun = Instant::now();
    loop {
        let response = response_to_one_more_connection(&client);
        if status_of(&response) == 200 {
            break;
        }
        assert_eq!(status_of(&response), 503, "{response}");
        assert!(response.contains("retry-after: 1\r\n"), "{response}");
        assert!(begun.elapsed() < TIMEOUT);
    }
    assert!(begun.elapsed() >= Duration::from_millis(300));
    let response = read_until_close(first, TIMEOUT).unwrap();
    assert_eq!(status_of(&response), 503, "{response}");
    assert!(response.contains("retry-after: 1\r\n"), "{response}");
    for (stream, name) in [(second, "second"), (elsewhere, "elsewhere")] {
        assert_eq!(
            read_until_close(stream, Duration::from_millis(200)),
            None,
            "{name}"
        );
    }
    assert!(client.count_of(Statistic::OverLimit) >= 2);
}

#[test]
fn silent_connection_over_the_address_limit_gets_503() {
    let client = client(&[("listen.max_connections_per_address", "1")]);
    let first = open(&client, b"");
    let second = open(&client, b"");
    let response = read_until_close(second, TIMEOUT).unwrap();
    assert_eq!(status_of(&response), 503, "{response}");
    assert_eq!(read_until_close(first, Duration::from_millis(200)), None);
}

#[test]
fn connection_with_an_active_request_is_not_evicted() {
    let client = client(&[("listen.max_connections", "1")]);
    let whole = request(&client, "POST", "", TYPING.as_bytes());
    let mut busy = open(&client, &whole[..whole.len() - 1]);
    let waiting = open(&client, &whole);
    // Longer than a head may be incomplete: the body has its own timeout.
    let waiting = match read_until_close(waiting.try_clone().unwrap(), Duration::from_millis(800)) {
        None => waiting,
        Some(response) => panic!("{response}"),
    };
    busy.write_all(&whole[whole.len() - 1..]).unwrap();
    assert_eq!(status_of(&read_until_close(busy, TIMEOUT).unwrap()), 200);
    assert_eq!(status_of(&read_head(&mut &waiting)), 200);
    assert_eq!(client.count_of(Statistic::Received), 2);
}

#[test]
fn trusted_proxy_has_no_address_limit() {
    let client = client(&[
        ("listen.max_connections_per_address", "2"),
        ("listen.trusted_proxies", "127.0.0.1"),
    ]);
    let many: Vec<_> = (0..20).map(|_| open(&client, b"POST / HT")).collect();
    assert_eq!(post(&client, TYPING), 200);
    assert_eq!(client.count_of(Statistic::OverLimit), 0);
    drop(many);
}

#[test]
fn close_does_not_wait_for_slow_connections() {
    let client = client(&[]);
    let whole = request(&client, "POST", "", TYPING.as_bytes());
    let slow: Vec<_> = (0..60)
        .map(|at| open(&client, &whole[..at * whole.len() / 60]))
        .collect();
    assert_eq!(post(&client, TYPING), 200);
    let begun = Instant::now();
    client.close(Duration::from_secs(30)).unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    drop(slow);
}
