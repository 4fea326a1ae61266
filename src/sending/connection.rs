//! A TCP connection to the service that knows whether a byte of the request has gone into it.
//!
//! The HTTP client's own connection does not tell, and writes headers and body in two packets; what is said of its cost
//! in docs/src/decisions was measured before this was written.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};
use ureq::{Error, Timeout};

use super::attempt::{self, Stage};
use crate::host::idle;

/// Room for an answer's head; longer answers are read in parts of this size.
const INPUT_BYTES: usize = 16 * 1024;
/// Room for the part of a request that the HTTP client writes at once.
const OUTPUT_BYTES: usize = 4 * 1024;
/// How much of a request is gathered before it leaves.
const GATHERED_BYTES: usize = 16 * 1024;

/// A stream below HTTP: plain TCP, or TLS over it.
pub trait Stream: io::Read + io::Write + std::fmt::Debug + Send + Sync + 'static {
    /// The socket that it runs on.
    fn socket(&self) -> &TcpStream;

    /// Whether it is encrypted.
    fn is_tls(&self) -> bool;
}

/// A TCP socket that many may hold, so that it can be shut down from elsewhere.
#[derive(Debug)]
pub struct Plain(pub Arc<TcpStream>);

impl Stream for Plain {
    fn socket(&self) -> &TcpStream {
        &self.0
    }

    fn is_tls(&self) -> bool {
        false
    }
}

impl Read for Plain {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(buffer)
    }
}

impl Write for Plain {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// HTTP's view of a stream.
#[derive(Debug)]
pub struct Connection<S: Stream> {
    stream: S,
    buffers: LazyBuffers,
    gathered: Vec<u8>,
    /// The time-out that the socket has now, for reading and for writing.
    timeout: Option<Duration>,
    /// Whether it lies idle in the pool.
    parked: bool,
}

impl<S: Stream> Connection<S> {
    /// A fresh one.
    pub fn new(stream: S) -> Self {
        Connection {
            stream,
            buffers: LazyBuffers::new(INPUT_BYTES, OUTPUT_BYTES),
            gathered: Vec::with_capacity(1024),
            timeout: None,
            parked: false,
        }
    }

    fn send_gathered(&mut self) -> Result<(), Error> {
        let mut sent = 0;
        while sent < self.gathered.len() {
            self.bound(Timeout::SendRequest)?;
            match self.stream.write(&self.gathered[sent..]) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(written) => {
                    attempt::reach(Stage::Written);
                    sent += written;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(timed_out(error, Timeout::SendRequest)),
            }
        }
        self.gathered.clear();
        // A TLS stream may hold back what was written to it until it is flushed.
        match self.stream.flush() {
            Ok(()) => Ok(()),
            Err(error) => Err(timed_out(error, Timeout::SendRequest)),
        }
    }

    /// Sees to it that the next system call ends when the request's time does. Setting the socket's time-out costs a
    /// call, so it stays as it is while it is within a twentieth of what is wanted.
    fn bound(&mut self, reason: Timeout) -> Result<(), Error> {
        let left = attempt::remaining().ok_or(Error::Timeout(reason))?;
        if self
            .timeout
            .is_none_or(|timeout| timeout.abs_diff(left) > timeout / 20)
        {
            let socket = self.stream.socket();
            socket.set_read_timeout(Some(left))?;
            socket.set_write_timeout(Some(left))?;
            self.timeout = Some(left);
        }
        Ok(())
    }
}

impl<S: Stream> Transport for Connection<S> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        if self.parked {
            self.parked = false;
            self.gathered.clear();
        }
        self.gathered
            .extend_from_slice(&self.buffers.output()[..amount]);
        if self.gathered.len() >= GATHERED_BYTES {
            self.send_gathered()?;
        }
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        self.send_gathered()?;
        loop {
            self.bound(Timeout::RecvResponse)?;
            match self.stream.read(self.buffers.input_append_buf()) {
                Ok(read) => {
                    self.buffers.input_appended(read);
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(timed_out(error, Timeout::RecvResponse)),
            }
        }
    }

    /// Asked twice, before the connection goes to the pool and when it comes out; only the second time is worth a system
    /// call.
    fn is_open(&mut self) -> bool {
        if self.parked {
            attempt::reach(Stage::Ready);
            idle::is_quiet(self.stream.socket())
        } else {
            self.parked = true;
            true
        }
    }

    fn is_tls(&self) -> bool {
        self.stream.is_tls()
    }
}

fn timed_out(error: io::Error, reason: Timeout) -> Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::Timeout(reason),
        _ => error.into(),
    }
}
