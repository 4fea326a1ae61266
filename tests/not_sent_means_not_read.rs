//! A kept connection that the server ends just as a request is written to it: what the server has read is never told as not
//! sent, and most of what it has not read is.
//!
//! Each end is tried without flight time, where all happens within microseconds, and on a network where packets take theirs.
//! `OMNIZE_TEST_ENDS` says how many connections end in each way.

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

/// What a server does with a connection after its first answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ConnectionEnd {
    /// It closes it.
    Closes,
    /// It reads a request, and closes it.
    ReadsAndCloses,
    /// It reads a request, and resets it.
    ReadsAndResets,
    /// It says that it will write no more, and still reads.
    HalfCloses,
    /// It says so, reads a request, and resets it.
    HalfClosesAndResets,
}

/// A server's connection, encrypted or not.
trait Stream: Read + Write {
    fn tcp(&self) -> &TcpStream;
    /// Says in TLS, where there is TLS, that nothing more is written.
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

/// What a server has done.
#[derive(Default)]
struct Record {
    /// How many connections it has ended.
    ends: AtomicUsize,
    /// The first request on each connection, which it has answered.
    answered: Mutex<Vec<u64>>,
    /// The requests that it has read a byte of beside those.
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

/// Waits for less than any sleep takes, or else sleeps.
fn wait(pause: Duration) {
    let begun = Instant::now();
    if pause > Duration::from_micros(200) {
        thread::sleep(pause);
    }
    while begun.elapsed() < pause {}
}

/// The number in the text of a message.
fn number_in(request: &str) -> u64 {
    let (_, rest) = request
        .split_once("number ")
        .expect("a whole request in one read");
    rest.split('.').next().unwrap().parse().unwrap()
}

/// How the two find each other, and how long packets are under way.
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

/// A server whose ends come while the client's next request is on its way, or may be.
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

/// What became of requests that may have run into the end of their connection.
#[derive(Clone, Copy, Debug)]
struct Counts {
    not_sent: usize,
    failed: usize,
}

/// Sends until so many connections have ended, and counts what failed and what of it was not sent, as it is told.
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
    // The server serves one connection after the other, so when it has served this one, it has read all that it ever reads.
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

/// Every end after which something was read.
const ENDS_AFTER_READ: [ConnectionEnd; 4] = [
    ConnectionEnd::ReadsAndCloses,
    ConnectionEnd::ReadsAndResets,
    ConnectionEnd::HalfCloses,
    ConnectionEnd::HalfClosesAndResets,
];

/// Each of these ends side by side, in the clear and encrypted.
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

/// Without flight time nearly every end is seen before the next request is written, and hardly one of the rest is proved.
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
    // Without making them again, it would be about half.
    assert!(accepted.len() as u64 > MESSAGES * 3 / 4, "{accepted:?}");
    assert_eq!(*record.answered.lock().unwrap(), accepted);
}
