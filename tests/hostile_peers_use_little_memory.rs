//! Endless input of peers uses a bounded amount of memory.

#![cfg(all(feature = "listener", target_os = "linux"))]

#[path = "support/webhook_requests.rs"]
mod webhook_requests;

use std::io::Write;
use std::net::TcpStream;
use std::thread;

use omnize::Statistic;
use webhook_requests::*;

/// Returns a figure of /proc/self/status, in kilobytes.
fn memory_figure(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Sends `start`, and then `more` until the listener hangs up or 50 MB are sent.
fn flood(host: &str, start: &[u8], more: &[u8]) {
    let mut stream = TcpStream::connect(host).unwrap();
    let _ = stream.write_all(start);
    for _ in 0..50_000_000 / more.len() {
        if stream.write_all(more).is_err() {
            break;
        }
    }
}

/// A single test, because the memory of another one would be counted too.
#[test]
fn connections_heads_and_bodies_use_bounded_memory() {
    allow_descriptors(4000);
    let client = client(&[
        ("listen.max_connections", "3000"),
        ("listen.max_connections_per_address", "3000"),
        ("events.capacity", "100"),
    ]);
    let (host, path) = webhook(&client);
    assert_eq!(post(&client, TYPING), 200);
    let before = memory_figure("VmRSS:");

    let idle: Vec<_> = (0..1000)
        .map(|_| {
            let mut stream = TcpStream::connect(&host).unwrap();
            stream
                .write_all(&request(&client, "POST", "", TYPING.as_bytes()))
                .unwrap();
            assert_eq!(status_of(&read_head(&mut stream)), 200);
            next(&client);
            stream
        })
        .collect();
    let each = memory_figure("VmRSS:").saturating_sub(before) / idle.len() as u64;
    assert!(each <= 8, "an idle connection costs {each} KB");
    drop(idle);

    let before = memory_figure("VmRSS:");
    let slow: Vec<_> = (0..1000)
        .map(|_| {
            let mut stream = TcpStream::connect(&host).unwrap();
            stream
                .write_all(b"POST / HTTP/1.1\r\nHost: a\r\nX: ")
                .unwrap();
            stream
        })
        .collect();
    assert_eq!(post(&client, TYPING), 200);
    let each = memory_figure("VmRSS:").saturating_sub(before) / slow.len() as u64;
    assert!(each <= 16, "a slow connection costs {each} KB");
    drop(slow);

    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let lines = format!("X: {}\r\n", "a".repeat(1000));
    let endless = [
        (
            format!("POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
            chunk.as_str(),
        ),
        (
            format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n"),
            &chunk,
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".into(),
            &chunk,
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n".into(),
            &chunk,
        ),
        (format!("POST {path} HTTP/1.1\r\n"), &lines),
        (
            format!("POST {path} HTTP/1.1\r\nX: "),
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ),
        (
            String::new(),
            "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n",
        ),
    ];
    thread::scope(|scope| {
        for (start, more) in endless.iter().cycle().take(8 * endless.len()) {
            scope.spawn(|| flood(&host, start.as_bytes(), more.as_bytes()));
        }
    });
    for _ in 0..200 {
        post(&client, TYPING);
    }
    let grown = memory_figure("VmHWM:").saturating_sub(before);
    assert!(grown < 64 * 1024, "{grown} KB more");
    assert_eq!(client.queued_events(), 100);
    assert_eq!(client.count_of(Statistic::TooLarge), 16);
}
