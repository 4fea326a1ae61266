//! A connection for one request after another. It does not parse HTTP.

use std::fmt;
use std::io::{self, Read, Write};

use ureq::{Error, Timeout};

use crate::sending::connections::socket::Socket;
use crate::sending::connections::tls;
use crate::sending::connections::tls::TlsStream;
use crate::sending::deadlines;
use crate::sending::deadlines::Stage;

/// The stream of a connection.
pub enum ConnectionStream {
    /// TCP.
    Plain(Socket),
    /// TLS over TCP.
    Tls(Box<TlsStream>),
}

impl ConnectionStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            ConnectionStream::Plain(socket) => socket.read(buffer),
            ConnectionStream::Tls(tls_stream) => tls_stream.read(buffer),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            ConnectionStream::Plain(socket) => socket.write(bytes),
            ConnectionStream::Tls(tls_stream) => tls_stream.write(bytes),
        }
    }

    fn socket(&self) -> &Socket {
        match self {
            ConnectionStream::Plain(socket) => socket,
            ConnectionStream::Tls(tls_stream) => tls_stream.socket(),
        }
    }

    /// Sends buffered TLS data.
    fn flush(&mut self) -> io::Result<()> {
        match self {
            ConnectionStream::Plain(_) => Ok(()),
            ConnectionStream::Tls(tls_stream) => tls_stream.flush(),
        }
    }
}

/// A connection to the service, or to the proxy.
pub struct Connection {
    stream: ConnectionStream,
    /// Whether any byte was ever received.
    has_received: bool,
    /// The number of bytes written before the current request, until the first byte of its response.
    written_before: Option<u64>,
    /// The request that is being written. Its memory is reused.
    output: Vec<u8>,
}

/// Requests and TLS data are not printed.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

impl Connection {
    /// Creates a connection over a connected stream.
    pub fn new(stream: ConnectionStream) -> Self {
        Connection {
            stream,
            has_received: false,
            written_before: None,
            output: Vec::new(),
        }
    }

    /// Returns whether the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        matches!(self.stream, ConnectionStream::Tls(_))
    }

    /// Returns whether nothing was received since the last response, so that the connection can be used for a request.
    pub fn is_quiet(&mut self) -> bool {
        match &mut self.stream {
            ConnectionStream::Plain(socket) => socket.is_quiet(),
            ConnectionStream::Tls(tls_stream) => tls_stream.is_quiet(),
        }
    }

    /// Returns the buffer of bytes that [`send`](Self::send) will send.
    pub fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// Sends the buffer, in one packet if possible.
    pub fn send(&mut self) -> Result<(), Error> {
        self.written_before
            .get_or_insert_with(|| self.stream.socket().written());
        let mut sent = 0;
        while sent < self.output.len() {
            match self.stream.write(&self.output[sent..]) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Ok(written) => sent += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(to_ureq_error(error, Timeout::SendRequest)),
            }
        }
        self.output.clear();
        self.stream
            .flush()
            .map_err(|error| to_ureq_error(error, Timeout::SendRequest))
    }

    /// Blocks until bytes arrive, and returns their number; 0 if the peer has closed the connection. If the peer has
    /// certainly read no byte of the request, records that in [`deadlines`].
    pub fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => {
                    let before = self.written_before.take();
                    if before.is_some_and(|before| self.stream.socket().is_refused(before)) {
                        deadlines::record_refusal();
                    }
                    return Ok(0);
                }
                Ok(read) => {
                    self.has_received = true;
                    self.written_before = None;
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    // A server may check the client certificate after the handshake is complete for us. A rejection
                    // then concerns the connection; the server has not read the request.
                    if !self.has_received && tls::is_rejection(&error) {
                        deadlines::set_stage(Stage::TlsHandshake);
                    }
                    return Err(to_ureq_error(error, Timeout::RecvResponse));
                }
            }
        }
    }
}

fn to_ureq_error(error: io::Error, reason: Timeout) -> Error {
    match error.kind() {
        io::ErrorKind::TimedOut => Error::Timeout(reason),
        _ => error.into(),
    }
}
