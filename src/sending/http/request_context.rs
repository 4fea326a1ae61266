//! Passes the request target to the connection, without ureq.
//!
//! ureq calls the connector and the transport on the thread of the request, so a thread-local holds the target, as in
//! [`deadlines`](crate::sending::deadlines).

use std::cell::RefCell;

use crate::wire::Body;

thread_local! {
    /// The whole target of the request, which may contain secrets. ureq logs URLs and gets none with a query, so the
    /// transport writes the target into the first line.
    static TARGET: RefCell<Option<Body>> = const { RefCell::new(None) };
}

/// Runs a request on this thread with this target; without one, the connector only opens a connection.
pub fn with_target<T>(target: Option<Body>, request: impl FnOnce() -> T) -> T {
    let _guard = RestoreTarget(TARGET.replace(target));
    request()
}

/// Restores the previous target on drop, also after a panic: the next request of the thread must not contain the secret of
/// this one.
struct RestoreTarget(Option<Body>);

impl Drop for RestoreTarget {
    fn drop(&mut self) {
        TARGET.set(self.0.take());
    }
}

/// Returns whether this thread's request has a target.
pub fn has_target() -> bool {
    TARGET.with_borrow(Option::is_some)
}

/// Replaces the target in the first line of `head` by that of this thread's request.
pub fn replace_target(head: &mut Vec<u8>) {
    TARGET.with_borrow(|target| {
        let Some(target) = target else { return };
        const VERSION: &[u8] = b" HTTP/";
        let method = head.iter().position(|byte| *byte == b' ');
        let version = head
            .windows(VERSION.len())
            .position(|window| window == VERSION);
        if let (Some(method), Some(version)) = (method, version) {
            head.splice(method + 1..version, target.0.iter().copied());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> String {
        let mut bytes = b"GET /a/b HTTP/1.1\r\nHost: h\r\n\r\n".to_vec();
        replace_target(&mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    fn target(target: &str) -> Option<Body> {
        Some(Body(target.into()))
    }

    #[test]
    fn target_is_used_only_in_its_own_request() {
        let (outer, inner) = with_target(target("/a/b?token=t&x=1"), || {
            let inner = with_target(target("http://h/?y"), head);
            (head(), inner)
        });
        assert_eq!(inner, "GET http://h/?y HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(outer, "GET /a/b?token=t&x=1 HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(head(), "GET /a/b HTTP/1.1\r\nHost: h\r\n\r\n");
    }

    #[test]
    fn target_is_removed_after_a_panic() {
        let panicked =
            std::panic::catch_unwind(|| with_target(target("/?token=t"), || panic!("on purpose")));
        assert!(panicked.is_err());
        assert_eq!(head(), "GET /a/b HTTP/1.1\r\nHost: h\r\n\r\n");
    }
}
