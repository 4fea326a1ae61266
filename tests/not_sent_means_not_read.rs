//! A kept connection that the server ends just as a request is written to it: what the server has read is never told as not
//! sent, and most of what it has not read is.
//!
//! Each end is tried without flight time, where all happens within microseconds, and on a network where packets take theirs.
//! `OMNIZE_TEST_ENDS` says how many connections end in each way.

#![cfg(target_os = "linux")]

mod flight_time;
mod secure;
mod server;

use std::collections::HashSet;
use std::env;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use omnize::config::Config;
use omnize::error::{Delivery, Error};
use omnize::wire::Address;
use omnize::{Client, Conversation};
use rustls::version::TLS13;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use secure::{Authority, reset, secured_by};
use server::{http, read_request};

/// What a server does with a connection after its first answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
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
    fn say_the_end(&mut self) {}
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

    fn say_the_end(&mut self) {
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

fn serve(stream: &mut impl Stream, end: End, pause: Duration, record: &Record) -> Option<()> {
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
        End::Closes => stream.say_the_end(),
        End::ReadsAndCloses => {
            reads(stream)?;
            stream.say_the_end();
        }
        End::ReadsAndResets => {
            reads(stream)?;
            reset(stream.tcp());
        }
        End::HalfCloses => {
            stream.say_the_end();
            stream.tcp().shutdown(Shutdown::Write).ok()?;
            while reads(stream).is_some() {}
        }
        End::HalfClosesAndResets => {
            stream.say_the_end();
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

const FAR: Network = Network {
    listen: flight_time::LISTEN,
    server: flight_time::SERVER,
    one_way: Duration::from_millis(1),
};

/// A server whose ends come while the client's next request is on its way, or may be.
fn start(
    network: Network,
    end: End,
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
struct Tally {
    not_sent: usize,
    failed: usize,
}

/// Sends until so many connections have ended, and counts what failed and what of it was not sent, as it is told.
fn race(network: Network, end: End, secure: bool) -> Tally {
    let ends: usize = env::var("OMNIZE_TEST_ENDS").map_or(60, |number| number.parse().unwrap());
    let authority = Authority::new();
    let tls = secure.then(|| secured_by(&authority.certify(network.server), &[&TLS13], None));
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
    Tally { not_sent, failed }
}

/// Every end after which something was read.
const READ: [End; 4] = [
    End::ReadsAndCloses,
    End::ReadsAndResets,
    End::HalfCloses,
    End::HalfClosesAndResets,
];

/// Each of these ends side by side, in the clear and encrypted.
fn race_all(network: Network, ends: &[End], check: fn(Tally)) {
    thread::scope(|scope| {
        for (end, secure) in ends.iter().flat_map(|end| [(end, false), (end, true)]) {
            scope.spawn(move || check(race(network, *end, secure)));
        }
    });
}

fn none_is_not_sent(tally: Tally) {
    assert!(tally.not_sent == 0 && tally.failed > 0, "{tally:?}");
}

/// Without flight time nearly every end is seen before the next request is written, and hardly one of the rest is proved.
#[test]
fn what_a_server_on_this_machine_has_read_is_not_called_not_sent() {
    race_all(LOOPBACK, &[End::Closes], |_| ());
    race_all(LOOPBACK, &READ[..2], none_is_not_sent);
    race_all(LOOPBACK, &READ[2..], |tally| assert_eq!(tally.not_sent, 0));
}

#[test]
fn what_a_server_elsewhere_has_read_is_not_called_not_sent() {
    let test = "what_a_server_elsewhere_has_read_is_not_called_not_sent";
    match flight_time::enter(test, FAR.one_way) {
        Ok(true) => race_all(FAR, &READ, none_is_not_sent),
        Ok(false) => {}
        Err(why) => println!("left out: {why}"),
    }
}

#[test]
fn most_of_what_a_closing_server_has_not_read_is_told_as_not_sent() {
    let test = "most_of_what_a_closing_server_has_not_read_is_told_as_not_sent";
    match flight_time::enter(test, FAR.one_way) {
        Ok(true) => race_all(FAR, &[End::Closes], |tally| {
            assert!(
                tally.failed > 0 && tally.not_sent * 2 > tally.failed,
                "{tally:?}"
            );
        }),
        Ok(false) => {}
        Err(why) => println!("left out: {why}"),
    }
}

#[test]
fn what_was_not_sent_is_made_again_and_arrives_once() {
    const MESSAGES: u64 = 24;
    match flight_time::enter(
        "what_was_not_sent_is_made_again_and_arrives_once",
        FAR.one_way,
    ) {
        Ok(true) => {}
        Ok(false) => return,
        Err(why) => return println!("left out: {why}"),
    }
    let record = Arc::new(Record::default());
    let url = start(FAR, End::Closes, None, record.clone());
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
