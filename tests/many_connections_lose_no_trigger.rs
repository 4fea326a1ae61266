//! A service that opens many connections at once gets a response on each, with the default options.

#![cfg(feature = "listener")]

#[path = "support/webhook_requests.rs"]
mod webhook_requests;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use omnize::config::Config;
use omnize::{Client, Listener, Statistic};
use webhook_requests::*;

fn open(host: &str) -> TcpStream {
    let stream = TcpStream::connect(host).unwrap();
    let patience = Some(Duration::from_secs(20));
    stream.set_read_timeout(patience).unwrap();
    stream
}

fn assert_response_200(stream: &mut TcpStream, name: &str) {
    let mut response = Vec::new();
    let mut byte = [0];
    while !response.ends_with(b"\r\n\r\n") {
        let came = stream.read_exact(&mut byte);
        assert!(came.is_ok(), "{name}: {came:?}");
        response.push(byte[0]);
    }
    assert!(response.starts_with(b"HTTP/1.1 200 "), "{name}");
}

/// Writes on all connections, and reads all responses. This side closes no connection before.
fn post_over(streams: &mut [TcpStream], request: &[u8]) {
    for stream in &mut *streams {
        stream.write_all(request).unwrap();
    }
    for (at, stream) in streams.iter_mut().enumerate() {
        assert_response_200(stream, &format!("connection {at}"));
    }
}

#[test]
fn thousand_connections_of_one_address_get_responses() {
    allow_descriptors(4000);
    let client = client(&[]);
    let host = webhook(&client).0;
    let one = request(&client, "POST", "", TYPING.as_bytes());
    let mut streams: Vec<_> = (0..1000).map(|_| open(&host)).collect();
    post_over(&mut streams, &one);
    assert_eq!(client.count_of(Statistic::Received), 1000);
    assert_eq!(client.count_of(Statistic::OverLimit), 0);
}

#[test]
fn thousand_connections_get_responses_while_others_start_slowly() {
    allow_descriptors(4000);
    let client = client(&[]);
    let host = webhook(&client).0;
    let one = request(&client, "POST", "", TYPING.as_bytes());
    let mut slow: Vec<_> = (0..300).map(|_| open(&host)).collect();
    let mut streams: Vec<_> = (0..1000).map(|_| open(&host)).collect();
    post_over(&mut streams, &one);
    // Longer than a head may stay incomplete.
    thread::sleep(Duration::from_millis(700));
    post_over(&mut slow, &one);
    assert_eq!(client.count_of(Statistic::Received), 1300);
}

#[test]
fn thousand_connections_that_send_one_by_one_get_responses() {
    allow_descriptors(4000);
    let client = client(&[]);
    let host = webhook(&client).0;
    let one = request(&client, "POST", "", TYPING.as_bytes());
    let mut streams: Vec<_> = (0..1000)
        .map(|at| connect_from(&format!("127.0.1.{}", at % 20), &host))
        .collect();
    for stream in &mut streams {
        post_over(std::slice::from_mut(stream), &one);
    }
    assert_eq!(client.count_of(Statistic::Received), 1000);
}

#[test]
fn idle_connections_are_closed_for_new_ones() {
    let client = client(&[("listen.max_connections", "20")]);
    let host = webhook(&client).0;
    let one = request(&client, "POST", "", TYPING.as_bytes());
    let mut kept = Vec::new();
    for _ in 0..200 {
        let mut stream = open(&host);
        post_over(std::slice::from_mut(&mut stream), &one);
        kept.push(stream);
    }
    assert_eq!(client.count_of(Statistic::Received), 200);
}

#[test]
fn received_request_gets_its_response_before_eviction() {
    let client = client(&[("listen.max_connections", "1")]);
    let host = webhook(&client).0;
    let one = request(&client, "POST", "", TYPING.as_bytes());
    for round in 0..300 {
        let mut kept = open(&host);
        post_over(std::slice::from_mut(&mut kept), &one);
        // The listener has read it before the other one connects.
        kept.write_all(&one).unwrap();
        let mut other = open(&host);
        other.write_all(&one).unwrap();
        assert_response_200(&mut kept, &format!("the kept one, round {round}"));
        assert_response_200(&mut other, &format!("the other one, round {round}"));
    }
    assert_eq!(client.count_of(Statistic::Received), 900);
}

#[test]
fn connections_before_their_first_byte_are_not_evicted() {
    let client = client(&[("listen.max_connections", "2")]);
    let host = webhook(&client).0;
    let one = request(&client, "POST", "", TYPING.as_bytes());
    let mut silent = [open(&host), open(&host)];
    let mut waiting = open(&host);
    waiting.write_all(&one).unwrap();
    thread::sleep(Duration::from_millis(700));
    post_over(&mut silent, &one);
    assert_response_200(&mut waiting, "the one that waited");
}

#[test]
fn incomplete_heads_have_time_for_retransmissions() {
    let client = client(&[("listen.max_connections", "2")]);
    let host = webhook(&client).0;
    let one = request(&client, "POST", "", TYPING.as_bytes());
    let (begin, rest) = one.split_at(20);
    let mut slow = [open(&host), open(&host)];
    for stream in &mut slow {
        stream.write_all(begin).unwrap();
    }
    let mut waiting = open(&host);
    waiting.write_all(&one).unwrap();
    // Two retransmissions of a lost packet.
    thread::sleep(Duration::from_millis(2500));
    post_over(&mut slow, rest);
    assert_response_200(&mut waiting, "the one that waited");
    assert_eq!(client.count_of(Statistic::OverLimit), 0);
}

#[test]
fn silent_connections_are_closed_after_their_timeout() {
    let client = client(&[
        ("listen.max_connections", "2"),
        ("listen.timeout.head", "300"),
    ]);
    let host = webhook(&client).0;
    let _silent = [open(&host), open(&host)];
    assert_eq!(post(&client, TYPING), 200);
}

#[test]
fn clients_of_a_shared_listener_share_its_connection_limit() {
    allow_descriptors(4000);
    let mut config = Config::new();
    config.set("token", "t").unwrap();
    let clients = [
        Client::open(&config).unwrap(),
        Client::open(&config).unwrap(),
    ];
    config.set("listen", "127.0.0.1:0").unwrap();
    config.set("listen.max_connections", "50").unwrap();
    let listener = Listener::open(&config).unwrap();
    let mut requests = Vec::new();
    let mut host = String::new();
    for client in &clients {
        listener.attach(client, None).unwrap();
        let (at, path) = split_url(&listener.url(client).unwrap());
        requests.push(request_at(&at, &path, "POST", "", TYPING.as_bytes()));
        host = at;
    }
    let mut streams: Vec<_> = (0..400).map(|_| open(&host)).collect();
    for (at, stream) in streams.iter_mut().enumerate() {
        stream.write_all(&requests[at % 2]).unwrap();
    }
    for stream in &mut streams {
        assert_response_200(stream, "one of both");
    }
    for client in &clients {
        assert_eq!(client.queued_events(), 200);
    }
}
