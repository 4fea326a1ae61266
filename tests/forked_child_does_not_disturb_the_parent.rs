//! A child that is forked while the library is busy gets errors for the handles of its parent. Dropping them there
//! neither blocks nor changes the parent's files and connections, and the child exits normally.

#![cfg(all(feature = "store", feature = "listener", unix))]

#[path = "support/http_server.rs"]
mod http_server;

use std::fmt::Debug;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use http_server::{Server, http};
use omnize::config::Config;
use omnize::error::Result;
use omnize::status::Status;
use omnize::wire::{Address, Request, Start};
use omnize::{Client, CloseReport, Conversation, Event, Listener, State};

/// One handle of each kind.
struct Handles {
    events: Vec<Event>,
    polled: Conversation,
    listener: Listener,
    polling: Client,
    waiting: Client,
}

fn client(options: &[(&str, &str)]) -> Client {
    let mut config = Config::new();
    for (name, value) in options {
        config.set(name, value).unwrap();
    }
    Client::open(&config).unwrap()
}

fn address(client_id: &str) -> Address {
    Address {
        department: "1".into(),
        client_id: client_id.into(),
    }
}

fn trigger(client_id: usize) -> Vec<u8> {
    format!(r#"{{"status":"typing","clientId":"{client_id}"}}"#).into_bytes()
}

fn open_handles(base_url: &str, store: &Path) -> Handles {
    let shared = [
        ("token", "t"),
        ("base_url", base_url),
        // So that a close is short.
        ("outbox.capacity", "200"),
        ("listen", "127.0.0.1:0"),
    ];
    let with_store = [("store", store.to_str().unwrap()), ("listen.path", "/hook")];
    let polling = client(&[&shared[..], &with_store[..]].concat());
    polling
        .subscribe(Default::default(), Box::new(|_| {}))
        .unwrap();
    polling.dispatch().unwrap();
    let waiting = client(&shared[..3]);
    let mut config = Config::new();
    config.set("listen", "127.0.0.1:0").unwrap();
    let listener = Listener::open(&config).unwrap();
    listener.attach(&waiting, None).unwrap();
    waiting.deliver(&trigger(0), None).unwrap();
    Handles {
        events: vec![waiting.next(Duration::ZERO).unwrap().unwrap()],
        polled: polling.attach(address("12")).unwrap(),
        listener,
        polling,
        waiting,
    }
}

/// Keeps locks and threads busy until `stop`.
fn keep_busy(held: &Handles, own: usize, stop: &AtomicBool) {
    let chats: Vec<_> = (0..50)
        .map(|at| {
            held.polling
                .attach(address(&format!("{own}-{at}")))
                .unwrap()
        })
        .collect();
    for at in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let _ = chats[at % 50].post(Request::Typing);
        held.polling.deliver(&trigger(at % 7), None).unwrap();
        held.waiting.deliver(&trigger(at % 7), None).unwrap();
        drop(held.waiting.next(Duration::ZERO).unwrap());
        drop(held.polling.prepare(address(&format!("{own} {at}"))));
        let _ = (held.polling.open_interactions(), held.polled.state());
    }
}

fn is_forked<T: Debug>(result: Result<T>) -> bool {
    result.is_err_and(|error| error.status() == Status::Forked)
}

/// Checks the errors in the child, then drops the handles.
fn check_in_child(held: Box<Handles>) -> bool {
    let (polling, waiting, chat) = (&held.polling, &held.waiting, &held.polled);
    let checks = [
        is_forked(polling.poll(Duration::from_secs(5))),
        is_forked(waiting.next(Duration::from_secs(5))),
        is_forked(waiting.dispatch()),
        is_forked(polling.deliver(&trigger(1), None)),
        is_forked(polling.subscribe(Default::default(), Box::new(|_| {}))),
        is_forked(polling.unsubscribe(1)),
        is_forked(polling.event_descriptor()),
        is_forked(polling.start(address("1"), Start::default())),
        is_forked(polling.attach(address("1"))),
        is_forked(polling.prepare(address("1"))),
        is_forked(chat.send("oi")),
        is_forked(chat.post(Request::Typing)),
        is_forked(chat.keystroke()),
        is_forked(chat.finish()),
        is_forked(held.listener.attach(waiting, None)),
        is_forked(held.listener.detach(waiting)),
        is_forked(held.listener.close(Duration::from_secs(5))),
        is_forked(polling.close(Duration::from_secs(5))),
        polling.open_interactions().is_empty() && polling.queued_events() == 0,
        chat.state() == State::New && held.listener.url(waiting).is_none(),
    ];
    held.events[0].ack();
    drop(held);
    checks.iter().all(|checks| *checks)
}

/// The exit code of the child: 0 if all checks passed.
fn fork(held: *mut Handles) -> i32 {
    // SAFETY: the child continues with this thread only, which is the subject of this test.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        // SAFETY: `alarm` takes no pointer; it ends a blocked child. The child's copy of the handles is its own.
        let held = unsafe {
            libc::alarm(20);
            Box::from_raw(held)
        };
        std::process::exit(if check_in_child(held) { 0 } else { 1 });
    }
    let mut status = 0;
    // SAFETY: the status lives through the call.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    status
}

fn post(url: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let body = String::from_utf8(trigger(1)).unwrap();
    write!(
        stream,
        "POST /{path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

/// A server with one thread for each connection.
fn accepting_concurrently() -> Server {
    Server::start(|mut stream, _| {
        thread::spawn(move || {
            while http_server::read_request(&mut stream).is_some() {
                if stream.write_all(http("200 OK", "").as_bytes()).is_err() {
                    break;
                }
            }
        });
    })
}

fn store() -> PathBuf {
    std::env::temp_dir().join(format!("omnize-{}-forked.db", std::process::id()))
}

#[test]
fn forked_child_does_not_disturb_the_parent() {
    let server = accepting_concurrently();
    let held = Box::into_raw(Box::new(open_handles(&server.url, &store())));
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for own in 0..4 {
            // SAFETY: the box is restored after these threads have ended.
            let (held, stop) = (unsafe { &*held }, &stop);
            scope.spawn(move || keep_busy(held, own, stop));
        }
        thread::sleep(Duration::from_millis(200));
        let ends: Vec<_> = (0..40).map(|_| fork(held)).collect();
        stop.store(true, Ordering::Relaxed);
        assert!(ends.iter().all(|end| *end == 0), "{ends:?}");
    });
    // SAFETY: the threads that used it have ended, and the children had copies.
    let held = unsafe { Box::from_raw(held) };
    for url in [
        held.polling.webhook_url().unwrap().to_owned(),
        held.listener.url(&held.waiting).unwrap(),
    ] {
        let response = post(&url);
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    }
    held.polled.send("oi").unwrap();
    let left = held.polling.close(Duration::from_secs(60)).unwrap();
    assert_eq!(left, CloseReport::default());
    drop(held);
    let file = rusqlite::Connection::open(store()).unwrap();
    let sound: String = file
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
    drop(file);
    std::fs::remove_file(store()).unwrap();
}
