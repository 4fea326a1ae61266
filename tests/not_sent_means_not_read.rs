//! The server closes a pooled connection while the client writes a request. A request that the server read is never
//! reported as not sent, and most unread requests are.
//!
//! Each end is tested without network delay, where all happens within microseconds, and on a network with delay.
//! `OMNIZE_TEST_ENDS` is the number of connections for each end.

#![cfg(target_os = "linux")]

#[path = "support/delayed_network.rs"]
mod delayed_network;
#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/tls_server.rs"]
mod tls_server;

use std::collections::HashSet;
use std::env;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use http_server::{http, read_request};
use omnize::config::Config;
use omnize::error::{Delivery, Error};
use omnize::wire::Address;
use omnize::{Client, Conversation};
use rustls::version::TLS13;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tls_server::{CertificateAuthority, reset, server_config};

/// The server's action on a connection after its first response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ConnectionEnd {
    /// Closes the connection.
    Closes,
    /// Reads a request, and closes the connection.
    ReadsAndCloses,
    /// Reads a request, and resets the connection.
    ReadsAndResets,
    /// Shuts down its write side, and still reads.
    HalfCloses,
    /// Shuts down its write side, reads a request, and resets the connection.
    HalfClosesAndResets,
}

/// A connection of the server, encrypted or not.
trait Stream: Read + Write {
    fn tcp(&self) -> &TcpStream;
    /// Sends close_notify if the connection uses TLS.
    fn send_close_notify(&mut self) {}
}

impl Stream for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Stream for StreamOwned<ServerConnection, TcpStream> {
    fn tcp(&self) -> &TcpStream {
        &self.sock
    }

    fn send_close_notify(&mut self) {
        self.conn.send_close_notify();
        let _ = self.conn.complete_io(&mut self.sock);
    }
}

/// The actions of a server.
#[derive(Default)]
struct Record {
    /// The number of connections that it ended.
    ends: AtomicUsize,
    /// The first request of each connection, which got a response.
    answered: Mutex<Vec<u64>>,
    /// The other requests of which it read at least one byte.
    read: Mutex<HashSet<u64>>,
}

fn serve(
    stream: &mut impl Stream,
    end: ConnectionEnd,
    pause: Duration,
    record: &Record,
) -> Option<()> {
    let first = number_in(&read_request(stream)?);
    record.answered.lock().unwrap().push(first);
    record.ends.fetch_add(1, Ordering::Relaxed);
    stream.write_all(http("200 OK", "").as_bytes()).ok()?;
    wait(pause);
    let reads = |stream: &mut dyn Read| {
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).ok().filter(|read| *read > 0)?;
        let number = number_in(&String::from_utf8_lossy(&bytes[..read]));
        record.read.lock().unwrap().insert(number);
        Some(())
    };
    match end {
        ConnectionEnd::Closes => stream.send_close_notify(),
        ConnectionEnd::ReadsAndCloses => {
            reads(stream)?;
            stream.send_close_notify();
        }
        ConnectionEnd::ReadsAndResets => {
            reads(stream)?;
            reset(stream.tcp());
        }
        ConnectionEnd::HalfCloses => {
            stream.send_close_notify();
            stream.tcp().shutdown(Shutdown::Write).ok()?;
            while reads(stream).is_some() {}
        }
        ConnectionEnd::HalfClosesAndResets => {
            stream.send_close_notify();
            stream.tcp().shutdown(Shutdown::Write).ok()?;
            reads(stream)?;
            reset(stream.tcp());
        }
    }
    Some(())
}

/// Waits actively for short pauses, otherwise sleeps.
fn wait(pause: Duration) {
    let begun = Instant::now();
    if pause > Duration::from_micros(200) {
        thread::sleep(pause);
    }
    while begun.elapsed() < pause {}
}

/// Returns the number in the text of a message.
fn number_in(request: &str) -> u64 {
    let (_, rest) = request
        .split_once("number ")
        .expect("a whole request in one read");
    rest.split('.').next().unwrap().parse().unwrap()
}

/// The addresses of server and client, and the delay of packets.
#[derive(Clone, Copy, Debug)]
struct Network {
    listen: &'static str,
    server: &'static str,
    one_way: Duration,
}

const LOOPBACK: Network = Network {
    listen: "127.0.0.1:0",
    server: "127.0.0.1",
    one_way: Duration::from_micros(40),
};

const DELAYED: Network = Network {
    listen: delayed_network::LISTEN,
    server: delayed_network::SERVER,
    one_way: Duration::from_millis(1),
};

/// Starts a server that ends a connection while the client's next request is or may be in progress.
fn start(
    network: Network,
    end: ConnectionEnd,
    tls: Option<Arc<ServerConfig>>,
    record: Arc<Record>,
) -> String {
    let listener = TcpListener::bind(network.listen).unwrap();
    let port = listener.local_addr().unwrap().port();
    let scheme = if tls.is_some() { "https" } else { "http" };
    thread::spawn(move || {
        for (index, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            stream.set_nodelay(true).unwrap();
            let pause = network.one_way * (index as u32 * 7 % 40) / 20;
            match &tls {
                None => serve(&mut stream, end, pause, &record),
                Some(config) => {
                    let connection = ServerConnection::new(config.clone()).unwrap();
                    serve(
                        &mut StreamOwned::new(connection, stream),
                        end,
                        pause,
                        &record,
                    )
                }
            };
        }
    });
    format!("{scheme}://{}:{port}/", network.server)
}

fn chat(url: &str, ca: Option<&str>, retry: &str) -> (Client, Conversation) {
    let mut config = Config::new();
    config.set("token", "t").unwrap();
    config.set("retry.blocking", retry).unwrap();
    config.set("base_url", url).unwrap();
    config.set("proxy", "none").unwrap();
    if let Some(ca) = ca {
        config.set("tls.ca_file", ca).unwrap();
    }
    let client = Client::open(&config).unwrap();
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    let chat = client.attach(address).unwrap();
    (client, chat)
}

/// The outcomes of requests that may have met the end of their connection.
#[derive(Clone, Copy, Debug)]
struct Counts {
    not_sent: usize,
    failed: usize,
}

/// Sends until this many connections have ended. Returns the number of failures, and how many of them were reported as
/// not sent.
fn run_connection_ends(network: Network, end: ConnectionEnd, secure: bool) -> Counts {
    let ends: usize = env::var("OMNIZE_TEST_ENDS").map_or(60, |number| number.parse().unwrap());
    let authority = CertificateAuthority::new();
    let tls = secure.then(|| server_config(&authority.certify(network.server), &[&TLS13], None));
    let ca = secure.then(|| authority.file());
    let record = Arc::new(Record::default());
    let url = start(network, end, tls, record.clone());
    let (client, chat) = chat(&url, ca.as_deref(), "0");
    let mut failed: Vec<(u64, Error)> = Vec::new();
    for number in 0.. {
        if record.ends.load(Ordering::Relaxed) >= ends {
            break;
        }
        if let Err(error) = chat.send(format!("number {number}.").as_str()) {
            failed.push((number, error));
        }
    }
    drop((chat, client));
    // The server serves one connection after another. After this one, it has read all that it will ever read.
    let mut last = TcpStream::connect(url.split('/').nth(2).unwrap()).unwrap();
    last.shutdown(Shutdown::Write).unwrap();
    let _ = last.read(&mut [0]);
    let read = record.read.lock().unwrap();
    let mut not_sent = 0;
    for (number, error) in &failed {
        match error.delivery() {
            Some(Delivery::NotSent) => {
                not_sent += 1;
                assert!(
                    !read.contains(number),
                    "{end:?}: the server has read {error:?}"
                );
            }
            other => assert_eq!(other, Some(Delivery::Unknown), "{error:?}"),
        }
    }
    let failed = failed.len();
    println!(
        "{end:?}, {:?} one way, TLS {secure}: {failed} requests failed at {ends} ends, {not_sent} of them not sent",
        network.one_way
    );
    Counts { not_sent, failed }
}

/// Every end after which the server read something.
const ENDS_AFTER_READ: [ConnectionEnd; 4] = [
    ConnectionEnd::ReadsAndCloses,
    ConnectionEnd::ReadsAndResets,
    ConnectionEnd::HalfCloses,
    ConnectionEnd::HalfClosesAndResets,
];

/// Runs each of these ends concurrently, unencrypted and encrypted.
fn run_all_connection_ends(network: Network, ends: &[ConnectionEnd], check: fn(Counts)) {
    thread::scope(|scope| {
        for (end, secure) in ends.iter().flat_map(|end| [(end, false), (end, true)]) {
            scope.spawn(move || check(run_connection_ends(network, *end, secure)));
        }
    });
}

fn assert_none_is_not_sent(counts: Counts) {
    assert!(counts.not_sent == 0 && counts.failed > 0, "{counts:?}");
}

/// Without delay, the client sees nearly every end before it writes the next request. For the rest, there is rarely a
/// proof.
#[test]
fn requests_read_by_a_local_server_are_not_reported_as_not_sent() {
    run_all_connection_ends(LOOPBACK, &[ConnectionEnd::Closes], |_| ());
    run_all_connection_ends(LOOPBACK, &ENDS_AFTER_READ[..2], assert_none_is_not_sent);
    run_all_connection_ends(LOOPBACK, &ENDS_AFTER_READ[2..], |counts| {
        assert_eq!(counts.not_sent, 0)
    });
}

#[test]
fn requests_read_by_a_remote_server_are_not_reported_as_not_sent() {
    let test = "requests_read_by_a_remote_server_are_not_reported_as_not_sent";
    match delayed_network::run_in_namespace(test, DELAYED.one_way) {
        Ok(true) => run_all_connection_ends(DELAYED, &ENDS_AFTER_READ, assert_none_is_not_sent),
        Ok(false) => {}
        Err(why) => println!("left out: {why}"),
    }
}

#[test]
fn most_unread_requests_of_a_closing_server_are_reported_as_not_sent() {
    let test = "most_unread_requests_of_a_closing_server_are_reported_as_not_sent";
    match delayed_network::run_in_namespace(test, DELAYED.one_way) {
        Ok(true) => run_all_connection_ends(DELAYED, &[ConnectionEnd::Closes], |counts| {
            assert!(
                counts.failed > 0 && counts.not_sent * 2 > counts.failed,
                "{counts:?}"
            );
        }),
        Ok(false) => {}
        Err(why) => println!("left out: {why}"),
    }
}

#[test]
fn unsent_requests_are_retried_and_arrive_once() {
    const MESSAGES: u64 = 24;
    match delayed_network::run_in_namespace(
        "unsent_requests_are_retried_and_arrive_once",
        DELAYED.one_way,
    ) {
        Ok(true) => {}
        Ok(false) => return,
        Err(why) => return println!("left out: {why}"),
    }
    let record = Arc::new(Record::default());
    let url = start(DELAYED, ConnectionEnd::Closes, None, record.clone());
    let (_client, chat) = chat(&url, None, "20000");
    let accepted: Vec<u64> = (0..MESSAGES)
        .filter(
            |number| match chat.send(format!("number {number}.").as_str()) {
                Ok(()) => true,
                Err(error) => {
                    assert_eq!(error.delivery(), Some(Delivery::Unknown), "{error:?}");
                    false
                }
            },
        )
        .collect();
    // Without retries, about half would arrive.
    assert!(accepted.len() as u64 > MESSAGES * 3 / 4, "{accepted:?}");
    assert_eq!(*record.answered.lock().unwrap(), accepted);
}
