//! The fast path: sends a request over an idle connection, without ureq.
//!
//! Nearly all requests take it. ureq needs three times the instructions of everything else (docs/src/decisions/0026); it sends
//! only the first request on each connection, and long ones.

use ureq::Error;

use crate::sending::connections::connection::Connection;
use crate::sending::deadlines;
use crate::sending::http::request_head::RequestHead;
use crate::wire::HttpRequest;

/// The longest body, in bytes. ureq sends longer ones, in parts.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// Returns whether this request can use the fast path.
pub fn is_usable(request: &HttpRequest) -> bool {
    request.body.0.len() <= MAX_BODY_BYTES
}

/// Sends a request over `connection`, which must be quiet.
///
/// # Errors
/// The request could not be sent.
pub fn send(
    connection: &mut Connection,
    head: &RequestHead,
    request: &HttpRequest,
) -> Result<(), Error> {
    let output = connection.output();
    head.write(request, output);
    output.extend_from_slice(&request.body.0);
    deadlines::start_sending();
    connection.send()?;
    deadlines::start_waiting();
    Ok(())
}
