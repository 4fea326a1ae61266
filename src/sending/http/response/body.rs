//! Reads the body of a response.

use std::io;

use ureq::Error as HttpError;

use crate::sending::connections::connection::Connection;
use crate::sending::http::response::chunked::ChunkedDecoder;
use crate::sending::http::response::response_error::ResponseError;
use crate::sending::http::response::response_input::{PART_BYTES, closed_early};

/// How the end of a body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// After this number of bytes.
    Length(u64),
    /// After its last chunk.
    Chunked(ChunkedDecoder),
    /// When the peer closes the connection.
    UntilClosed,
}

impl Framing {
    /// Appends received bytes to the body. Returns how many belong to it.
    fn decode(&mut self, input: &[u8], body: &mut BodyBuffer) -> Result<usize, HttpError> {
        match self {
            Framing::Length(remaining) => {
                let length = usize::try_from(*remaining)
                    .map_or(input.len(), |remaining| remaining.min(input.len()));
                body.append(&input[..length])?;
                *remaining -= length as u64;
                Ok(length)
            }
            Framing::Chunked(chunked) => chunked.decode(input, |data| body.append(data)),
            Framing::UntilClosed => body.append(input).map(|()| input.len()),
        }
    }

    fn is_complete(&self) -> bool {
        match self {
            Framing::Length(remaining) => *remaining == 0,
            Framing::Chunked(chunked) => chunked.is_complete(),
            Framing::UntilClosed => false,
        }
    }

    /// Returns whether only the end of the connection ends the body.
    fn ends_with_the_connection(&self) -> bool {
        matches!(self, Framing::UntilClosed)
    }

    /// Returns whether the body is complete if the peer closes the connection now.
    fn is_complete_if_closed(&self) -> bool {
        match self {
            Framing::Length(remaining) => *remaining == 0,
            Framing::Chunked(chunked) => chunked.has_all_chunks(),
            Framing::UntilClosed => true,
        }
    }
}

/// Reads a body of at most `limit` bytes, of which `begin` was received with the head. The second value is `true` if the
/// connection can't be reused, because bytes followed the body or the peer closed it.
pub fn read(
    connection: &mut Connection,
    framing: Framing,
    begin: &[u8],
    limit: u64,
) -> (Result<Vec<u8>, HttpError>, bool) {
    let mut body = BodyBuffer {
        bytes: Vec::new(),
        limit,
    };
    let result = fill(connection, framing, begin, &mut body);
    let is_used_up = !matches!(result, Ok(true));
    (result.map(|_| body.bytes), is_used_up)
}

/// Returns whether the connection is still open and no byte followed the body.
fn fill(
    connection: &mut Connection,
    mut framing: Framing,
    begin: &[u8],
    body: &mut BodyBuffer,
) -> Result<bool, HttpError> {
    if let Framing::Length(length) = framing {
        // A body that is too large is not read at all.
        body.check_limit(length)?;
    }
    let mut decoded = framing.decode(begin, body)?;
    let mut length = begin.len();
    let mut part = [0; PART_BYTES];
    while !framing.is_complete() {
        length = match connection.receive(&mut part) {
            Ok(received) => received,
            // Many peers close without a TLS close_notify, or reset the connection after the response. A reset does not end a
            // body without a length: its rest, for example a rejection, may be lost.
            Err(HttpError::Io(error)) if is_end(&error) && !framing.ends_with_the_connection() => 0,
            Err(error) => return Err(error),
        };
        if length == 0 {
            return if framing.is_complete_if_closed() {
                Ok(false)
            } else {
                Err(closed_early())
            };
        }
        decoded = framing.decode(&part[..length], body)?;
    }
    Ok(decoded == length)
}

fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// The received part of a body.
struct BodyBuffer {
    bytes: Vec<u8>,
    limit: u64,
}

impl BodyBuffer {
    fn append(&mut self, more: &[u8]) -> Result<(), HttpError> {
        self.check_limit(self.bytes.len() as u64 + more.len() as u64)?;
        self.bytes
            .try_reserve(more.len())
            .map_err(|_| ResponseError::NoMemory)?;
        self.bytes.extend_from_slice(more);
        Ok(())
    }

    fn check_limit(&self, length: u64) -> Result<(), HttpError> {
        match length > self.limit {
            true => Err(HttpError::BodyExceedsLimit(self.limit)),
            false => Ok(()),
        }
    }
}
