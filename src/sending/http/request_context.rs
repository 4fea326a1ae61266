//! What a request passes to the connection below it, past the HTTP client.
//!
//! The HTTP client calls resolver, connector and connection on the thread of the request, so both sides meet in a
//! thread-local, as in [`attempt`](crate::sending::http::deadlines).

use std::cell::RefCell;

use crate::wire::Body;

thread_local! {
    /// The whole target of the request, which may hold secrets. The HTTP client logs URLs and knows no query, so the
    /// connection writes it into the first line.
    static TARGET: RefCell<Option<Body>> = const { RefCell::new(None) };
}

/// Makes a request on this thread that passes this target.
pub fn with<T>(target: Option<Body>, request: impl FnOnce() -> T) -> T {
    let _before = Before(TARGET.replace(target));
    request()
}

/// What there was before, which comes back when this is dropped, also by a panic: the thread goes on, and its next request
/// must not carry the secret of this one.
struct Before(Option<Body>);

impl Drop for Before {
    fn drop(&mut self) {
        TARGET.set(self.0.take());
    }
}

/// Writes the target of this thread's request into the first line of `beginning`, in the place of the one there.
pub fn replace_target(beginning: &mut Vec<u8>) {
    TARGET.with_borrow(|target| {
        let Some(target) = target else { return };
        const VERSION: &[u8] = b" HTTP/";
        let method = beginning.iter().position(|byte| *byte == b' ');
        let version = beginning
            .windows(VERSION.len())
            .position(|window| window == VERSION);
        if let (Some(method), Some(version)) = (method, version) {
            beginning.splice(method + 1..version, target.0.iter().copied());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beginning() -> String {
        let mut bytes = b"GET /a/b HTTP/1.1\r\nHost: h\r\n\r\n".to_vec();
        replace_target(&mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    fn target(target: &str) -> Option<Body> {
        Some(Body(target.into()))
    }

    #[test]
    fn a_target_stands_in_its_own_request_alone() {
        let (outer, inner) = with(target("/a/b?token=t&x=1"), || {
            let inner = with(target("http://h/?y"), beginning);
            (beginning(), inner)
        });
        assert_eq!(inner, "GET http://h/?y HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(outer, "GET /a/b?token=t&x=1 HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(beginning(), "GET /a/b HTTP/1.1\r\nHost: h\r\n\r\n");
    }

    #[test]
    fn nothing_is_left_after_a_panic() {
        let panicked =
            std::panic::catch_unwind(|| with(target("/?token=t"), || panic!("on purpose")));
        assert!(panicked.is_err());
        assert_eq!(beginning(), "GET /a/b HTTP/1.1\r\nHost: h\r\n\r\n");
    }
}
