//! A TCP socket. Each read and write ends at the deadline of the request.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use ureq::unversioned::transport::ShutdownHandle;

use crate::host::sockets::{AbortableStream, idle_connection, tcp_refusal};
use crate::interrupt;
use crate::sending::deadlines;
use crate::statistics::{Counters, Statistic};

/// A TCP socket with shared ownership, so that another thread can abort it.
#[derive(Debug)]
pub struct Socket {
    stream: Arc<AbortableStream>,
    written: u64,
    counters: Arc<Counters>,
}

impl Socket {
    /// Wraps a connected stream. `counters` count its bytes.
    pub fn new(stream: Arc<AbortableStream>, counters: Arc<Counters>) -> Self {
        Socket {
            stream,
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
        tcp_refusal::is_proven(self.stream.tcp(), before)
    }

    /// Returns whether the peer has neither closed the connection nor sent unread bytes.
    pub fn is_quiet(&self) -> bool {
        idle_connection::is_idle(self.stream.tcp())
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.stream.read(buffer, timeout()?) {
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
            match self.stream.write(bytes, timeout()?) {
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

/// Returns the timeout of the next system call. It ends at the deadline, or when the interrupt hook must be called.
fn timeout() -> io::Result<Duration> {
    if interrupt::is_interrupted() {
        return Err(interrupt::interrupted_error());
    }
    let remaining = deadlines::remaining().ok_or(io::ErrorKind::TimedOut)?;
    Ok(interrupt::wait_slice(remaining))
}

/// Returns whether a system call ended because of a signal or of its timeout, and must be repeated. The request may have
/// more time. `TimedOut` means that the connection failed.
fn must_repeat(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// Fails if the interrupt hook ends the wait.
fn check_interrupt() -> io::Result<()> {
    if interrupt::should_interrupt() {
        return Err(interrupt::interrupted_error());
    }
    Ok(())
}

impl ShutdownHandle for AbortableStream {
    fn shutdown(&self) {
        self.abort();
    }
}
