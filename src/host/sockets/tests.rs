//! Tests of the abortable stream, the same ones on all systems.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::host::sockets::AbortableStream;
use crate::interrupt;

const TIMEOUT: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(50);
const HOUR: Duration = Duration::from_secs(3600);

/// Returns a listener with a full queue, which accepts no further connection, and the connections in the queue.
fn full_listener() -> (Socket, SocketAddr, Vec<AbortableStream>) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    listener.bind(&any.into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let begin = |_| AbortableStream::begin(address).unwrap();
    let queued = (0..16).map(begin).collect();
    (listener, address, queued)
}

fn pair() -> (AbortableStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = AbortableStream::begin(listener.local_addr().unwrap()).unwrap();
    near.finish(TIMEOUT).unwrap();
    (near, listener.accept().unwrap().0)
}

/// Fills the buffers of both sides, so that the next write blocks.
fn fill(near: &AbortableStream) {
    let block = [0; 64 * 1024];
    while near.write(&block, SHORT).is_ok() {}
}

fn kind<T: std::fmt::Debug>(result: io::Result<T>) -> io::ErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn connects() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let stream = AbortableStream::begin(address).unwrap();
    stream.finish(TIMEOUT).unwrap();
    assert_eq!(stream.tcp().peer_addr().unwrap(), address);
}

#[test]
fn reports_a_refused_connection() {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let refused = AbortableStream::begin(address).and_then(|stream| stream.finish(TIMEOUT));
    assert_eq!(kind(refused), io::ErrorKind::ConnectionRefused);
}

#[test]
fn a_connect_fails_after_the_timeout() {
    let (_listener, address, _queued) = full_listener();
    let stream = AbortableStream::begin(address).unwrap();
    let begun = Instant::now();
    assert_eq!(kind(stream.finish(SHORT)), io::ErrorKind::TimedOut);
    assert!(begun.elapsed() >= SHORT);
}

#[test]
fn the_interrupt_hook_ends_a_connect() {
    let (_listener, address, _queued) = full_listener();
    let stream = AbortableStream::begin(address).unwrap();
    let begun = Instant::now();
    interrupt::with_hook(|| true, || stream.finish(TIMEOUT)).unwrap_err();
    assert!(begun.elapsed() < TIMEOUT);
}

#[test]
fn an_abort_ends_a_connect() {
    let (_listener, address, _queued) = full_listener();
    let stream = AbortableStream::begin(address).unwrap();
    thread::scope(|scope| {
        let finishing = scope.spawn(|| stream.finish(HOUR));
        // Before or during the wait.
        stream.abort();
        finishing.join().unwrap().unwrap_err();
    });
}

#[test]
fn an_abort_ends_a_blocked_read() {
    let (near, _far) = pair();
    thread::scope(|scope| {
        let (begin, begun) = mpsc::channel();
        let near = &near;
        let reading = scope.spawn(move || {
            begin.send(()).unwrap();
            near.read(&mut [0], HOUR)
        });
        begun.recv().unwrap();
        near.abort();
        assert_eq!(reading.join().unwrap().unwrap(), 0);
    });
    assert_eq!(near.read(&mut [0], HOUR).unwrap(), 0);
}

#[test]
fn an_abort_ends_a_blocked_write() {
    let (near, _far) = pair();
    fill(&near);
    thread::scope(|scope| {
        let (begin, begun) = mpsc::channel();
        let near = &near;
        let writing = scope.spawn(move || {
            begin.send(()).unwrap();
            near.write(&[0], HOUR)
        });
        begun.recv().unwrap();
        near.abort();
        assert_eq!(kind(writing.join().unwrap()), io::ErrorKind::BrokenPipe);
    });
    assert_eq!(kind(near.write(&[0], HOUR)), io::ErrorKind::BrokenPipe);
}

#[test]
fn reads_and_writes_end_at_their_timeout() {
    let (near, _far) = pair();
    let begun = Instant::now();
    assert_eq!(kind(near.read(&mut [0], SHORT)), io::ErrorKind::WouldBlock);
    // The system's clock of sockets is coarser.
    assert!(begun.elapsed() >= SHORT / 2 && begun.elapsed() < TIMEOUT);
    fill(&near);
    let begun = Instant::now();
    assert_eq!(kind(near.write(&[0], SHORT)), io::ErrorKind::WouldBlock);
    assert!(begun.elapsed() >= SHORT / 2 && begun.elapsed() < TIMEOUT);
}

#[test]
fn bytes_and_the_end_arrive_while_a_read_waits() {
    let (near, mut far) = pair();
    thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut buffer = [0; 8];
            let mut lengths = Vec::new();
            loop {
                let read = near.read(&mut buffer, TIMEOUT).unwrap();
                lengths.extend_from_slice(&buffer[..read]);
                if read == 0 {
                    return lengths;
                }
            }
        });
        far.write_all(b"abc").unwrap();
        far.write_all(b"defghijklmno").unwrap();
        drop(far);
        assert_eq!(reading.join().unwrap(), b"abcdefghijklmno");
    });
}

#[test]
fn a_write_continues_when_the_peer_reads() {
    let (near, mut far) = pair();
    const TOTAL: usize = 8 << 20;
    thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let block = vec![7; 1 << 20];
            let mut written = 0;
            while written < TOTAL {
                let length = block.len().min(TOTAL - written);
                written += near.write(&block[..length], TIMEOUT).unwrap();
            }
        });
        let mut received = vec![0; TOTAL];
        far.read_exact(&mut received).unwrap();
        assert!(received.iter().all(|byte| *byte == 7));
        writing.join().unwrap();
    });
}

#[test]
fn a_reset_is_an_error() {
    let (near, far) = pair();
    socket2::SockRef::from(&far)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
    drop(far);
    assert_eq!(
        kind(near.read(&mut [0], TIMEOUT)),
        io::ErrorKind::ConnectionReset
    );
}
