//! The TCP socket below everything: no read and no write on it outlasts the time that the request has.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use super::attempt;
use crate::host::idle;

/// A TCP socket that many may hold, so that it can be shut down from elsewhere.
#[derive(Debug)]
pub struct Socket {
    stream: Arc<TcpStream>,
    /// The time-outs that it has now.
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

impl Socket {
    /// Takes a connected stream.
    pub fn new(stream: Arc<TcpStream>) -> Self {
        Socket {
            stream,
            read_timeout: None,
            write_timeout: None,
        }
    }

    /// Whether the peer has neither closed it nor sent anything that was not read.
    pub fn is_quiet(&self) -> bool {
        idle::is_quiet(&self.stream)
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(timeout) = changed(self.read_timeout)? {
            self.stream.set_read_timeout(Some(timeout))?;
            self.read_timeout = Some(timeout);
        }
        (&*self.stream).read(buffer).map_err(timed_out)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(timeout) = changed(self.write_timeout)? {
            self.stream.set_write_timeout(Some(timeout))?;
            self.write_timeout = Some(timeout);
        }
        let written = (&*self.stream).write(bytes).map_err(timed_out)?;
        if written > 0 {
            attempt::wrote();
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The time-out that a socket with this one needs, so that its next system call ends when the request's time does. Setting
/// it costs a call, so it stays as it is while it is within a twentieth of what is wanted.
fn changed(timeout: Option<Duration>) -> io::Result<Option<Duration>> {
    let left = attempt::remaining().ok_or(io::ErrorKind::TimedOut)?;
    Ok(Some(left).filter(|_| timeout.is_none_or(|now| now.abs_diff(left) > now / 20)))
}

/// A system call that ends without result because of the time-out says that it would block.
fn timed_out(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
        _ => error,
    }
}
