//! The short way: a request over a connection that is there, and an answer of the usual kind.
//!
//! Nearly all requests go this way. The HTTP client is built for far more, and one of its requests takes three times the
//! instructions of all else that is done for it (docs/src/decisions/0026). What is unusual about an answer is not read here:
//! the HTTP client is given what was received, and reads it from its beginning.

use std::io;

use ureq::Error;

use super::attempt;
use super::connection::Connection;
use super::head::Head;
use super::passed::Begun;
use super::transport::Answer;
use super::usual::{self, Seen};
use crate::wire::{Body, Call};

/// Requests with a longer body leave in parts, which is the HTTP client's to do.
const LONGEST_BODY: usize = 16 * 1024;

/// Room for an answer of the usual kind.
const ANSWER_BYTES: usize = 2048;

/// What came back.
pub enum Exchanged {
    /// An answer, and the connection where it can take another request.
    Answer(Answer, Option<Connection>),
    /// The beginning of something else, or nothing more.
    Unusual(Begun),
}

/// Whether this call can go this way.
pub fn is_for(call: &Call) -> bool {
    call.body.0.len() <= LONGEST_BODY
}

/// Makes a request over `connection`, which is quiet.
///
/// # Errors
/// It could not be sent, or nothing came back.
pub fn run(
    mut connection: Connection,
    head: &Head,
    call: &Call,
    limit: u64,
) -> Result<Exchanged, Error> {
    let request = connection.gathered();
    head.write(call, request);
    request.extend_from_slice(&call.body.0);
    attempt::begin_sending();
    connection.send()?;
    attempt::begin_waiting();

    let mut room = [0; ANSWER_BYTES];
    let mut filled = 0;
    loop {
        match connection.receive(&mut room[filled..]) {
            Ok(0) if filled == 0 => {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            Err(error) if filled == 0 => return Err(error),
            // The HTTP client runs into the same, and knows what it means for what was received.
            Ok(0) | Err(_) => break,
            Ok(received) => filled += received,
        }
        match usual::read(&room[..filled], limit) {
            Seen::Whole(answer, length) => {
                let connection = Some(connection).filter(|_| length == filled);
                return Ok(Exchanged::Answer(answer, connection));
            }
            Seen::Part if filled < room.len() => {}
            Seen::Part | Seen::Other => break,
        }
    }
    Ok(Exchanged::Unusual(Begun {
        connection,
        received: Body(room[..filled].to_vec()),
    }))
}
