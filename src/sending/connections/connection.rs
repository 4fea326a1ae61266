//! A connection that serves one request after another, and knows nothing of HTTP.

use std::fmt;
use std::io::{self, Read, Write};

use ureq::{Error, Timeout};

use crate::sending::connections::socket::Socket;
use crate::sending::connections::tls;
use crate::sending::connections::tls::TlsStream;
use crate::sending::http::deadlines;
use crate::sending::http::deadlines::Stage;

/// What a connection runs on.
pub enum Stream {
    /// TCP.
    Plain(Socket),
    /// TLS over it.
    Tls(Box<TlsStream>),
}

impl Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.read(into),
            Stream::Tls(secure) => secure.read(into),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.write(bytes),
            Stream::Tls(secure) => secure.write(bytes),
        }
    }

    fn socket(&self) -> &Socket {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(secure) => secure.socket(),
        }
    }

    /// A TLS stream may hold back what was written to it until it is flushed.
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(_) => Ok(()),
            Stream::Tls(secure) => secure.flush(),
        }
    }
}

/// A connection to the service, or to the proxy before it.
pub struct Connection {
    stream: Stream,
    /// Whether anything was ever received.
    was_heard: bool,
    /// How many bytes were written before the request that nothing was received for yet.
    before_request: Option<u64>,
    /// Where requests are put together; its memory is used again.
    gathered: Vec<u8>,
}

/// Requests and what TLS has of them are not shown.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

impl Connection {
    /// One over this stream, which is connected.
    pub fn new(stream: Stream) -> Self {
        Connection {
            stream,
            was_heard: false,
            before_request: None,
            gathered: Vec::new(),
        }
    }

    /// Whether it is encrypted.
    pub fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }

    /// Whether nothing has happened on it since its last answer, so that it can take another request.
    pub fn is_quiet(&mut self) -> bool {
        match &mut self.stream {
            Stream::Plain(socket) => socket.is_quiet(),
            Stream::Tls(secure) => secure.is_quiet(),
        }
    }

    /// The bytes that [`send`](Self::send) is to send.
    pub fn gathered(&mut self) -> &mut Vec<u8> {
        &mut self.gathered
    }

    /// Sends what was gathered, in one packet where it fits.
    pub fn send(&mut self) -> Result<(), Error> {
        self.before_request
            .get_or_insert_with(|| self.stream.socket().written());
        let mut sent = 0;
        while sent < self.gathered.len() {
            match self.stream.write(&self.gathered[sent..]) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(written) => sent += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(timed_out(error, Timeout::SendRequest)),
            }
        }
        self.gathered.clear();
        self.stream
            .flush()
            .map_err(|error| timed_out(error, Timeout::SendRequest))
    }

    /// Waits for what comes next, and gives its length: 0 when the peer has closed the connection. Where it has done so
    /// without reading a byte of the request, the request is as good as not written.
    pub fn receive(&mut self, into: &mut [u8]) -> Result<usize, Error> {
        loop {
            match self.stream.read(into) {
                Ok(0) => {
                    let before = self.before_request.take();
                    if before.is_some_and(|before| self.stream.socket().was_refused(before)) {
                        deadlines::was_refused();
                    }
                    return Ok(0);
                }
                Ok(read) => {
                    self.was_heard = true;
                    self.before_request = None;
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    // A server may check our certificate only after we take the handshake for done. What it refuses then
                    // is the connection, and it has looked at nothing that came over it.
                    if !self.was_heard && tls::is_refusal(&error) {
                        deadlines::reach(Stage::Securing);
                    }
                    return Err(timed_out(error, Timeout::RecvResponse));
                }
            }
        }
    }
}

fn timed_out(error: io::Error, reason: Timeout) -> Error {
    match error.kind() {
        io::ErrorKind::TimedOut => Error::Timeout(reason),
        _ => error.into(),
    }
}
