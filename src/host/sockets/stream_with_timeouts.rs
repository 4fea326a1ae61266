//! A TCP stream of Unix: reads and writes block at most for the timeouts of the socket, and a shutdown aborts them.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::host::sockets::tcp_connect;

/// A TCP stream with timeouts, which another thread can abort.
#[derive(Debug)]
pub struct AbortableStream {
    stream: TcpStream,
    read_timeout: SetTimeout,
    write_timeout: SetTimeout,
}

/// The timeout that is set on a socket, in nanoseconds; 0 if none is set.
#[derive(Debug, Default)]
struct SetTimeout(AtomicU64);

impl AbortableStream {
    /// Starts to connect.
    ///
    /// # Errors
    /// The error of the system, for example of an address without a route.
    pub fn begin(address: SocketAddr) -> io::Result<Self> {
        Self::new(tcp_connect::begin(address)?)
    }

    /// Wraps a stream.
    ///
    /// # Errors
    /// Only on Windows.
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        Ok(AbortableStream {
            stream,
            read_timeout: SetTimeout::default(),
            write_timeout: SetTimeout::default(),
        })
    }

    /// Waits for the connection, for at most `timeout`, until it is aborted, or until the interrupt hook ends the wait.
    ///
    /// # Errors
    /// The error of the connection; [`io::ErrorKind::TimedOut`].
    pub fn finish(&self, timeout: Duration) -> io::Result<()> {
        tcp_connect::finish(&self.stream, timeout)
    }

    /// Reads bytes, and blocks about as long as `timeout` for them. Returns 0 at the end of the stream, or after it was aborted.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] after the timeout; [`io::ErrorKind::Interrupted`] after a signal.
    pub fn read(&self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        if self.read_timeout.is_changed(timeout) {
            self.stream.set_read_timeout(Some(timeout))?;
            self.read_timeout.store(timeout);
        }
        (&self.stream).read(buffer)
    }

    /// Writes bytes, and blocks about as long as `timeout` for room.
    ///
    /// # Errors
    /// As [`read`](Self::read); [`io::ErrorKind::BrokenPipe`] after it was aborted.
    pub fn write(&self, bytes: &[u8], timeout: Duration) -> io::Result<usize> {
        if self.write_timeout.is_changed(timeout) {
            self.stream.set_write_timeout(Some(timeout))?;
            self.write_timeout.store(timeout);
        }
        (&self.stream).write(bytes)
    }

    /// Aborts what other threads do with the stream, now and later.
    pub fn abort(&self) {
        // Fails if the peer has reset the connection.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Returns the stream.
    pub fn tcp(&self) -> &TcpStream {
        &self.stream
    }
}

impl SetTimeout {
    /// Returns whether `wanted` must be set. That costs a system call, so a difference of 5 % is accepted.
    fn is_changed(&self, wanted: Duration) -> bool {
        let current = self.0.load(Ordering::Relaxed);
        current == 0 || nanoseconds(wanted).abs_diff(current) > current / 20
    }

    fn store(&self, timeout: Duration) {
        self.0.store(nanoseconds(timeout), Ordering::Relaxed);
    }
}

/// Returns a duration in nanoseconds, or 584 years if it is longer.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
