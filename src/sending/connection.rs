//! A connection under HTTP that knows whether a byte of the request has gone into it.
//!
//! The HTTP client's own connection does not tell, and writes headers and body in two packets; what is said of its cost
//! in docs/src/decisions was measured before this was written.

use std::io;
use std::sync::Arc;

use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};
use ureq::{Error, Timeout};

use super::attempt::{self, Stage};
use super::forward::Forward;
use super::query;
use super::socket::Socket;
use crate::host::idle;

/// Room for an answer's head; longer answers are read in parts of this size.
const INPUT_BYTES: usize = 16 * 1024;
/// Room for the part of a request that the HTTP client writes at once.
const OUTPUT_BYTES: usize = 4 * 1024;
/// How much of a request is gathered before it leaves.
const GATHERED_BYTES: usize = 16 * 1024;

/// A stream below HTTP: plain TCP, or TLS over it.
pub trait Stream: io::Read + io::Write + std::fmt::Debug + Send + Sync + 'static {
    /// Whether it is encrypted.
    const IS_TLS: bool;

    /// Whether nothing has happened on it since its last answer, so that it can take another request.
    fn is_quiet(&mut self) -> bool;

    /// Whether this error is the peer's refusal to have this connection at all.
    fn is_refusal(error: &io::Error) -> bool;
}

impl Stream for Socket {
    const IS_TLS: bool = false;

    fn is_quiet(&mut self) -> bool {
        idle::is_quiet(self.stream())
    }

    fn is_refusal(_: &io::Error) -> bool {
        false
    }
}

/// HTTP's view of a stream.
#[derive(Debug)]
pub struct Connection<S: Stream> {
    stream: S,
    buffers: LazyBuffers,
    gathered: Vec<u8>,
    /// The proxy at the other end, where it is one that reads the requests.
    forward: Option<Arc<Forward>>,
    /// Where the connection is between two requests.
    state: State,
    /// Whether anything was ever received.
    was_heard: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The next bytes begin a request.
    Fresh,
    /// A request is being gathered and written.
    Sending,
    /// The request is written.
    Waiting,
    /// It lies idle in the pool.
    Parked,
}

impl<S: Stream> Connection<S> {
    /// A fresh one.
    pub fn new(stream: S, forward: Option<Arc<Forward>>) -> Self {
        Connection {
            stream,
            buffers: LazyBuffers::new(INPUT_BYTES, OUTPUT_BYTES),
            gathered: Vec::with_capacity(1024),
            forward,
            state: State::Fresh,
            was_heard: false,
        }
    }

    fn send_gathered(&mut self) -> Result<(), Error> {
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
        // A TLS stream may hold back what was written to it until it is flushed.
        self.stream
            .flush()
            .map_err(|error| timed_out(error, Timeout::SendRequest))
    }
}

impl<S: Stream> Transport for Connection<S> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        let output = &self.buffers.output()[..amount];
        if self.state == State::Sending {
            self.gathered.extend_from_slice(output);
        } else {
            self.state = State::Sending;
            attempt::begin_sending();
            self.gathered.clear();
            match &self.forward {
                Some(forward) => forward.rewrite(output, &mut self.gathered),
                None => self.gathered.extend_from_slice(output),
            }
            query::insert(&mut self.gathered);
        }
        if self.gathered.len() >= GATHERED_BYTES {
            self.send_gathered()?;
        }
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        if self.state == State::Sending {
            self.send_gathered()?;
            self.state = State::Waiting;
            attempt::begin_waiting();
        }
        loop {
            match self.stream.read(self.buffers.input_append_buf()) {
                Ok(read) => {
                    self.was_heard |= read > 0;
                    self.buffers.input_appended(read);
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    // A server may check our certificate only after we take the handshake for done. What it refuses then
                    // is the connection, and it has looked at nothing that came over it.
                    if !self.was_heard && S::is_refusal(&error) {
                        attempt::reach(Stage::Securing);
                    }
                    return Err(timed_out(error, Timeout::RecvResponse));
                }
            }
        }
    }

    /// Asked twice, before the connection goes to the pool and when it comes out; only the second time is worth a system
    /// call.
    fn is_open(&mut self) -> bool {
        if self.state == State::Parked {
            attempt::reach(Stage::Ready);
            self.stream.is_quiet()
        } else {
            self.state = State::Parked;
            true
        }
    }

    fn is_tls(&self) -> bool {
        S::IS_TLS
    }
}

fn timed_out(error: io::Error, reason: Timeout) -> Error {
    match error.kind() {
        io::ErrorKind::TimedOut => Error::Timeout(reason),
        _ => error.into(),
    }
}
