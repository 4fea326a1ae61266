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

    /// The head is complete: what comes next belongs to another. Whether, `asked`, a header line of it begins with `name`
    /// (in small letters, up to the colon). Where several requests came at once it is known of the first one alone.
    pub fn done(&self, asked: bool, name: &[u8]) -> bool {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let found = asked
            && bytes
                .split(|byte| *byte == b'\n')
                .take_while(|line| !line.trim_ascii().is_empty())
                .any(|line| {
                    line.get(..name.len())
                        .is_some_and(|start| start.eq_ignore_ascii_case(name))
                });
        bytes.clear();
        bytes.shrink_to(KEPT);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &[u8] = b"content-length:";

    #[test]
    fn finds_a_line_of_the_head_and_none_of_the_body() {
        let head = Head::new(1000);
        head.add(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Le");
        head.add(b"ngth: 5\r\n\r\n");
        assert!(head.done(true, NAME));
        assert!(!head.done(true, NAME));
        head.add(b"POST / HTTP/1.1\r\nX: Content-Length: 5\r\n\r\n\r\nContent-Length: 5\r\n");
        assert!(!head.done(true, NAME));
    }

    #[test]
    fn holds_no_more_than_a_head_may_have() {
        let head = Head::new(1000);
        for _ in 0..100 {
            head.add(&[b'a'; 100]);
        }
        assert_eq!(head.bytes.lock().unwrap().len(), 1000);
        head.done(false, NAME);
        assert!(head.bytes.lock().unwrap().capacity() <= KEPT);
    }
}
