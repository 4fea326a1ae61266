//! A query that holds a secret. The HTTP client logs URLs, so it is not told of it: the connection below writes it into the
//! first line of the request. Both sides meet in a thread-local, as in [`attempt`](super::attempt).

use std::cell::RefCell;

use crate::wire::Redacted;

thread_local! {
    static CURRENT: RefCell<Option<Redacted>> = const { RefCell::new(None) };
}

/// Makes a request on this thread whose URL ends with this query.
pub fn with<T>(query: Option<&Redacted>, request: impl FnOnce() -> T) -> T {
    let Some(query) = query else { return request() };
    let _before = Before(CURRENT.replace(Some(query.clone())));
    request()
}

/// The query that there was before, which comes back when this is dropped, also by a panic: the thread goes on, and its next
/// request must not carry the secret of this one.
struct Before(Option<Redacted>);

impl Drop for Before {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Writes the query of this thread's request, if it has one, behind the path in the first line of `beginning`.
pub fn insert(beginning: &mut Vec<u8>) {
    CURRENT.with_borrow(|query| {
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

    fn beginning(query: Option<&str>) -> String {
        let mut bytes = b"GET /a/b HTTP/1.1\r\nHost: h\r\n\r\n".to_vec();
        let query = query.map(Redacted::from);
        with(query.as_ref(), || insert(&mut bytes));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn stands_behind_the_path_of_its_own_request_alone() {
        assert_eq!(
            beginning(Some("token=t&x=1")),
            "GET /a/b?token=t&x=1 HTTP/1.1\r\nHost: h\r\n\r\n"
        );
        assert_eq!(beginning(None), "GET /a/b HTTP/1.1\r\nHost: h\r\n\r\n");
    }

    #[test]
    fn is_gone_after_a_panic() {
        let query = Redacted::from("token=t");
        let panicked = std::panic::catch_unwind(|| with(Some(&query), || panic!("on purpose")));
        assert!(panicked.is_err());
        assert_eq!(beginning(None), "GET /a/b HTTP/1.1\r\nHost: h\r\n\r\n");
    }
}
