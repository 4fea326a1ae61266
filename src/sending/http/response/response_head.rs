//! Reads and parses the head of a response: status and headers.

use std::mem::MaybeUninit;

use ureq::Error as HttpError;

use crate::sending::connections::connection::Connection;
use crate::sending::http::response::body::Framing;
use crate::sending::http::response::chunked::ChunkedDecoder;
use crate::sending::http::response::head_repair;
use crate::sending::http::response::response_error::ResponseError;
use crate::sending::http::response::response_input::{PART_BYTES, closed_early, receive_more};
use crate::wire::body::charset::Charset;

/// The limit for a head that is parsed in place.
const MAX_HEADERS_IN_PLACE: usize = 32;

/// The parts of a head that the library uses.
#[derive(Debug)]
pub struct ResponseHead {
    /// The HTTP status.
    pub status: u16,
    /// How the end of the body is found.
    pub framing: Framing,
    /// Whether the connection stays open after the body.
    pub keeps_connection: bool,
    /// The value of Retry-After.
    pub retry_after: Option<String>,
    /// The charset of Content-Type.
    pub charset: Option<Charset>,
    /// The codings of the body, without `chunked`.
    pub codings: Option<String>,
    /// The length of the head in bytes.
    pub length: usize,
}

/// Parses a complete, common head in place. Returns `None` for any other.
pub fn parse(received: &[u8]) -> Option<ResponseHead> {
    let mut headers = [const { MaybeUninit::uninit() }; MAX_HEADERS_IN_PLACE];
    parse_with(received, &mut headers)
        .ok()
        .filter(|head| !is_interim(head.status))
}

/// Returns whether the final response follows later. 101 is final, because the library never requests an upgrade.
fn is_interim(status: u16) -> bool {
    matches!(status, 100 | 102..=199)
}

/// Blocks until `received` begins with a whole head, and removes the head from it. Interim responses (1xx) are skipped.
///
/// # Errors
/// The connection failed before the end of the head, or the head is too large or not HTTP.
pub fn read(
    connection: &mut Connection,
    received: &mut Vec<u8>,
) -> Result<ResponseHead, HttpError> {
    let mut skipped = 0;
    loop {
        let length = wait_for_end(
            connection,
            received,
            ResponseError::MAX_HEAD_BYTES - skipped,
        )?;
        let head = parse_whole(&received[..length])?;
        received.drain(..length);
        if !is_interim(head.status) {
            return Ok(head);
        }
        skipped += length;
    }
}

/// Blocks until `received` begins with a whole head. Returns the length of the head.
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
        // The last two bytes may belong to the end of the head.
        searched = received.len().saturating_sub(2);
        if receive_more(connection, received, PART_BYTES)? == 0 {
            return Err(closed_early());
        }
    }
}

/// Returns whether a head can begin with these bytes. Servers may send line ends before it (RFC 9112 2.2).
fn may_begin_head(received: &[u8]) -> bool {
    const VERSION: &[u8] = b"HTTP/1.";
    let begin = &received[leading_line_ends(received)..];
    let common = begin.len().min(VERSION.len());
    begin[..common] == VERSION[..common]
}

/// Returns the length of the line ends at the beginning.
fn leading_line_ends(received: &[u8]) -> usize {
    let is_other = |byte: &u8| !matches!(byte, b'\r' | b'\n');
    received.iter().position(is_other).unwrap_or(received.len())
}

/// Returns the position after the empty line that ends a head. The first `searched` bytes do not contain it.
fn end_of_head(received: &[u8], searched: usize) -> Option<usize> {
    let mut from = searched.max(leading_line_ends(received));
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

/// Parses a whole head, and corrects it if necessary.
fn parse_whole(head: &[u8]) -> Result<ResponseHead, ResponseError> {
    let lines = head.iter().filter(|&&byte| byte == b'\n').count();
    let mut headers = vec![MaybeUninit::uninit(); lines];
    parse_with(head, &mut headers).or_else(|error| {
        let repaired = head_repair::repair(head).ok_or(error)?;
        let mut headers = vec![MaybeUninit::uninit(); lines];
        parse_with(&repaired, &mut headers)
    })
}

fn parse_with<'b>(
    received: &'b [u8],
    headers: &mut [MaybeUninit<httparse::Header<'b>>],
) -> Result<ResponseHead, ResponseError> {
    let mut response = httparse::Response::new(&mut []);
    let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
        &mut response,
        received,
        headers,
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
    let mut transfer = TransferEncoding::default();
    let mut closes = false;
    let mut has_type = false;
    for header in headers {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        // Comparing the length first is faster, because most headers are not in this list.
        match header.name.len() {
            14 if is("content-length") => {
                let length = Some(parse_content_length(header.value)?);
                if content_length.is_some() && content_length != length {
                    return Err(ResponseError::NotHttp);
                }
                content_length = length;
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
    // If two headers disagree about the end of the body, a proxy may have believed the other one.
    let is_ambiguous = transfer.is_given && (content_length.is_some() || version == 0);
    head.keeps_connection &= !closes && !is_ambiguous && status >= 200;
    if let Some(codings) = &transfer.codings {
        add_codings(&mut head.codings, codings.as_bytes());
    }
    head.framing = match content_length {
        _ if matches!(status, 100..=199 | 204 | 304) => Framing::Length(0),
        _ if transfer.is_chunked => Framing::Chunked(ChunkedDecoder::default()),
        Some(length) if transfer.codings.is_none() => Framing::Length(length),
        _ => {
            head.keeps_connection = false;
            Framing::UntilClosed
        }
    };
    Ok(head)
}

/// Returns the charset parameter of a Content-Type.
fn charset(content_type: &[u8]) -> Option<Charset> {
    if !content_type.contains(&b';') {
        return None;
    }
    Charset::of_content_type(&String::from_utf8_lossy(content_type))
}

/// Parses a Content-Length, or a list of equal ones.
fn parse_content_length(value: &[u8]) -> Result<u64, ResponseError> {
    let mut length = None;
    for item in value.split(|&byte| byte == b',') {
        let digits = item.trim_ascii();
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

/// The parsed Transfer-Encoding.
#[derive(Default)]
struct TransferEncoding {
    is_given: bool,
    is_chunked: bool,
    /// The codings inside the chunks.
    codings: Option<String>,
}

impl TransferEncoding {
    fn add(&mut self, value: &[u8]) -> Result<(), ResponseError> {
        self.is_given = true;
        for coding in tokens(value) {
            // `chunked` must be the last coding, because only it marks the end.
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
