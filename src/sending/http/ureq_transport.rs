//! Sends a request of ureq over one of our connections, and returns the connection after that. ureq does not read the
//! [response](crate::sending::http::response).
//!
//! ureq's own transport does not report whether a byte was sent, and writes headers and body in two packets. The costs in
//! docs/src/decisions were measured with ureq's transport.

use std::fmt;
use std::sync::Arc;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};

use crate::sending::connections::connection::Connection;
use crate::sending::connections::proxy_forward::ProxyForward;
use crate::sending::deadlines;
use crate::sending::http::request_context;

/// ureq requires a buffer for the response, which stays empty.
const INPUT_BYTES: usize = 1;
/// The size of the parts in which ureq writes a request.
const OUTPUT_BYTES: usize = 4 * 1024;
/// How many bytes of a request are collected before they are sent.
const MAX_COLLECTED_BYTES: usize = 16 * 1024;

/// The transport of one request.
pub struct UreqTransport {
    /// The connection, until the request is sent.
    connection: Option<Connection>,
    /// The headers for the proxy, if it forwards requests.
    forward: Option<Arc<ProxyForward>>,
    buffers: LazyBuffers,
    /// Whether the beginning of the request was already collected.
    has_begun: bool,
}

/// The connection on which the request was sent, or that was opened. It is an error type, because only an error makes ureq
/// return without reading a response.
#[derive(Debug)]
struct ReturnedConnection(Connection);

impl fmt::Display for ReturnedConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is returned")
    }
}

impl std::error::Error for ReturnedConnection {}

/// Returns an error that makes ureq return this connection.
pub fn error_with_connection(connection: Connection) -> Error {
    Error::Other(Box::new(ReturnedConnection(connection)))
}

/// Returns the connection in an error of ureq.
///
/// # Errors
/// The error itself, if it contains no connection, because ureq failed before.
pub fn connection_of_error(error: Error) -> Result<Connection, Error> {
    match error {
        Error::Other(cause) => match cause.downcast::<ReturnedConnection>() {
            Ok(returned) => Ok(returned.0),
            Err(cause) => Err(Error::Other(cause)),
        },
        error => Err(error),
    }
}

impl UreqTransport {
    /// Creates a transport for one request.
    pub fn new(connection: Connection, forward: Option<Arc<ProxyForward>>) -> Self {
        UreqTransport {
            connection: Some(connection),
            forward,
            buffers: LazyBuffers::new(INPUT_BYTES, OUTPUT_BYTES),
            has_begun: false,
        }
    }
}

/// ureq requires `Debug`. The buffers contain sent data and are not printed.
impl fmt::Debug for UreqTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UreqTransport")
            .field("has_begun", &self.has_begun)
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
        let part = &self.buffers.output()[..amount];
        let output = connection.output();
        if self.has_begun {
            output.extend_from_slice(part);
        } else {
            self.has_begun = true;
            deadlines::start_sending();
            output.clear();
            match &self.forward {
                Some(forward) => forward.add_headers(part, output),
                None => output.extend_from_slice(part),
            }
            request_context::replace_target(output);
        }
        if output.len() >= MAX_COLLECTED_BYTES {
            connection.send()?;
        }
        Ok(())
    }

    /// ureq calls it after the last byte of the request.
    fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
        let Some(mut connection) = self.connection.take() else {
            return Ok(false);
        };
        connection.send()?;
        deadlines::start_waiting();
        Err(error_with_connection(connection))
    }

    /// Returns `false`, so that ureq does not pool it.
    fn is_open(&mut self) -> bool {
        false
    }

    fn is_tls(&self) -> bool {
        self.connection.as_ref().is_some_and(Connection::is_tls)
    }
}
