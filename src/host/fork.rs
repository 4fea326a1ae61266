//! A child that was forked from a process that uses the library is told so, instead of waiting for threads and locks that
//! stayed behind in its parent.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};
use crate::status::Status;

static IN_CHILD: AtomicBool = AtomicBool::new(false);

/// Watches for forks from now on. Called when the first client opens, for loading the library changes nothing.
pub fn watch() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        #[cfg(unix)]
        // SAFETY: the handler stores one atomic, which is allowed after a fork.
        unsafe {
            libc::pthread_atfork(None, None, Some(mark_child));
        }
    });
}

#[cfg(unix)]
extern "C" fn mark_child() {
    IN_CHILD.store(true, Ordering::Relaxed);
}

/// Fails in a process that was forked from one that had opened a client.
pub fn check() -> Result<()> {
    if IN_CHILD.load(Ordering::Relaxed) {
        return Err(error());
    }
    Ok(())
}

/// What every call in such a process ends with.
pub fn error() -> Error {
    Error::new(Status::Forked, Status::Forked.text())
}
