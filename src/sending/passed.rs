//! What a request passes to the connection below it, past the HTTP client.
//!
//! The HTTP client calls resolver, connector and connection on the thread of the request, so both sides meet in a
//! thread-local, as in [`attempt`](super::attempt).

use std::cell::RefCell;

use super::connection::Connection;
use crate::wire::{Body, Redacted};

/// What the HTTP client does not pass itself.
#[derive(Debug, Default)]
pub struct Passed {
    /// A query that holds a secret. The HTTP client logs URLs, so the connection writes it into the first line of the request.
    pub query: Option<Redacted>,
    /// Where the request was sent already, without the HTTP client.
    pub begun: Option<Begun>,
}

/// A request that was sent, and whose answer only the HTTP client can read.
#[derive(Debug)]
pub struct Begun {
    /// What it was sent over.
    pub connection: Connection,
    /// What was received so far.
    pub received: Body,
}

thread_local! {
    static CURRENT: RefCell<Passed> = const { RefCell::new(Passed { query: None, begun: None }) };
}

/// Makes a request on this thread that passes this.
pub fn with<T>(passed: Passed, request: impl FnOnce() -> T) -> T {
    let _before = Before(CURRENT.replace(passed));
    request()
}

/// What there was before, which comes back when this is dropped, also by a panic: the thread goes on, and its next request
/// must carry neither the secret nor the connection of this one.
struct Before(Passed);

impl Drop for Before {
    fn drop(&mut self) {
        CURRENT.set(std::mem::take(&mut self.0));
    }
}

/// Whether this thread's request was sent already, and nobody has taken it yet.
pub fn has_begun() -> bool {
    CURRENT.with_borrow(|passed| passed.begun.is_some())
}

/// Takes this thread's request, if it was sent already.
pub fn take_begun() -> Option<Begun> {
    CURRENT.with_borrow_mut(|passed| passed.begun.take())
}

/// Writes the query of this thread's request, if it has one, behind the path in the first line of `beginning`.
pub fn insert_query(beginning: &mut Vec<u8>) {
    CURRENT.with_borrow(|passed| {
        let Some(query) = &passed.query else { return };
        const VERSION: &[u8] = b" HTTP/";
        let at = beginning
            .windows(VERSION.len())
            .position(|window| window == VERSION);
        if let Some(at) = at {
            let written = [b"?", query.expose().as_bytes()].concat();
            beginning.splice(at..at, written);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beginning() -> String {
        let mut bytes = b"GET /a/b HTTP/1.1\r\nHost: h\r\n\r\n".to_vec();
        insert_query(&mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    fn query(query: &str) -> Passed {
        Passed {
            query: Some(query.into()),
            begun: None,
        }
    }

    #[test]
    fn a_query_stands_behind_the_path_of_its_own_request_alone() {
        let (outer, inner) = with(query("token=t&x=1"), || {
            let inner = with(query("y"), beginning);
            (beginning(), inner)
        });
        assert_eq!(inner, "GET /a/b?y HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(outer, "GET /a/b?token=t&x=1 HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(beginning(), "GET /a/b HTTP/1.1\r\nHost: h\r\n\r\n");
    }

    #[test]
    fn nothing_is_left_after_a_panic() {
        let panicked = std::panic::catch_unwind(|| with(query("token=t"), || panic!("on purpose")));
        assert!(panicked.is_err());
        assert_eq!(beginning(), "GET /a/b HTTP/1.1\r\nHost: h\r\n\r\n");
    }
}
