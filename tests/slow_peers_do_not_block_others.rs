//! Slow peers, even a thousand of them, do not block the triggers of others.

#![cfg(feature = "listener")]

#[path = "support/webhook_requests.rs"]
mod webhook_requests;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use omnize::{Client, Statistic};
use webhook_requests::*;

/// Longest time for anything that must happen. Timeouts that must not matter are longer.
const LIMIT: Duration = Duration::from_secs(20);
/// A timeout of the listener that no test reaches, in milliseconds.
const NEVER: &str = "600000";

fn open(client: &Client, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(webhook(client).0).unwrap();
    stream.write_all(bytes).unwrap();
    stream
}

/// Returns whether the listener waits for more bytes of this connection.
fn is_open(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let peeked = stream.peek(&mut [0]);
    stream.set_nonblocking(false).unwrap();
    peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

/// Sets the flag when it is dropped, after a panic too.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Posts 100 triggers while `slow` peers send one byte after the other, and returns how many of these are still open.
///
/// Their heads never end and never time out. So if a post waited for one of them, it would exceed `LIMIT`, which a busy
/// machine does not reach.
fn post_while_peers_are_slow(client: &Client, slow: &[TcpStream]) -> usize {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for mut stream in slow {
                    // The listener may have closed it.
                    let _ = stream.write_all(b"x");
                }
            }
        });
        let _stop = SetOnDrop(&done);
        for _ in 0..100 {
            let started = Instant::now();
            assert_eq!(post(client, TYPING), 200);
            assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
        }
    });
    slow.iter().filter(|stream| is_open(stream)).count()
}

#[test]
fn a_thousand_slow_peers_do_not_delay_posts() {
    allow_descriptors(4000);
    let client = client(&[
        ("listen.max_connections", "2000"),
        ("listen.max_connections_per_address", "2000"),
        ("listen.timeout.head", NEVER),
        ("listen.max_head", "1000000"),
    ]);
    let slow: Vec<_> = (0..1000)
        .map(|_| open(&client, b"POST / HTTP/1.1\r\nX: "))
        .collect();
    assert_eq!(post_while_peers_are_slow(&client, &slow), 1000);
    assert_eq!(client.count_of(Statistic::Received), 100);
    assert_eq!(client.count_of(Statistic::OverLimit), 0);
}

#[test]
fn slow_peers_over_the_limit_do_not_delay_posts() {
    allow_descriptors(4000);
    let client = client(&[
        ("listen.timeout.head", NEVER),
        ("listen.max_head", "1000000"),
    ]);
    let host = webhook(&client).0;
    let slow = (0..1000).map(|index| {
        let mut stream = connect_from(&format!("127.0.1.{}", index % 20), &host);
        let _ = stream.write_all(b"POST / HTTP/1.1\r\nX: ");
        stream
    });
    let slow: Vec<_> = slow.collect();
    let still_open = post_while_peers_are_slow(&client, &slow);
    assert!(still_open > 0, "all were closed");
    assert_eq!(client.count_of(Statistic::Received), 100);
    assert!(client.count_of(Statistic::OverLimit) >= 488);
}

#[test]
fn a_slow_head_gets_408() {
    let client = client(&[("listen.timeout.head", "400")]);
    let started = Instant::now();
    let mut stream = open(&client, b"POST / HTTP/1.1\r\nX: ");
    stream
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    let mut response = [0; 500];
    let length = loop {
        let _ = stream.write_all(b"x");
        match stream.read(&mut response) {
            Ok(length) => break length,
            Err(_) => assert!(started.elapsed() < LIMIT),
        }
    };
    let response = str::from_utf8(&response[..length]).unwrap();
    assert_eq!(status_of(response), 408);
    assert!(started.elapsed() >= Duration::from_millis(400));
    assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
    assert_eq!(client.count_of(Statistic::TooSlow), 1);
}

#[test]
fn each_head_has_its_own_timeout() {
    let client = client(&[("listen.timeout.head", "400")]);
    let mut stream = open(&client, &request(&client, "POST", "", TYPING.as_bytes()));
    thread::sleep(Duration::from_millis(800));
    stream.write_all(b"POST / HTTP/1.1\r\n").unwrap();
    let started = Instant::now();
    let responses = read_until_close(stream, LIMIT).unwrap();
    assert!(responses.starts_with("HTTP/1.1 200 "), "{responses}");
    assert!(responses.contains("HTTP/1.1 408 "), "{responses}");
    assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
}

#[test]
fn an_incomplete_body_gets_408() {
    let client = client(&[("listen.timeout.body", "300")]);
    let whole = request(&client, "POST", "", TYPING.as_bytes());
    let stream = open(&client, &whole[..whole.len() - 1]);
    assert_eq!(status_of(&read_until_close(stream, LIMIT).unwrap()), 408);
    assert_eq!(client.count_of(Statistic::TooSlow), 1);
    assert_no_event(&client);
}

#[test]
fn a_silent_peer_gets_no_response() {
    let client = client(&[
        ("listen.timeout.head", "300"),
        ("listen.timeout.idle", "300"),
    ]);
    assert_eq!(read_until_close(open(&client, b""), LIMIT).unwrap(), "");
    assert_eq!(client.count_of(Statistic::TooSlow), 1);
    let stream = open(&client, &request(&client, "POST", "", TYPING.as_bytes()));
    let started = Instant::now();
    let responses = read_until_close(stream, LIMIT).unwrap();
    assert_eq!(responses.matches("HTTP/1.1").count(), 1, "{responses}");
    assert!(
        started.elapsed() >= Duration::from_millis(250),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(client.count_of(Statistic::TooSlow), 1);
}

/// Returns all bytes that a further connection receives.
fn post_once_more(client: &Client) -> String {
    exchange(client, &request(client, "POST", "", TYPING.as_bytes()))
}

#[test]
fn a_connection_over_the_address_limit_gets_503_or_replaces_a_slow_one() {
    let client = client(&[("listen.max_connections_per_address", "2")]);
    let host = webhook(&client).0;
    let first = open(&client, b"POST / HT");
    let second = open(&client, b"POST / HT");
    let elsewhere = connect_from("127.0.0.2", &host);
    // The third gets 503 until one of the first two is slow.
    let started = Instant::now();
    loop {
        let response = post_once_more(&client);
        if status_of(&response) == 200 {
            break;
        }
        assert_eq!(status_of(&response), 503, "{response}");
        assert!(response.contains("retry-after: 1\r\n"), "{response}");
        assert!(started.elapsed() < LIMIT);
    }
    assert!(started.elapsed() >= Duration::from_millis(300));
    let response = read_until_close(first, LIMIT).unwrap();
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
fn a_silent_connection_over_the_address_limit_gets_503() {
    let client = client(&[("listen.max_connections_per_address", "1")]);
    let first = open(&client, b"");
    let second = open(&client, b"");
    let response = read_until_close(second, LIMIT).unwrap();
    assert_eq!(status_of(&response), 503, "{response}");
    assert_eq!(read_until_close(first, Duration::from_millis(200)), None);
}

#[test]
fn a_request_in_progress_is_not_evicted() {
    let client = client(&[("listen.max_connections", "1")]);
    let whole = request(&client, "POST", "", TYPING.as_bytes());
    let mut busy = open(&client, &whole[..whole.len() - 1]);
    let waiting = open(&client, &whole);
    // Longer than a slow head would stay open: the body has its own timeout.
    let waiting = match read_until_close(waiting.try_clone().unwrap(), Duration::from_millis(800)) {
        None => waiting,
        Some(response) => panic!("{response}"),
    };
    busy.write_all(&whole[whole.len() - 1..]).unwrap();
    assert_eq!(status_of(&read_until_close(busy, LIMIT).unwrap()), 200);
    assert_eq!(status_of(&read_head(&mut &waiting)), 200);
    assert_eq!(client.count_of(Statistic::Received), 2);
}

#[test]
fn connections_of_a_trusted_proxy_are_not_counted_by_address() {
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
fn close_does_not_wait_for_slow_peers() {
    let client = client(&[
        ("listen.timeout.head", NEVER),
        ("listen.timeout.body", NEVER),
    ]);
    let whole = request(&client, "POST", "", TYPING.as_bytes());
    let slow: Vec<_> = (0..60)
        .map(|at| open(&client, &whole[..at * whole.len() / 60]))
        .collect();
    assert_eq!(post(&client, TYPING), 200);
    let started = Instant::now();
    client.close(Duration::from_secs(60)).unwrap();
    assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
    drop(slow);
}
