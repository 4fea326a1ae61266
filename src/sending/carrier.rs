//! Carries a request of the HTTP client over a connection of ours.
//!
//! The HTTP client's own connection does not tell whether a byte of the request has left, and writes headers and body in
//! two packets; what is said of its cost in docs/src/decisions was measured before this was written.

use std::fmt;
use std::sync::Arc;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};

use super::attempt;
use super::connection::Connection;
use super::forward::Forward;
use super::parked::Parked;
use super::passed::{self, Begun};

/// Room for an answer's head; longer answers are read in parts of this size.
const INPUT_BYTES: usize = 16 * 1024;
/// Room for the part of a request that the HTTP client writes at once.
const OUTPUT_BYTES: usize = 4 * 1024;
/// How much of a request is gathered before it leaves.
const GATHERED_BYTES: usize = 16 * 1024;

/// One request's hold on a connection.
pub struct Carrier {
    /// The connection, until it is parked.
    connection: Option<Connection>,
    parked: Arc<Parked>,
    /// The proxy at the other end, where it is one that reads the requests.
    forward: Option<Arc<Forward>>,
    buffers: LazyBuffers,
    /// What was received before the HTTP client came.
    received: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The next bytes begin a request.
    Fresh,
    /// A request is being gathered and written.
    Sending,
    /// The request is written.
    Waiting,
    /// The request was written before, and whoever writes it again writes it to nobody.
    Begun,
}

impl Carrier {
    /// One for a request that is yet to be sent.
    pub fn fresh(
        connection: Connection,
        parked: Arc<Parked>,
        forward: Option<Arc<Forward>>,
    ) -> Self {
        Carrier {
            connection: Some(connection),
            parked,
            forward,
            buffers: LazyBuffers::new(INPUT_BYTES, OUTPUT_BYTES),
            received: Vec::new(),
            state: State::Fresh,
        }
    }

    /// One for a request that is sent, and whose answer has begun.
    pub fn begun(begun: Begun, parked: Arc<Parked>) -> Self {
        Carrier {
            connection: Some(begun.connection),
            parked,
            forward: None,
            buffers: LazyBuffers::new(INPUT_BYTES, OUTPUT_BYTES),
            received: begun.received.0,
            state: State::Begun,
        }
    }
}

/// The HTTP client asks for it, and its buffers hold what was sent and received.
impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carrier")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Transport for Carrier {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        let Some(connection) = self
            .connection
            .as_mut()
            .filter(|_| self.state != State::Begun)
        else {
            return Ok(());
        };
        let output = &self.buffers.output()[..amount];
        let gathered = connection.gathered();
        if self.state == State::Sending {
            gathered.extend_from_slice(output);
        } else {
            self.state = State::Sending;
            attempt::begin_sending();
            gathered.clear();
            match &self.forward {
                Some(forward) => forward.rewrite(output, gathered),
                None => gathered.extend_from_slice(output),
            }
            passed::insert_query(gathered);
        }
        if gathered.len() >= GATHERED_BYTES {
            connection.send()?;
        }
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        let Some(connection) = &mut self.connection else {
            return Ok(false);
        };
        if self.state == State::Sending {
            connection.send()?;
            self.state = State::Waiting;
            attempt::begin_waiting();
        }
        let room = self.buffers.input_append_buf();
        let read = if self.received.is_empty() {
            connection.receive(room)?
        } else {
            let received = std::mem::take(&mut self.received);
            room[..received.len()].copy_from_slice(&received);
            received.len()
        };
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    /// Asked when an answer was read to its end, before the connection would go to the HTTP client's pool. It goes to ours.
    fn is_open(&mut self) -> bool {
        if let Some(connection) = self.connection.take() {
            self.parked.put(connection);
        }
        false
    }

    fn is_tls(&self) -> bool {
        self.connection.as_ref().is_some_and(Connection::is_tls)
    }
}
