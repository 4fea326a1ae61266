//! Follows the bytes of a connection from request to request, and detects ambiguous heads.
//!
//! The parser does not report them: it accepts a line that ends without a carriage return, and it ignores
//! Content-Length in a chunked request. A proxy in front of this listener may have parsed such a head as another
//! request.

use std::sync::{Mutex, PoisonError};

use memchr::memchr;

/// Finds the start and end of each request of a connection.
#[derive(Debug, Default)]
pub struct Framing(Mutex<FramingState>);

#[derive(Debug, Default)]
struct FramingState {
    parse_state: ParseState,
    head: Head,
    /// The prefix of an incomplete line, and its last byte.
    line: Vec<u8>,
    last: u8,
    /// Number of complete, unambiguous heads that the handler has not checked yet.
    complete_heads: usize,
    /// Whether a head has more headers than the default parser accepts.
    has_many_headers: bool,
}

/// The part of a request that the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ParseState {
    /// A head, or empty lines before it.
    #[default]
    Start,
    RequestLine,
    Head,
    /// A body with this number of remaining bytes.
    Body(u64),
    Chunked(ChunkState),
    /// A head was ambiguous, or a body is malformed: the parser serves no further request.
    Invalid,
}

/// The part of a chunked body that the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChunkState {
    /// The first digit of the chunk size.
    FirstDigit,
    Size(u64),
    /// White space after the size.
    Space(u64),
    Extension(u64),
    SizeFeed(u64),
    Data(u64),
    DataReturn,
    DataFeed,
    /// A line after the last chunk: the empty line or a trailer.
    LastLine,
    Trailer,
    TrailerFeed,
    LastFeed,
}

/// The headers of the current head.
#[derive(Debug, Default)]
struct Head {
    headers: usize,
    length: Option<Length>,
    is_chunked: bool,
    has_bare_feed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Bytes(u64),
    /// It is not a number, or there are two values. The parser rejects it.
    Invalid,
}

/// Number of headers that the default parser accepts.
pub const DEFAULT_MAX_HEADERS: usize = 100;

/// Number of bytes stored of an incomplete line: more than the two headers need.
const MAX_LINE_PREFIX: usize = 256;

impl Framing {
    /// Parses further bytes.
    pub fn feed(&self, bytes: &[u8]) {
        self.lock().feed(bytes);
    }

    /// Returns whether the head that the parser has just read is ambiguous.
    pub fn next_head_is_ambiguous(&self) -> bool {
        let mut state = self.lock();
        let is_valid = state.complete_heads > 0;
        state.complete_heads = state.complete_heads.saturating_sub(1);
        !is_valid
    }

    /// Returns whether a head needs a parser for more than [`DEFAULT_MAX_HEADERS`].
    pub fn has_many_headers(&self) -> bool {
        self.lock().has_many_headers
    }

    /// Resets the state. The next byte starts a request.
    pub fn reset(&self) {
        *self.lock() = FramingState::default();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, FramingState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FramingState {
    fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let consumed = match self.parse_state {
                ParseState::Start => self.skip_empty_lines(bytes),
                ParseState::RequestLine | ParseState::Head => self.parse_line(bytes),
                ParseState::Body(left) => self.skip_body(bytes, left),
                ParseState::Chunked(ChunkState::Data(left)) => self.skip_chunk_data(bytes, left),
                ParseState::Chunked(chunk) => {
                    self.parse_state = next_chunk_state(chunk, bytes[0]);
                    1
                }
                ParseState::Invalid => return,
            };
            bytes = &bytes[consumed..];
        }
    }

    fn skip_empty_lines(&mut self, bytes: &[u8]) -> usize {
        let empty = bytes
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let empty = empty.count();
        if empty < bytes.len() {
            self.parse_state = ParseState::RequestLine;
            self.head = Head::default();
            self.line.clear();
        }
        empty
    }

    /// Parses up to the end of a line. Returns the number of bytes.
    fn parse_line(&mut self, bytes: &[u8]) -> usize {
        let Some(end) = memchr(b'\n', bytes) else {
            self.store_line_prefix(bytes);
            return bytes.len();
        };
        if self.line.is_empty() {
            self.end_line(&bytes[..end], end.checked_sub(1).map(|last| bytes[last]));
        } else {
            self.store_line_prefix(&bytes[..end]);
            let (mut line, last) = (std::mem::take(&mut self.line), self.last);
            self.end_line(&line, Some(last));
            line.clear();
            self.line = line;
        }
        end + 1
    }

    fn store_line_prefix(&mut self, bytes: &[u8]) {
        let Some(last) = bytes.last() else { return };
        self.last = *last;
        let room = MAX_LINE_PREFIX.saturating_sub(self.line.len());
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Parses a complete line, without its line feed.
    fn end_line(&mut self, line: &[u8], last: Option<u8>) {
        let has_return = last == Some(b'\r');
        self.head.has_bare_feed |= !has_return;
        let is_empty = line.len() == usize::from(has_return);
        if self.parse_state == ParseState::RequestLine {
            self.parse_state = ParseState::Head;
        } else if is_empty {
            self.end_head();
        } else {
            self.head.parse_header(line);
            self.has_many_headers |= self.head.headers > DEFAULT_MAX_HEADERS;
        }
    }

    fn end_head(&mut self) {
        let head = std::mem::take(&mut self.head);
        let is_ambiguous = head.has_bare_feed || head.is_chunked && head.length.is_some();
        self.complete_heads += usize::from(!is_ambiguous);
        self.parse_state = match head.length {
            _ if is_ambiguous => ParseState::Invalid,
            _ if head.is_chunked => ParseState::Chunked(ChunkState::FirstDigit),
            Some(Length::Invalid) => ParseState::Invalid,
            None | Some(Length::Bytes(0)) => ParseState::Start,
            Some(Length::Bytes(length)) => ParseState::Body(length),
        };
    }

    fn skip_body(&mut self, bytes: &[u8], left: u64) -> usize {
        let consumed = left.min(bytes.len() as u64);
        self.parse_state = match left - consumed {
            0 => ParseState::Start,
            left => ParseState::Body(left),
        };
        consumed as usize
    }

    fn skip_chunk_data(&mut self, bytes: &[u8], left: u64) -> usize {
        let consumed = left.min(bytes.len() as u64);
        self.parse_state = ParseState::Chunked(match left - consumed {
            0 => ChunkState::DataReturn,
            left => ChunkState::Data(left),
        });
        consumed as usize
    }
}

impl Head {
    /// Parses a header line.
    fn parse_header(&mut self, line: &[u8]) {
        self.headers += 1;
        // Skips most other headers quickly.
        if !matches!(line[0] | 0x20, b'c' | b't') {
            return;
        }
        let Some((name, value)) = memchr(b':', line).map(|colon| line.split_at(colon)) else {
            return;
        };
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.is_chunked = true;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            let length = parse_length(value[1..].trim_ascii());
            self.length = Some(match self.length {
                Some(other) if other != length => Length::Invalid,
                _ => length,
            });
        }
    }
}

/// Parses the value of Content-Length, which may be a list of equal numbers.
fn parse_length(value: &[u8]) -> Length {
    let mut lengths = value.split(|byte| *byte == b',').map(|one| {
        let one = one.trim_ascii();
        let digits = one.iter().all(u8::is_ascii_digit).then_some(one);
        let number = digits.and_then(|digits| str::from_utf8(digits).ok()?.parse().ok());
        number.map_or(Length::Invalid, Length::Bytes)
    });
    let first = lengths.next().unwrap_or(Length::Invalid);
    if lengths.all(|other| other == first) {
        first
    } else {
        Length::Invalid
    }
}

/// Returns the state after a byte of a chunked body.
fn next_chunk_state(chunk: ChunkState, byte: u8) -> ParseState {
    let next = match (chunk, byte) {
        (ChunkState::FirstDigit, _) => push_hex_digit(0, byte).map(ChunkState::Size),
        (ChunkState::Size(size) | ChunkState::Space(size), b' ' | b'\t') => {
            Some(ChunkState::Space(size))
        }
        (ChunkState::Size(size) | ChunkState::Space(size), b';') => {
            Some(ChunkState::Extension(size))
        }
        (ChunkState::Size(size) | ChunkState::Space(size) | ChunkState::Extension(size), b'\r') => {
            Some(ChunkState::SizeFeed(size))
        }
        (ChunkState::Size(size), _) => push_hex_digit(size, byte).map(ChunkState::Size),
        (ChunkState::Extension(_), b'\n') => None,
        (ChunkState::Extension(size), _) => Some(ChunkState::Extension(size)),
        (ChunkState::SizeFeed(0), b'\n') => Some(ChunkState::LastLine),
        (ChunkState::SizeFeed(size), b'\n') => Some(ChunkState::Data(size)),
        (ChunkState::DataReturn, b'\r') => Some(ChunkState::DataFeed),
        (ChunkState::DataFeed, b'\n') => Some(ChunkState::FirstDigit),
        (ChunkState::LastLine, b'\r') => Some(ChunkState::LastFeed),
        (ChunkState::Trailer, b'\r') => Some(ChunkState::TrailerFeed),
        (ChunkState::LastLine | ChunkState::Trailer, _) => Some(ChunkState::Trailer),
        (ChunkState::TrailerFeed, b'\n') => Some(ChunkState::LastLine),
        (ChunkState::LastFeed, b'\n') => return ParseState::Start,
        _ => None,
    };
    next.map_or(ParseState::Invalid, ParseState::Chunked)
}

fn push_hex_digit(size: u64, byte: u8) -> Option<u64> {
    let digit = char::from(byte).to_digit(16)?;
    size.checked_mul(16)?.checked_add(u64::from(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the number of unambiguous heads, and whether parsing stopped. Checks that the result does not depend on
    /// how the bytes are split.
    fn count_heads(bytes: &str) -> (usize, bool) {
        let result = |pieces: &mut dyn Iterator<Item = &[u8]>| {
            let framing = Framing::default();
            pieces.for_each(|piece| framing.feed(piece));
            let good = framing.lock().complete_heads;
            (good, framing.lock().parse_state == ParseState::Invalid)
        };
        let whole = result(&mut [bytes.as_bytes()].into_iter());
        for size in 1..20 {
            let pieces = result(&mut bytes.as_bytes().chunks(size));
            assert_eq!(pieces, whole, "in pieces of {size}: {bytes:?}");
        }
        whole
    }

    const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    #[test]
    fn every_pipelined_request_is_found() {
        for request in [
            GET,
            "\r\n\nPOST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-LENGTH:  5 \r\nX: y\r\n\r\n\n\n\r\nG",
            "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nGET /",
            "POST / HTTP/1.1\r\nContent-Length: 5, 05\r\n\r\nGET /",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n\r\n\r\nx\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1 ;a=b\r\nx\r\n0;c\r\nA: b\r\nC: d\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0A\r\n0123456789\r\n000\r\n\r\n",
            "POST / HTTP/1.1\r\nX: Content-Length: 5\r\nContent-Lengths: 7\r\n\r\n",
        ] {
            assert_eq!(count_heads(&format!("{request}{request}{GET}")), (3, false));
        }
    }

    #[test]
    fn an_ambiguous_head_stops_parsing_at_any_position() {
        let both = "Transfer-Encoding: chunked\r\nX: y\r\nContent-Length: 5\r\n";
        for head in [
            format!("POST / HTTP/1.1\r\n{both}\r\n"),
            "POST / HTTP/1.1\r\nCONTENT-length:\r\ntransfer-ENCODING: x\r\n\r\n".into(),
            "POST / HTTP/1.1\r\nX: a\nY: b\r\n\r\n".into(),
            "POST / HTTP/1.1\n\n".into(),
            "POST / HTTP/1.1\r\nX: a\r\n\n".into(),
            "POST / HTTP/1.1\nX: a\r\n\r\n".into(),
        ] {
            for before in 0..3 {
                let bytes = format!("{}{head}{GET}", GET.repeat(before));
                assert_eq!(count_heads(&bytes), (before, true), "{bytes:?}");
            }
        }
    }

    #[test]
    fn parsing_stops_at_bodies_that_the_parser_rejects() {
        for head in [
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: 5,6\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Transfer-Encoding: chunked\r\n",
        ] {
            let bytes = format!("POST / HTTP/1.1\r\n{head}\r\nxyz{GET}");
            assert_eq!(count_heads(&bytes), (1, true), "{bytes:?}");
        }
    }

    #[test]
    fn each_head_is_checked_once_and_reset_discards_it() {
        let framing = Framing::default();
        assert!(framing.next_head_is_ambiguous());
        framing.feed(GET.as_bytes());
        assert!(!framing.next_head_is_ambiguous());
        assert!(framing.next_head_is_ambiguous());
        framing.feed(b"GET / HTTP/1.1\n\n");
        framing.reset();
        framing.feed(GET.as_bytes());
        assert!(!framing.next_head_is_ambiguous());
    }

    #[test]
    fn many_headers_are_counted_per_head() {
        let framing = Framing::default();
        let request = |count| format!("GET / HTTP/1.1\r\n{}\r\n", "a:\r\n".repeat(count));
        for _ in 0..3 {
            framing.feed(request(DEFAULT_MAX_HEADERS).as_bytes());
            assert!(!framing.has_many_headers());
        }
        framing.feed(request(DEFAULT_MAX_HEADERS + 1).as_bytes());
        assert!(framing.has_many_headers());
        framing.reset();
        assert!(!framing.has_many_headers());
    }

    #[test]
    fn stores_only_a_prefix_of_a_line() {
        let framing = Framing::default();
        framing.feed(b"GET / HTTP/1.1\r\nX: ");
        for _ in 0..1000 {
            framing.feed(&[b'a'; 100]);
        }
        assert_eq!(framing.lock().line.len(), MAX_LINE_PREFIX);
        framing.feed(b"\r\n\r\n");
        assert!(!framing.next_head_is_ambiguous());
    }
}
