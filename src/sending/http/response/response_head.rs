//! The head of an answer: its status and its headers.

use std::mem::MaybeUninit;

use ureq::Error as HttpError;

use crate::sending::connections::connection::Connection;
use crate::sending::http::response::body::{Framing, receive_more};
use crate::sending::http::response::chunked::Chunked;
use crate::sending::http::response::{PART_BYTES, ResponseError, closed, head_repair};
use crate::wire::body::charset::Charset;

/// The largest head that is read, with those of the hints before it (1xx). The number of its headers has no limit.
pub const MOST_BYTES: usize = 64 * 1024;

/// How many headers a usual head has at most.
const USUAL_HEADERS: usize = 32;

/// What a head says.
#[derive(Debug)]
pub struct ResponseHead {
    /// The HTTP status.
    pub status: u16,
    /// Where the body ends.
    pub framing: Framing,
    /// Whether the connection stays open after the body.
    pub keeps_connection: bool,
    /// The value of Retry-After.
    pub retry_after: Option<String>,
    /// The charset of Content-Type.
    pub charset: Option<Charset>,
    /// The codings of the body, but for chunked.
    pub codings: Option<String>,
    /// The bytes of the head.
    pub length: usize,
}

/// Parses a head that was received as a whole, if it is a usual one.
pub fn parse(received: &[u8]) -> Option<ResponseHead> {
    let mut room = [const { MaybeUninit::uninit() }; USUAL_HEADERS];
    parse_with(received, &mut room)
        .ok()
        .filter(|head| !is_hint(head.status))
}

/// Whether the answer itself comes later. The peer changes to another protocol (101) only if it was asked to.
fn is_hint(status: u16) -> bool {
    matches!(status, 100 | 102..=199)
}

/// Waits until `received` has a whole head, and removes it from there. Hints (1xx) are skipped.
///
/// # Errors
/// The connection broke before its end, it is too large, or it is not HTTP.
pub fn read(
    connection: &mut Connection,
    received: &mut Vec<u8>,
) -> Result<ResponseHead, HttpError> {
    let mut hints = 0;
    loop {
        let length = wait_for_end(connection, received, MOST_BYTES - hints)?;
        let head = parse_whole(&received[..length])?;
        received.drain(..length);
        if !is_hint(head.status) {
            return Ok(head);
        }
        hints += length;
    }
}

/// Returns the length of the head that `received` begins with, when all of it has come.
fn wait_for_end(
    connection: &mut Connection,
    received: &mut Vec<u8>,
    limit: usize,
) -> Result<usize, HttpError> {
    let mut searched = 0;
    loop {
        if !may_begin_head(received) {
            return Err(ResponseError::NotHttp.into());
        }
        let end = end_of_head(received, searched);
        if end.unwrap_or(received.len()) > limit {
            return Err(ResponseError::HeadTooLarge.into());
        }
        if let Some(end) = end {
            return Ok(end);
        }
        // The last bytes may be the beginning of the end.
        searched = received.len().saturating_sub(2);
        if receive_more(connection, received, PART_BYTES)? == 0 {
            return Err(closed());
        }
    }
}

/// Whether these bytes can be the beginning of a head. Servers may send line ends before it (RFC 9112 2.2).
fn may_begin_head(received: &[u8]) -> bool {
    const VERSION: &[u8] = b"HTTP/1.";
    let begin = &received[blank_lines(received)..];
    let common = begin.len().min(VERSION.len());
    begin[..common] == VERSION[..common]
}

/// The length of the line ends that these bytes begin with.
fn blank_lines(received: &[u8]) -> usize {
    let is_other = |byte: &u8| !matches!(byte, b'\r' | b'\n');
    received.iter().position(is_other).unwrap_or(received.len())
}

/// Where the empty line that ends a head ends. The first `searched` bytes have none.
fn end_of_head(received: &[u8], searched: usize) -> Option<usize> {
    let mut from = searched.max(blank_lines(received));
    loop {
        let line_end = from
            + received
                .get(from..)?
                .iter()
                .position(|&byte| byte == b'\n')?;
        from = line_end + 1;
        match received.get(from..)? {
            [b'\n', ..] => return Some(from + 1),
            [b'\r', b'\n', ..] => return Some(from + 2),
            _ => {}
        }
    }
}

/// Parses a whole head, in whatever form it is.
fn parse_whole(head: &[u8]) -> Result<ResponseHead, ResponseError> {
    let lines = head.iter().filter(|&&byte| byte == b'\n').count();
    let mut room = vec![MaybeUninit::uninit(); lines];
    parse_with(head, &mut room).or_else(|bad| {
        let repaired = head_repair::repair(head).ok_or(bad)?;
        let mut room = vec![MaybeUninit::uninit(); lines];
        parse_with(&repaired, &mut room)
    })
}

fn parse_with<'b>(
    received: &'b [u8],
    room: &mut [MaybeUninit<httparse::Header<'b>>],
) -> Result<ResponseHead, ResponseError> {
    let mut response = httparse::Response::new(&mut []);
    let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
        &mut response,
        received,
        room,
    );
    match (parsed, response.version, response.code) {
        (Ok(httparse::Status::Complete(length)), Some(version), Some(status @ 100..)) => {
            interpret(version, status, response.headers, length)
        }
        _ => Err(ResponseError::NotHttp),
    }
}

fn interpret(
    version: u8,
    status: u16,
    headers: &[httparse::Header],
    length: usize,
) -> Result<ResponseHead, ResponseError> {
    let mut head = ResponseHead {
        status,
        framing: Framing::UntilClosed,
        keeps_connection: version > 0,
        retry_after: None,
        charset: None,
        codings: None,
        length,
    };
    let mut content_length = None;
    let mut transfer = Transfer::default();
    let mut closes = false;
    let mut has_type = false;
    for header in headers {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        // Most headers are none of these, and that shows in their length already.
        match header.name.len() {
            14 if is("content-length") => {
                let told = Some(lengths(header.value)?);
                if content_length.is_some() && content_length != told {
                    return Err(ResponseError::NotHttp);
                }
                content_length = told;
            }
            12 if is("content-type") && !has_type => {
                has_type = true;
                head.charset = charset(header.value);
            }
            10 if is("connection") => {
                for option in tokens(header.value) {
                    closes |= option.eq_ignore_ascii_case(b"close");
                    head.keeps_connection |= option.eq_ignore_ascii_case(b"keep-alive");
                }
            }
            16 if is("content-encoding") => add_codings(&mut head.codings, header.value),
            17 if is("transfer-encoding") => transfer.add(header.value)?,
            11 if is("retry-after") && head.retry_after.is_none() => {
                head.retry_after = Some(String::from_utf8_lossy(header.value).into_owned());
            }
            _ => {}
        }
    }
    // Of two that disagree about the end of the body, somebody on the way may have believed the other.
    let is_ambiguous = transfer.is_given && (content_length.is_some() || version == 0);
    head.keeps_connection &= !closes && !is_ambiguous && status >= 200;
    if let Some(codings) = &transfer.codings {
        add_codings(&mut head.codings, codings.as_bytes());
    }
    head.framing = match content_length {
        _ if matches!(status, 100..=199 | 204 | 304) => Framing::Length(0),
        _ if transfer.is_chunked => Framing::Chunked(Chunked::default()),
        Some(length) if transfer.codings.is_none() => Framing::Length(length),
        _ => {
            head.keeps_connection = false;
            Framing::UntilClosed
        }
    };
    Ok(head)
}

/// The charset of a Content-Type, which has one among its parameters if at all.
fn charset(content_type: &[u8]) -> Option<Charset> {
    if !content_type.contains(&b';') {
        return None;
    }
    Charset::of_content_type(&String::from_utf8_lossy(content_type))
}

/// A Content-Length, or several in a list that are all the same.
fn lengths(value: &[u8]) -> Result<u64, ResponseError> {
    let mut length = None;
    for one in value.split(|&byte| byte == b',') {
        let digits = one.trim_ascii();
        let is_plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
        let parsed = str::from_utf8(digits).ok().filter(|_| is_plain);
        let parsed = parsed.and_then(|digits| digits.parse().ok());
        if parsed.is_none() || length.is_some() && length != parsed {
            return Err(ResponseError::NotHttp);
        }
        length = parsed;
    }
    length.ok_or(ResponseError::NotHttp)
}

/// What Transfer-Encoding says.
#[derive(Default)]
struct Transfer {
    is_given: bool,
    is_chunked: bool,
    /// The codings below the chunks.
    codings: Option<String>,
}

impl Transfer {
    fn add(&mut self, value: &[u8]) -> Result<(), ResponseError> {
        self.is_given = true;
        for coding in tokens(value) {
            // Chunks are the last coding, and nothing else tells where they end.
            if self.is_chunked {
                return Err(ResponseError::NotHttp);
            }
            if coding.eq_ignore_ascii_case(b"chunked") {
                self.is_chunked = true;
            } else if !coding.eq_ignore_ascii_case(b"identity") {
                add_codings(&mut self.codings, coding);
            }
        }
        Ok(())
    }
}

fn add_codings(codings: &mut Option<String>, more: &[u8]) {
    let codings = codings.get_or_insert_default();
    if !codings.is_empty() {
        codings.push_str(", ");
    }
    codings.push_str(&String::from_utf8_lossy(more));
}

fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|&byte| byte == b',')
        .map(<[u8]>::trim_ascii)
        .filter(|token| !token.is_empty())
}
