//! The TCP socket below everything: no read and no write on it outlasts the time that the request has.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use crate::host::{liveness, tcp_refusal};
use crate::interrupt;
use crate::sending::http::deadlines;

/// A TCP socket that many may hold, so that it can be shut down from elsewhere.
#[derive(Debug)]
pub struct Socket {
    stream: Arc<TcpStream>,
    /// The time-outs that it has now.
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
    written: u64,
}

impl Socket {
    /// Takes a connected stream.
    pub fn new(stream: Arc<TcpStream>) -> Self {
        Socket {
            stream,
            read_timeout: None,
            write_timeout: None,
            written: 0,
        }
    }

    /// How many bytes were written to it.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Whether the peer, whose end has been read, has surely read nothing of what was written after the first `before` bytes.
    pub fn was_refused(&self, before: u64) -> bool {
        tcp_refusal::is_proven(&self.stream, before)
    }

    /// Whether the peer has neither closed it nor sent anything that was not read.
    pub fn is_quiet(&self) -> bool {
        liveness::is_idle(&self.stream)
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(timeout) = changed(self.read_timeout)? {
                self.stream.set_read_timeout(Some(timeout))?;
                self.read_timeout = Some(timeout);
            }
            match (&*self.stream).read(buffer) {
                Err(error) if is_pause(&error) => may_go_on()?,
                ended => return ended,
            }
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            if let Some(timeout) = changed(self.write_timeout)? {
                self.stream.set_write_timeout(Some(timeout))?;
                self.write_timeout = Some(timeout);
            }
            match (&*self.stream).write(bytes) {
                Err(error) if is_pause(&error) => may_go_on()?,
                Err(error) => return Err(error),
                Ok(written) => {
                    self.written += written as u64;
                    if written > 0 {
                        deadlines::wrote();
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

/// The time-out that a socket with this one needs, so that its next system call ends when the request's time does, or when
/// the caller's hook is to be asked. Setting it costs a call, so it stays as it is while it is within a twentieth of what is
/// wanted.
fn changed(timeout: Option<Duration>) -> io::Result<Option<Duration>> {
    if interrupt::has_ended() {
        return Err(interrupt::error());
    }
    let left = deadlines::remaining().ok_or(io::ErrorKind::TimedOut)?;
    let wanted = interrupt::slice(left);
    Ok(Some(wanted).filter(|_| timeout.is_none_or(|now| now.abs_diff(wanted) > now / 20)))
}

/// Whether a system call has ended without a result because of a signal or of its time-out, and is to be made again: the
/// request may have more time than that.
fn is_pause(error: &io::Error) -> bool {
    match error.kind() {
        // One that has timed out says that it would block, but for Windows. Elsewhere that is the connection's end.
        io::ErrorKind::TimedOut => cfg!(windows),
        kind => matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted),
    }
}

/// Fails where the caller does not want to wait any longer.
fn may_go_on() -> io::Result<()> {
    if interrupt::asks_to_end() {
        return Err(interrupt::error());
    }
    Ok(())
}
