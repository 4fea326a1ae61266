//! The bytes of a request's head as they came, to see what the parser does not tell.

use std::sync::{Mutex, PoisonError};

/// What has come of the head that is being read; behind it may stand a part of the body.
#[derive(Debug)]
pub struct Head {
    most: usize,
    bytes: Mutex<Vec<u8>>,
}

/// How much memory is kept from one head for the next.
const KEPT: usize = 1024;

const LENGTH: &[u8] = b"content-length:";

impl Head {
    /// Nothing has come of a head that has `most` bytes at the most.
    pub fn new(most: usize) -> Self {
        Head {
            most,
            bytes: Mutex::default(),
        }
    }

    /// More has come.
    pub fn add(&self, more: &[u8]) {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let room = self.most.saturating_sub(bytes.len());
        bytes.extend_from_slice(&more[..more.len().min(room)]);
    }

    /// The head is complete: what comes next belongs to another. Whether servers read it in two ways, so that a proxy before
    /// this one may have seen another request in it: a line that ends without a carriage return, or a length beside a body
    /// that is `chunked` (the parser drops the length). Where several requests came at once, that is known of the first, and
    /// of the last one there may be the end alone: what does not begin with the request's `method` is not judged.
    pub fn is_ambiguous(&self, method: &str, chunked: bool) -> bool {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        // Empty lines may stand before, or be the end of what was read before.
        let start = bytes.trim_ascii_start();
        let is_whole = start.starts_with(method.as_bytes());
        let ambiguous = is_whole
            && lines(start).take_while(|line| *line != b"\r").any(|line| {
                let start = line.get(..LENGTH.len());
                let tells_length = || start.is_some_and(|start| start.eq_ignore_ascii_case(LENGTH));
                line.last() != Some(&b'\r') || chunked && tells_length()
            });
        bytes.clear();
        bytes.shrink_to(KEPT);
        ambiguous
    }

    /// Gives back the memory: the next head may be long in coming.
    pub fn rest(&self) {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *bytes = Vec::new();
    }
}

/// What stands before, between and behind the line feeds.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]);
    ends.map(move |end| &bytes[std::mem::replace(&mut start, end + 1)..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_ambiguous(parts: &[&str], chunked: bool) -> bool {
        let head = Head::new(1000);
        for part in parts {
            head.add(part.as_bytes());
        }
        let ambiguous = head.is_ambiguous("POST", chunked);
        assert!(!head.is_ambiguous("POST", true), "it was not forgotten");
        ambiguous
    }

    #[test]
    fn a_length_beside_a_chunked_body_is_found_in_the_head_alone() {
        let head = "\r\nPOST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n";
        assert!(is_ambiguous(&[head, "content-LE", "NGTH: 5\r\n\r\n"], true));
        assert!(!is_ambiguous(&[head, "Content-Length: 5\r\n\r\n"], false));
        assert!(!is_ambiguous(
            &[head, "X: 1\r\n\r\nContent-Length: 5\r\n"],
            true
        ));
        assert!(!is_ambiguous(&[head, "X: Content-Length: 5\r\n\r\n"], true));
    }

    #[test]
    fn a_bare_line_feed_is_found_in_the_head_alone() {
        assert!(is_ambiguous(
            &["POST / HTTP/1.1\r\nX: a\nY: b\r\n\r\n"],
            false
        ));
        assert!(is_ambiguous(&["POST / HTTP/1.1\n\n"], false));
        assert!(is_ambiguous(&["POST / HTTP/1.1\r\n\n"], false));
        assert!(!is_ambiguous(
            &["POST / HTTP/1.1\r\nX: a\r\n\r\n{\n}\n"],
            false
        ));
    }

    #[test]
    fn the_end_of_a_head_is_not_judged() {
        for end in [
            "\nX: a\r\n\r\n{}",
            "\r\n\r\n{\n}",
            "T / HTTP/1.1\nX: a\r\n\r\n",
        ] {
            assert!(!is_ambiguous(&[end], false), "{end:?}");
        }
    }

    #[test]
    fn holds_no_more_than_a_head_may_have() {
        let head = Head::new(10_000);
        for _ in 0..1000 {
            head.add(&[b'a'; 100]);
        }
        assert_eq!(head.bytes.lock().unwrap().len(), 10_000);
        head.is_ambiguous("POST", false);
        assert!(head.bytes.lock().unwrap().capacity() <= KEPT);
    }
}
