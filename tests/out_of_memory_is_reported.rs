//! If memory is not enough for a size that a peer or the caller chose, the library reports it, and the process
//! continues. The test runs in a process with a limited address space.

#![cfg(all(feature = "store", feature = "listener", target_os = "linux"))]

#[path = "support/store_folder.rs"]
mod store_folder;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use omnize::Client;
use omnize::error::Delivery;
use omnize::status::Status;
use omnize::wire::{Address, Request};
use store_folder::{ChildProcess, Folder, open, report};

/// The memory that remains for the application, in bytes.
const REMAINING_BYTES: u64 = 60 << 20;

/// The application that the tests start.
#[test]
fn process() {
    let Some((role, path)) = store_folder::child_role() else {
        return;
    };
    match &*role {
        "listens" => receive_by_listener(&path, &[]),
        "listens without a bound" => {
            receive_by_listener(&path, &[("events.max_bytes", "9000000000")])
        }
        "is handed over" => receive_by_deliver(&path),
        _ => post_requests(&path),
    }
}

/// Limits the memory of this process.
fn limit_memory() {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = status.split(' ').next().unwrap().parse().unwrap();
    let limit = libc::rlimit {
        rlim_cur: pages * 4096 + REMAINING_BYTES,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: the limit lives through the call.
    assert_eq!(
        unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) },
        0
    );
}

fn body(size: usize) -> String {
    format!(r#"{{"message":"{}","clientId":"12"}}"#, "x".repeat(size))
}

/// Receives 57 triggers of a megabyte each, and then takes all queued events.
fn receive_by_listener(path: &Path, options: &[(&str, &str)]) {
    let fixed = [("listen", "127.0.0.1:0"), ("listen.path", "/")];
    let client = open(path, &[&fixed, options].concat()).unwrap();
    let url = client.webhook_url().unwrap().to_owned();
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let body = body(1_000_000);
    let mut response = vec![0; 12];
    limit_memory();
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..57 {
        let mut stream = TcpStream::connect(host).unwrap();
        let length = body.len();
        let _ = write!(
            stream,
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
        );
        let _ = stream.write_all(body.as_bytes());
        stream.read_exact(&mut response).unwrap();
        match &response[9..] {
            b"200" => taken += 1,
            b"503" => refused += 1,
            _ => panic!("{}", String::from_utf8_lossy(&response)),
        }
    }
    assert_eq!(take_all_events(&client), taken);
    report(&format!("{taken} {refused}"));
}

fn receive_by_deliver(path: &Path) {
    let client = open(path, &[]).unwrap();
    let body = body(5_000_000);
    limit_memory();
    let taken = (0..20).filter(|_| match client.deliver(body.as_bytes(), None) {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(error.status(), Status::Full);
            false
        }
    });
    let taken = taken.count();
    assert_eq!(take_all_events(&client), taken);
    report(&format!("{taken} {}", 20 - taken));
}

fn take_all_events(client: &Client) -> usize {
    let next = || client.next(Duration::ZERO).unwrap();
    std::iter::from_fn(next).count()
}

fn post_requests(path: &Path) {
    let client = open(path, &[("outbox.max_bytes", "9000000000")]).unwrap();
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    let chat = client.attach(address).unwrap();
    let text = "x".repeat(3_000_000);
    limit_memory();
    let (mut taken, mut refused) = (0, 0);
    while refused < 5 {
        let mut copy = String::new();
        // The application's own memory.
        if copy.try_reserve(text.len()).is_err() {
            break;
        }
        copy.push_str(&text);
        match chat.post(Request::Message(copy.into())) {
            Ok(_) => taken += 1,
            Err(error) => {
                assert_eq!(
                    (error.status(), error.delivery()),
                    (Status::Full, Some(Delivery::NotSent))
                );
                refused += 1;
            }
        }
    }
    report(&format!("{taken} {refused}"));
}

fn run_in_child_process(role: &str) -> (usize, usize) {
    let folder = Folder::new();
    let mut process = ChildProcess::start(role, &folder.store());
    let report = process.read_report();
    process.wait_for_success();
    let (taken, refused) = report.split_once(' ').unwrap();
    (taken.parse().unwrap(), refused.parse().unwrap())
}

#[test]
fn listener_responds_503_without_memory() {
    for role in ["listens", "listens without a bound"] {
        let (taken, refused) = run_in_child_process(role);
        assert_eq!(taken + refused, 57);
        assert!(
            taken > 5 && refused > 0,
            "{role}: {taken} were taken, {refused} refused"
        );
    }
}

#[test]
fn deliver_fails_with_full_without_memory() {
    let (taken, refused) = run_in_child_process("is handed over");
    assert!(
        taken > 1 && refused > 0,
        "{taken} were taken, {refused} refused"
    );
}

#[test]
fn post_fails_with_full_without_memory() {
    let (taken, refused) = run_in_child_process("posts");
    assert!(
        taken > 1 && refused > 0,
        "{taken} were taken, {refused} refused"
    );
}
