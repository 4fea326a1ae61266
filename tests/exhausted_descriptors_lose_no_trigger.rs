//! If the process has no free descriptor, each client that sent a request still gets a response, after other
//! connections end.

#![cfg(all(feature = "listener", unix))]

#[path = "support/webhook_requests.rs"]
mod webhook_requests;

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use omnize::Statistic;
use socket2::{Domain, Socket, Type};
use webhook_requests::*;

/// The number of connections, and the number of descriptors that the listener may use for them.
const CONNECTIONS: usize = 200;
const AVAILABLE_DESCRIPTORS: u64 = 20;

/// Forbids descriptors from this number on.
fn limit_descriptors(count: u64) -> libc::rlim_t {
    // SAFETY: both calls are given a live `rlimit`.
    unsafe {
        let mut limit = std::mem::zeroed::<libc::rlimit>();
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit), 0);
        let before = std::mem::replace(&mut limit.rlim_cur, count as libc::rlim_t);
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit), 0);
        before
    }
}

/// A single test, because the limit belongs to the process.
#[test]
fn every_connection_gets_a_response() {
    let client = client(&[]);
    let host: SocketAddr = webhook(&client).0.parse().unwrap();
    let one = request(&client, "POST", "", TYPING.as_bytes());
    // The listener closes an idle connection.
    let mut idle = TcpStream::connect(host).unwrap();
    idle.write_all(&one).unwrap();
    assert_eq!(status_of(&read_head(&mut idle)), 200);
    let sockets: Vec<_> = (0..CONNECTIONS)
        .map(|_| Socket::new(Domain::IPV4, Type::STREAM, None).unwrap())
        .collect();
    let highest = sockets
        .iter()
        .map(std::os::fd::AsRawFd::as_raw_fd)
        .max()
        .unwrap();
    let before = limit_descriptors(highest as u64 + 1 + AVAILABLE_DESCRIPTORS);
    let mut streams: Vec<TcpStream> = sockets
        .into_iter()
        .map(|socket| {
            socket.connect(&host.into()).unwrap();
            socket.into()
        })
        .collect();
    for stream in &mut streams {
        stream.write_all(&one).unwrap();
    }
    for stream in &mut streams {
        let patience = Some(Duration::from_secs(20));
        stream.set_read_timeout(patience).unwrap();
        assert_eq!(status_of(&read_head(stream)), 200);
    }
    limit_descriptors(before);
    assert_eq!(client.count_of(Statistic::Received), CONNECTIONS as u64 + 1);
}
