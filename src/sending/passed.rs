//! What a request passes to the connection below it, past the HTTP client.
//!
//! The HTTP client calls resolver, connector and connection on the thread of the request, so both sides meet in a
//! thread-local, as in [`attempt`](super::attempt).

use std::cell::RefCell;

use crate::wire::Redacted;

thread_local! {
    /// A query that holds a secret. The HTTP client logs URLs, so the connection writes it into the first line of the request.
    static QUERY: RefCell<Option<Redacted>> = const { RefCell::new(None) };
}

/// Makes a request on this thread that passes this query.
pub fn with<T>(query: Option<Redacted>, request: impl FnOnce() -> T) -> T {
    let _before = Before(QUERY.replace(query));
    request()
}

/// What there was before, which comes back when this is dropped, also by a panic: the thread goes on, and its next request
/// must not carry the secret of this one.
struct Before(Option<Redacted>);

impl Drop for Before {
    fn drop(&mut self) {
        QUERY.set(self.0.take());
    }
}

/// Writes the query of this thread's request, if it has one, behind the path in the first line of `beginning`.
pub fn insert_query(beginning: &mut Vec<u8>) {
    QUERY.with_borrow(|query| {
        let Some(query) = query else { return };
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

    fn query(query: &str) -> Option<Redacted> {
        Some(query.into())
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
