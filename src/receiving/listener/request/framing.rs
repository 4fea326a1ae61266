//! Follows a connection's bytes from one request to the next, and finds heads that servers read in two ways.
//!
//! The parser of the requests does not tell: it takes a line that ends without a carriage return, and drops a length that
//! stands beside a chunked body. A proxy before this listener may have seen another request there.

use std::sync::{Mutex, PoisonError};

use memchr::memchr;

/// Where a connection's requests begin and end.
#[derive(Debug, Default)]
pub struct Framing(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    place: Place,
    head: Head,
    /// The beginning of a line whose end has not come, and its last byte.
    line: Vec<u8>,
    last: u8,
    /// How many heads that are not ambiguous are complete, and not asked for yet.
    good: usize,
    /// Whether a head had more lines than the usual parser can take.
    has_many_lines: bool,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// A head, or empty lines before it.
    #[default]
    Start,
    RequestLine,
    Head,
    /// A body, of which so much is to come.
    Body(u64),
    Chunked(Chunk),
    /// A head was ambiguous, or a body is none: the parser answers no further request.
    Lost,
}

/// What the next byte of a chunked body belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunk {
    /// The first digit of its size.
    FirstDigit,
    Size(u64),
    /// White space behind the size.
    Space(u64),
    Extension(u64),
    SizeFeed(u64),
    Data(u64),
    DataReturn,
    DataFeed,
    /// A line behind the last chunk: the empty one, or a trailer.
    LastLine,
    Trailer,
    TrailerFeed,
    LastFeed,
}

/// What is known of the head that is being read.
#[derive(Debug, Default)]
struct Head {
    lines: usize,
    length: Option<Length>,
    is_chunked: bool,
    has_bare_feed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Bytes(u64),
    /// It is no number, or there are two; the parser refuses it.
    None,
}

/// How many header lines the usual parser can take.
pub const USUAL_LINES: usize = 100;

/// How much of a line is kept until its end comes: more than the two headers need.
const LONGEST_START: usize = 256;

impl Framing {
    /// More has come.
    pub fn add(&self, more: &[u8]) {
        self.lock().add(more);
    }

    /// The parser has read another head: whether that is ambiguous.
    pub fn is_ambiguous(&self) -> bool {
        let mut state = self.lock();
        let is_good = state.good > 0;
        state.good = state.good.saturating_sub(1);
        !is_good
    }

    /// Whether a head needs a parser that can take more than [`USUAL_LINES`].
    pub fn has_many_lines(&self) -> bool {
        self.lock().has_many_lines
    }

    /// The parser has read all that came, and what comes next begins a request.
    pub fn begin(&self) {
        *self.lock() = State::default();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, mut more: &[u8]) {
        while !more.is_empty() {
            let taken = match self.place {
                Place::Start => self.skip_empty_lines(more),
                Place::RequestLine | Place::Head => self.take_line(more),
                Place::Body(left) => self.take_body(more, left),
                Place::Chunked(Chunk::Data(left)) => self.take_data(more, left),
                Place::Chunked(chunk) => {
                    self.place = after(chunk, more[0]);
                    1
                }
                Place::Lost => return,
            };
            more = &more[taken..];
        }
    }

    fn skip_empty_lines(&mut self, more: &[u8]) -> usize {
        let empty = more.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let empty = empty.count();
        if empty < more.len() {
            self.place = Place::RequestLine;
            self.head = Head::default();
            self.line.clear();
        }
        empty
    }

    /// Takes the bytes up to the end of a line, or all.
    fn take_line(&mut self, more: &[u8]) -> usize {
        let Some(end) = memchr(b'\n', more) else {
            self.keep(more);
            return more.len();
        };
        if self.line.is_empty() {
            self.end_line(&more[..end], end.checked_sub(1).map(|last| more[last]));
        } else {
            self.keep(&more[..end]);
            let (mut line, last) = (std::mem::take(&mut self.line), self.last);
            self.end_line(&line, Some(last));
            line.clear();
            self.line = line;
        }
        end + 1
    }

    fn keep(&mut self, more: &[u8]) {
        let Some(last) = more.last() else { return };
        self.last = *last;
        let room = LONGEST_START.saturating_sub(self.line.len());
        self.line.extend_from_slice(&more[..more.len().min(room)]);
    }

    /// A line of the head is complete, but for its line feed.
    fn end_line(&mut self, line: &[u8], last: Option<u8>) {
        let has_return = last == Some(b'\r');
        self.head.has_bare_feed |= !has_return;
        let is_empty = line.len() == usize::from(has_return);
        if self.place == Place::RequestLine {
            self.place = Place::Head;
        } else if is_empty {
            self.end_head();
        } else {
            self.head.read(line);
            self.has_many_lines |= self.head.lines > USUAL_LINES;
        }
    }

    fn end_head(&mut self) {
        let head = std::mem::take(&mut self.head);
        let is_ambiguous = head.has_bare_feed || head.is_chunked && head.length.is_some();
        self.good += usize::from(!is_ambiguous);
        self.place = match head.length {
            _ if is_ambiguous => Place::Lost,
            _ if head.is_chunked => Place::Chunked(Chunk::FirstDigit),
            Some(Length::None) => Place::Lost,
            None | Some(Length::Bytes(0)) => Place::Start,
            Some(Length::Bytes(length)) => Place::Body(length),
        };
    }

    fn take_body(&mut self, more: &[u8], left: u64) -> usize {
        let taken = left.min(more.len() as u64);
        self.place = match left - taken {
            0 => Place::Start,
            left => Place::Body(left),
        };
        taken as usize
    }

    fn take_data(&mut self, more: &[u8], left: u64) -> usize {
        let taken = left.min(more.len() as u64);
        self.place = Place::Chunked(match left - taken {
            0 => Chunk::DataReturn,
            left => Chunk::Data(left),
        });
        taken as usize
    }
}

impl Head {
    /// Reads a header line.
    fn read(&mut self, line: &[u8]) {
        self.lines += 1;
        // Most lines are neither of the two.
        if !matches!(line[0] | 0x20, b'c' | b't') {
            return;
        }
        let Some((name, value)) = memchr(b':', line).map(|colon| line.split_at(colon)) else {
            return;
        };
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.is_chunked = true;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            let length = length_of(value[1..].trim_ascii());
            self.length = Some(match self.length {
                Some(other) if other != length => Length::None,
                _ => length,
            });
        }
    }
}

/// The length of a value, which may be there several times with commas between.
fn length_of(value: &[u8]) -> Length {
    let mut lengths = value.split(|byte| *byte == b',').map(|one| {
        let one = one.trim_ascii();
        let digits = one.iter().all(u8::is_ascii_digit).then_some(one);
        let number = digits.and_then(|digits| str::from_utf8(digits).ok()?.parse().ok());
        number.map_or(Length::None, Length::Bytes)
    });
    let first = lengths.next().unwrap_or(Length::None);
    if lengths.all(|other| other == first) {
        first
    } else {
        Length::None
    }
}

/// Where a chunked body goes on after a byte.
fn after(chunk: Chunk, byte: u8) -> Place {
    let next = match (chunk, byte) {
        (Chunk::FirstDigit, _) => digit(0, byte).map(Chunk::Size),
        (Chunk::Size(size) | Chunk::Space(size), b' ' | b'\t') => Some(Chunk::Space(size)),
        (Chunk::Size(size) | Chunk::Space(size), b';') => Some(Chunk::Extension(size)),
        (Chunk::Size(size) | Chunk::Space(size) | Chunk::Extension(size), b'\r') => {
            Some(Chunk::SizeFeed(size))
        }
        (Chunk::Size(size), _) => digit(size, byte).map(Chunk::Size),
        (Chunk::Extension(_), b'\n') => None,
        (Chunk::Extension(size), _) => Some(Chunk::Extension(size)),
        (Chunk::SizeFeed(0), b'\n') => Some(Chunk::LastLine),
        (Chunk::SizeFeed(size), b'\n') => Some(Chunk::Data(size)),
        (Chunk::DataReturn, b'\r') => Some(Chunk::DataFeed),
        (Chunk::DataFeed, b'\n') => Some(Chunk::FirstDigit),
        (Chunk::LastLine, b'\r') => Some(Chunk::LastFeed),
        (Chunk::Trailer, b'\r') => Some(Chunk::TrailerFeed),
        (Chunk::LastLine | Chunk::Trailer, _) => Some(Chunk::Trailer),
        (Chunk::TrailerFeed, b'\n') => Some(Chunk::LastLine),
        (Chunk::LastFeed, b'\n') => return Place::Start,
        _ => None,
    };
    next.map_or(Place::Lost, Place::Chunked)
}

fn digit(size: u64, byte: u8) -> Option<u64> {
    let digit = char::from(byte).to_digit(16)?;
    size.checked_mul(16)?.checked_add(u64::from(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many requests are good, and whether the next one is ambiguous or can't be found, however the bytes are cut.
    fn good_of(bytes: &str) -> (usize, bool) {
        let result = |pieces: &mut dyn Iterator<Item = &[u8]>| {
            let framing = Framing::default();
            pieces.for_each(|piece| framing.add(piece));
            let good = framing.lock().good;
            (good, framing.lock().place == Place::Lost)
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
    fn every_request_of_a_pipeline_is_found() {
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
            assert_eq!(good_of(&format!("{request}{request}{GET}")), (3, false));
        }
    }

    #[test]
    fn heads_that_contradict_themselves_end_it_wherever_they_are() {
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
                assert_eq!(good_of(&bytes), (before, true), "{bytes:?}");
            }
        }
    }

    #[test]
    fn what_the_parser_refuses_is_followed_no_further() {
        for head in [
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: 5,6\r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Transfer-Encoding: chunked\r\n",
        ] {
            let bytes = format!("POST / HTTP/1.1\r\n{head}\r\nxyz{GET}");
            assert_eq!(good_of(&bytes), (1, true), "{bytes:?}");
        }
    }

    #[test]
    fn a_request_is_asked_for_once_and_forgotten_at_the_beginning_of_another() {
        let framing = Framing::default();
        assert!(framing.is_ambiguous());
        framing.add(GET.as_bytes());
        assert!(!framing.is_ambiguous());
        assert!(framing.is_ambiguous());
        framing.add(b"GET / HTTP/1.1\n\n");
        framing.begin();
        framing.add(GET.as_bytes());
        assert!(!framing.is_ambiguous());
    }

    #[test]
    fn many_lines_are_noticed_in_a_head_alone() {
        let framing = Framing::default();
        let request = |count| format!("GET / HTTP/1.1\r\n{}\r\n", "a:\r\n".repeat(count));
        for _ in 0..3 {
            framing.add(request(USUAL_LINES).as_bytes());
            assert!(!framing.has_many_lines());
        }
        framing.add(request(USUAL_LINES + 1).as_bytes());
        assert!(framing.has_many_lines());
        framing.begin();
        assert!(!framing.has_many_lines());
    }

    #[test]
    fn keeps_little_of_a_line() {
        let framing = Framing::default();
        framing.add(b"GET / HTTP/1.1\r\nX: ");
        for _ in 0..1000 {
            framing.add(&[b'a'; 100]);
        }
        assert_eq!(framing.lock().line.len(), LONGEST_START);
        framing.add(b"\r\n\r\n");
        assert!(!framing.is_ambiguous());
    }
}
