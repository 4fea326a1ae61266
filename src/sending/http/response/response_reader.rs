//! Reads one response from a connection.

use ureq::Error as HttpError;

use crate::sending::connections::connection::Connection;
use crate::sending::http::response::body::Framing;
use crate::sending::http::response::http_response::HttpResponse;
use crate::sending::http::response::response_input::closed_early;
use crate::sending::http::response::{body, response_head};

/// The size of the first read. Most responses fit into it.
const FIRST_READ_BYTES: usize = 2048;

/// Blocks until the response to the request that was sent over `connection` has arrived. The body of a response with more
/// than `limit` bytes is not read. Returns the connection too, if it can be used for another request.
///
/// # Errors
/// The connection failed before the end of the head, or the response is not HTTP.
pub fn read(
    mut connection: Connection,
    limit: u64,
) -> Result<(HttpResponse, Option<Connection>), HttpError> {
    let mut buffer = [0; FIRST_READ_BYTES];
    let filled = match connection.receive(&mut buffer)? {
        0 => return Err(closed_early()),
        filled => filled,
    };
    let received = &buffer[..filled];
    if let Some(head) = response_head::parse(received)
        && let Framing::Length(length) = head.framing
        && length <= limit
        && let Some(body) = received[head.length..].get(..length as usize)
    {
        let is_reusable = head.keeps_connection && head.length + body.len() == filled;
        let body = Ok(body.to_vec());
        let connection = Some(connection).filter(|_| is_reusable);
        return Ok((HttpResponse::new(head, body), connection));
    }
    read_in_parts(connection, received.to_vec(), limit)
}

/// Reads a response that begins with `received`.
fn read_in_parts(
    mut connection: Connection,
    mut received: Vec<u8>,
    limit: u64,
) -> Result<(HttpResponse, Option<Connection>), HttpError> {
    let head = response_head::read(&mut connection, &mut received)?;
    let (body, is_used_up) = body::read(&mut connection, head.framing, &received, limit);
    let is_reusable = head.keeps_connection && !is_used_up && body.is_ok();
    let connection = Some(connection).filter(|_| is_reusable);
    Ok((HttpResponse::new(head, body), connection))
}
