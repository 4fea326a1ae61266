//! A request that was sent without the HTTP client, and whose answer only the HTTP client can read.
//!
//! It asks for a connection on the thread of the request, so both sides meet in a thread-local, as in
//! [`attempt`](super::attempt).

use std::cell::RefCell;

use super::connection::Connection;

/// A request that is sent, and the beginning of its answer.
#[derive(Debug)]
pub struct Begun {
    /// What it was sent over.
    pub connection: Connection,
    /// What was received so far.
    pub received: Vec<u8>,
}

thread_local! {
    static CURRENT: RefCell<Option<Begun>> = const { RefCell::new(None) };
}

/// Has the HTTP client make a request on this thread that has begun already.
pub fn with<T>(begun: Begun, request: impl FnOnce() -> T) -> T {
    let _before = Before(CURRENT.replace(Some(begun)));
    request()
}

/// What there was before, which comes back when this is dropped, also by a panic: the next request of the thread must not
/// take this one's connection.
struct Before(Option<Begun>);

impl Drop for Before {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Whether this thread's request has begun, and nobody has taken it yet.
pub fn is_waiting() -> bool {
    CURRENT.with_borrow(Option::is_some)
}

/// Takes this thread's request, if it has begun.
pub fn take() -> Option<Begun> {
    CURRENT.take()
}
