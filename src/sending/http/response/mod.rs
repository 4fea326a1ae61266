//! The one reader of answers, for requests of either way.
//!
//! A request is written by the HTTP client or by the [short way](crate::sending::http::fast_path); its answer is read here. An answer of
//! the usual kind comes in one part and has its length, and is read in place. Else [`head`] waits for the whole head, whose
//! oddities [`head_repair`] mends, and [`body`] reads what follows, by [`chunked`] where it comes in chunks.
//!
//! What tells where an answer ends (Content-Length, Transfer-Encoding, Connection) is read strictly. All else is read as
//! browsers and curl read it (docs/src/decisions/0029).

mod body;
mod chunked;
mod head_repair;
mod response_error;
mod response_head;

use std::io;

use ureq::Error as HttpError;

use crate::sending::connections::connection::Connection;
use crate::sending::http::response::body::Framing;
pub use crate::sending::http::response::response_error::ResponseError;
use crate::sending::http::response::response_head::ResponseHead;
use crate::wire;
use crate::wire::body::charset::Charset;

/// Answers of the usual kind have fewer bytes.
const USUAL_BYTES: usize = 2048;

/// How much is received at once of other answers.
const PART_BYTES: usize = 8 * 1024;

/// An answer, as it came.
#[derive(Debug)]
pub struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// The value of the header Retry-After.
    pub retry_after: Option<String>,
    /// The charset that the header Content-Type names.
    pub charset: Option<Charset>,
    /// The codings that the body still has, as Content-Encoding lists them.
    pub codings: Option<String>,
    /// The body, or why it could not be read to its end.
    pub body: Result<wire::Body, HttpError>,
}

impl HttpResponse {
    fn new(head: ResponseHead, body: Result<Vec<u8>, HttpError>) -> Self {
        HttpResponse {
            status: head.status,
            retry_after: head.retry_after,
            charset: head.charset,
            codings: head.codings,
            body: body.map(wire::Body),
        }
    }
}

/// Waits for the answer to a request that was sent over `connection`, and reads it. A body of more than `limit` bytes is
/// not read. The second value is the connection, if it can take another request.
///
/// # Errors
/// The connection broke before the head had come, or what came is not HTTP.
pub fn read(
    mut connection: Connection,
    limit: u64,
) -> Result<(HttpResponse, Option<Connection>), HttpError> {
    let mut room = [0; USUAL_BYTES];
    let filled = match connection.receive(&mut room)? {
        0 => return Err(closed()),
        filled => filled,
    };
    let received = &room[..filled];
    if let Some(head) = crate::sending::http::response::response_head::parse(received)
        && let Framing::Length(length) = head.framing
        && length <= limit
        && let Some(body) = received[head.length..].get(..length as usize)
    {
        let is_reusable = head.keeps_connection && head.length + body.len() == filled;
        let body = Ok(body.to_vec());
        let connection = Some(connection).filter(|_| is_reusable);
        return Ok((HttpResponse::new(head, body), connection));
    }
    read_unusual(connection, received.to_vec(), limit)
}

/// Reads an answer that begins with `received`.
fn read_unusual(
    mut connection: Connection,
    mut received: Vec<u8>,
    limit: u64,
) -> Result<(HttpResponse, Option<Connection>), HttpError> {
    let head = crate::sending::http::response::response_head::read(&mut connection, &mut received)?;
    let (body, left_over) =
        crate::sending::http::response::body::read(&mut connection, head.framing, &received, limit);
    let is_reusable = head.keeps_connection && !left_over && body.is_ok();
    let connection = Some(connection).filter(|_| is_reusable);
    Ok((HttpResponse::new(head, body), connection))
}

/// The peer has closed the connection too early.
fn closed() -> HttpError {
    io::Error::from(io::ErrorKind::UnexpectedEof).into()
}
