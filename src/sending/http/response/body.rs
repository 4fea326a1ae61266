//! The body of an answer.

use std::io;

use ureq::Error as HttpError;

use crate::sending::connections::connection::Connection;
use crate::sending::http::response::chunked::Chunked;
use crate::sending::http::response::{PART_BYTES, ResponseError, closed};

/// Where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// After so many bytes.
    Length(u64),
    /// After its last chunk.
    Chunked(Chunked),
    /// Where the connection is closed.
    UntilClosed,
}

impl Framing {
    /// Takes bytes of the body as they came, and returns how many there were of it.
    fn take(&mut self, input: &[u8], body: &mut Body) -> Result<usize, HttpError> {
        match self {
            Framing::Length(left) => {
                let length =
                    usize::try_from(*left).map_or(input.len(), |left| left.min(input.len()));
                body.add(&input[..length])?;
                *left -= length as u64;
                Ok(length)
            }
            Framing::Chunked(chunked) => chunked.take(input, |data| body.add(data)),
            Framing::UntilClosed => body.add(input).map(|()| input.len()),
        }
    }

    fn is_ended(&self) -> bool {
        match self {
            Framing::Length(left) => *left == 0,
            Framing::Chunked(chunked) => chunked.is_ended(),
            Framing::UntilClosed => false,
        }
    }

    /// Whether the body is whole if the connection is closed now.
    fn may_end(&self) -> bool {
        match self {
            Framing::Length(left) => *left == 0,
            Framing::Chunked(chunked) => chunked.has_all_chunks(),
            Framing::UntilClosed => true,
        }
    }
}

/// Reads a body of `limit` bytes at most, of which `begin` was received with the head. The second value tells whether the
/// connection can't be used again: bytes came behind the body, or it was closed.
pub fn read(
    connection: &mut Connection,
    framing: Framing,
    begin: &[u8],
    limit: u64,
) -> (Result<Vec<u8>, HttpError>, bool) {
    let mut body = Body {
        bytes: Vec::new(),
        limit,
    };
    let whole = fill(connection, framing, begin, &mut body);
    let is_used_up = !matches!(whole, Ok(true));
    (whole.map(|_| body.bytes), is_used_up)
}

/// Whether the body ended without the connection, and nothing came behind it.
fn fill(
    connection: &mut Connection,
    mut framing: Framing,
    begin: &[u8],
    body: &mut Body,
) -> Result<bool, HttpError> {
    if let Framing::Length(length) = framing {
        // What is too long is not read at all.
        body.check(length)?;
    }
    let mut taken = framing.take(begin, body)?;
    let mut length = begin.len();
    let mut part = [0; PART_BYTES];
    while !framing.is_ended() {
        length = match connection.receive(&mut part) {
            Ok(received) => received,
            // Many peers close without the farewell that TLS has, or reset a connection that they have done with.
            Err(HttpError::Io(error)) if is_end(&error) => 0,
            Err(error) => return Err(error),
        };
        if length == 0 {
            return if framing.may_end() {
                Ok(false)
            } else {
                Err(closed())
            };
        }
        taken = framing.take(&part[..length], body)?;
    }
    Ok(taken == length)
}

fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// A body that grows.
struct Body {
    bytes: Vec<u8>,
    limit: u64,
}

impl Body {
    fn add(&mut self, more: &[u8]) -> Result<(), HttpError> {
        self.check(self.bytes.len() as u64 + more.len() as u64)?;
        self.bytes
            .try_reserve(more.len())
            .map_err(|_| ResponseError::NoMemory)?;
        self.bytes.extend_from_slice(more);
        Ok(())
    }

    fn check(&self, length: u64) -> Result<(), HttpError> {
        match length > self.limit {
            true => Err(HttpError::BodyExceedsLimit(self.limit)),
            false => Ok(()),
        }
    }
}

/// Waits for up to `most` bytes more, and appends them to `received`. Returns how many came: 0 if the peer has closed the
/// connection.
pub fn receive_more(
    connection: &mut Connection,
    received: &mut Vec<u8>,
    most: usize,
) -> Result<usize, HttpError> {
    let before = received.len();
    received
        .try_reserve(most)
        .map_err(|_| ResponseError::NoMemory)?;
    received.resize(before + most, 0);
    let outcome = connection.receive(&mut received[before..]);
    received.truncate(before + outcome.as_ref().copied().unwrap_or(0));
    outcome
}
