//! A TCP socket. Each read and write ends at the deadline of the request.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use crate::host::sockets::{idle_connection, tcp_refusal};
use crate::interrupt;
use crate::sending::deadlines;
use crate::statistics::{Counters, Statistic};

/// A TCP socket with shared ownership, so that another thread can shut it down.
#[derive(Debug)]
pub struct Socket {
    stream: Arc<TcpStream>,
    /// The timeouts that are set on the socket.
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
    written: u64,
    counters: Arc<Counters>,
}

impl Socket {
    /// Wraps a connected stream. `counters` count its bytes.
    pub fn new(stream: Arc<TcpStream>, counters: Arc<Counters>) -> Self {
        Socket {
            stream,
            read_timeout: None,
            write_timeout: None,
            written: 0,
            counters,
        }
    }

    /// Returns how many bytes were written.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Returns whether the peer has certainly read no byte after the first `before` written bytes. The end of the stream must
    /// have been read.
    pub fn is_refused(&self, before: u64) -> bool {
        tcp_refusal::is_proven(&self.stream, before)
    }

    /// Returns whether the peer has neither closed the connection nor sent unread bytes.
    pub fn is_quiet(&self) -> bool {
        idle_connection::is_idle(&self.stream)
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(timeout) = changed_timeout(self.read_timeout)? {
                self.stream.set_read_timeout(Some(timeout))?;
                self.read_timeout = Some(timeout);
            }
            match (&*self.stream).read(buffer) {
                Err(error) if must_repeat(&error) => check_interrupt()?,
                Err(error) => return Err(error),
                Ok(read) => {
                    self.counters.add(Statistic::BytesReceived, read as u64);
                    return Ok(read);
                }
            }
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            if let Some(timeout) = changed_timeout(self.write_timeout)? {
                self.stream.set_write_timeout(Some(timeout))?;
                self.write_timeout = Some(timeout);
            }
            match (&*self.stream).write(bytes) {
                Err(error) if must_repeat(&error) => check_interrupt()?,
                Err(error) => return Err(error),
                Ok(written) => {
                    self.written += written as u64;
                    self.counters.add(Statistic::BytesSent, written as u64);
                    if written > 0 {
                        deadlines::record_write();
                    }
                    return Ok(written);
                }
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the timeout to set on a socket with timeout `current`, or `None` if it can stay. With it, the next system call
/// ends at the deadline, or when the interrupt hook must be called. Setting it costs a system call, so a difference of 5 %
/// is accepted.
fn changed_timeout(current: Option<Duration>) -> io::Result<Option<Duration>> {
    if interrupt::is_interrupted() {
        return Err(interrupt::interrupted_error());
    }
    let remaining = deadlines::remaining().ok_or(io::ErrorKind::TimedOut)?;
    let wanted = interrupt::wait_slice(remaining);
    Ok(Some(wanted)
        .filter(|_| current.is_none_or(|current| current.abs_diff(wanted) > current / 20)))
}

/// Returns whether a system call ended because of a signal or of its timeout, and must be repeated. The request may have
/// more time.
fn must_repeat(error: &io::Error) -> bool {
    match error.kind() {
        // A timeout is `WouldBlock`, except on Windows. Elsewhere `TimedOut` means that the connection failed.
        io::ErrorKind::TimedOut => cfg!(windows),
        kind => matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted),
    }
}

/// Fails if the interrupt hook ends the wait.
fn check_interrupt() -> io::Result<()> {
    if interrupt::should_interrupt() {
        return Err(interrupt::interrupted_error());
    }
    Ok(())
}
