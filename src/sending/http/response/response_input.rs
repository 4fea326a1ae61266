//! Receives the bytes of a response in parts.

use std::io;

use ureq::Error as HttpError;

use crate::sending::connections::connection::Connection;
use crate::sending::http::response::response_error::ResponseError;

/// How many bytes are received at once.
pub const PART_BYTES: usize = 8 * 1024;

/// Blocks until at most `limit` bytes have arrived, and appends them to `received`. Returns their number; 0 if the peer
/// has closed the connection.
pub fn receive_more(
    connection: &mut Connection,
    received: &mut Vec<u8>,
    limit: usize,
) -> Result<usize, HttpError> {
    let before = received.len();
    received
        .try_reserve(limit)
        .map_err(|_| ResponseError::NoMemory)?;
    received.resize(before + limit, 0);
    let result = connection.receive(&mut received[before..]);
    received.truncate(before + result.as_ref().copied().unwrap_or(0));
    result
}

/// Returns the error for a connection that the peer closed before the end of the response.
pub fn closed_early() -> HttpError {
    io::Error::from(io::ErrorKind::UnexpectedEof).into()
}
