//! Carries a request of the HTTP client over a connection of ours, and takes the connection back when the request is sent:
//! the [answer](crate::sending::http::response) is not the HTTP client's to read.
//!
//! The HTTP client's own connection does not tell whether a byte of the request has left, and writes headers and body in
//! two packets; what is said of its cost in docs/src/decisions was measured before this was written.

use std::fmt;
use std::sync::Arc;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};

use crate::sending::connections::connection::Connection;
use crate::sending::connections::proxy_forward::Forward;
use crate::sending::http::deadlines;
use crate::sending::http::request_context;

/// The HTTP client wants some room for an answer, which never comes.
const INPUT_BYTES: usize = 1;
/// Room for the part of a request that the HTTP client writes at once.
const OUTPUT_BYTES: usize = 4 * 1024;
/// How much of a request is gathered before it leaves.
const GATHERED_BYTES: usize = 16 * 1024;

/// One request's hold on a connection.
pub struct UreqTransport {
    /// The connection, until the request is sent.
    connection: Option<Connection>,
    /// The proxy at the other end, where it is one that reads the requests.
    forward: Option<Arc<Forward>>,
    buffers: LazyBuffers,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The next bytes begin a request.
    Fresh,
    /// A request is being gathered and written.
    Sending,
}

/// The request is sent over this connection. Carried as an error, which is the one way out of the HTTP client that reads
/// no answer.
#[derive(Debug)]
struct Sent(Connection);

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request is sent")
    }
}

impl std::error::Error for Sent {}

/// Returns the connection over which the HTTP client has sent its request.
///
/// # Errors
/// The error with which it ended, if it has not.
pub fn connection_after_sending(error: Error) -> Result<Connection, Error> {
    match error {
        Error::Other(cause) => match cause.downcast::<Sent>() {
            Ok(sent) => Ok(sent.0),
            Err(cause) => Err(Error::Other(cause)),
        },
        error => Err(error),
    }
}

impl UreqTransport {
    /// One for a request that is yet to be sent.
    pub fn new(connection: Connection, forward: Option<Arc<Forward>>) -> Self {
        UreqTransport {
            connection: Some(connection),
            forward,
            buffers: LazyBuffers::new(INPUT_BYTES, OUTPUT_BYTES),
            state: State::Fresh,
        }
    }
}

/// The HTTP client asks for it, and its buffers hold what was sent and received.
impl fmt::Debug for UreqTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carrier")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Transport for UreqTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        let Some(connection) = &mut self.connection else {
            return Ok(());
        };
        let output = &self.buffers.output()[..amount];
        let gathered = connection.gathered();
        if self.state == State::Sending {
            gathered.extend_from_slice(output);
        } else {
            self.state = State::Sending;
            deadlines::begin_sending();
            gathered.clear();
            match &self.forward {
                Some(forward) => forward.rewrite(output, gathered),
                None => gathered.extend_from_slice(output),
            }
            request_context::replace_target(gathered);
        }
        if gathered.len() >= GATHERED_BYTES {
            connection.send()?;
        }
        Ok(())
    }

    /// Called when the request is written.
    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        let Some(mut connection) = self.connection.take() else {
            return Ok(false);
        };
        connection.send()?;
        deadlines::begin_waiting();
        Err(Error::Other(Box::new(Sent(connection))))
    }

    /// Without its connection, nothing goes to the HTTP client's pool.
    fn is_open(&mut self) -> bool {
        false
    }

    fn is_tls(&self) -> bool {
        self.connection.as_ref().is_some_and(Connection::is_tls)
    }
}
