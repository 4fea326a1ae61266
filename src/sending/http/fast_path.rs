//! The short way: a request over a connection that is there.
//!
//! Nearly all requests go this way. The HTTP client is built for far more, and one of its requests takes three times the
//! instructions of all else that is done for it (docs/src/decisions/0026). It makes the connections, and writes the first
//! request on each.

use ureq::Error;

use crate::sending::connections::connection::Connection;
use crate::sending::http::deadlines;
use crate::sending::http::request_head::RequestHead;
use crate::wire::HttpRequest;

/// Requests with a longer body leave in parts, which is the HTTP client's to do.
const LONGEST_BODY: usize = 16 * 1024;

/// Whether this call can go this way.
pub fn is_for(call: &HttpRequest) -> bool {
    call.body.0.len() <= LONGEST_BODY
}

/// Sends a request over `connection`, which is quiet.
///
/// # Errors
/// It could not be sent.
pub fn send(
    connection: &mut Connection,
    head: &RequestHead,
    call: &HttpRequest,
) -> Result<(), Error> {
    let request = connection.gathered();
    head.write(call, request);
    request.extend_from_slice(&call.body.0);
    deadlines::begin_sending();
    connection.send()?;
    deadlines::begin_waiting();
    Ok(())
}
