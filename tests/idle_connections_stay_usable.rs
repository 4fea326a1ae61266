//! Any number of connections stays usable after any idle time. A few hundred keep their parser for a second; these
//! tests use more connections and a longer time.

#![cfg(feature = "listener")]

#[path = "support/webhook_requests.rs"]
mod webhook_requests;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use omnize::Client;
use webhook_requests::*;

/// More than the parser pool holds.
const CONNECTIONS: usize = 400;
/// Longer than a parser is pooled.
const IDLE_TIME: Duration = Duration::from_millis(1200);

fn open_connections(client: &Client) -> Vec<TcpStream> {
    let host = webhook(client).0;
    let open = || TcpStream::connect(&host).unwrap();
    std::iter::repeat_with(open).take(CONNECTIONS).collect()
}

fn send(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).unwrap();
}

fn assert_accepted(stream: &mut TcpStream) {
    assert_eq!(status_of(&read_head(stream)), 200);
}

#[test]
fn many_idle_connections_deliver_further_triggers() {
    allow_descriptors(4000);
    let client = client(&[("listen.max_connections_per_address", "1000")]);
    let mut streams = open_connections(&client);
    let one = request(&client, "POST", "", TYPING.as_bytes());
    for _ in 0..3 {
        for stream in &mut streams {
            send(stream, &one);
            assert_accepted(stream);
            next(&client);
        }
    }
    thread::sleep(IDLE_TIME);
    for stream in &mut streams {
        send(stream, &one);
        assert_accepted(stream);
        next(&client);
    }
    assert_no_event(&client);
}

#[test]
fn second_request_may_arrive_partly_with_the_first() {
    allow_descriptors(4000);
    let client = client(&[("listen.max_connections_per_address", "1000")]);
    let mut streams = open_connections(&client);
    let one = request(&client, "POST", "", TYPING.as_bytes());
    // Splits in the method, in the head, and in the body.
    for (at, stream) in streams.iter_mut().enumerate() {
        let cut = [2, 40, one.len() - 5][at % 3];
        send(stream, &one.repeat(2)[..one.len() + cut]);
        assert_accepted(stream);
        next(&client);
    }
    assert_no_event(&client);
    thread::sleep(IDLE_TIME);
    for (at, stream) in streams.iter_mut().enumerate() {
        let cut = [2, 40, one.len() - 5][at % 3];
        send(stream, &one[cut..]);
        assert_accepted(stream);
        next(&client);
    }
    assert_no_event(&client);
}

#[test]
fn fragmented_pipeline_gets_all_responses_from_a_listener_whose_peer_reads_late() {
    const REQUESTS: usize = 50_000;
    let client = client(&[("listen.health", "/health")]);
    let host = webhook(&client).0;
    let mut stream = TcpStream::connect(&host).unwrap();
    let patience = Some(Duration::from_secs(20));
    stream.set_read_timeout(patience).unwrap();
    let mut sender = stream.try_clone().unwrap();
    let one = request_at(&host, "/health", "GET", "", b"");
    let sending = thread::spawn(move || sender.write_all(&one.repeat(REQUESTS)));
    thread::sleep(IDLE_TIME);
    let (mut responses, mut part) = (Vec::new(), [0; 0x10000]);
    let is_all = |responses: &[u8]| {
        let ends = responses.windows(4).filter(|end| end == b"\r\n\r\n");
        responses.ends_with(b"\r\n\r\n") && ends.count() == REQUESTS
    };
    while !is_all(&responses) {
        let count = stream.read(&mut part).unwrap();
        assert!(count > 0, "hung up");
        responses.extend_from_slice(&part[..count]);
    }
    sending.join().unwrap().unwrap();
    let responses = String::from_utf8(responses).unwrap();
    assert_eq!(responses.matches("HTTP/1.1 200 OK\r\n").count(), REQUESTS);
}
