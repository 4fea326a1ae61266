//! A child that was forked from a process that uses the library is told so, instead of waiting for threads and locks that
//! stayed behind in its parent.

use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};
use crate::status::Status;

/// How often this process was forked from one that watches.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// How many forks of this process have begun.
#[cfg(all(unix, feature = "store"))]
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// Watches for forks from now on. Called when the first client opens, for loading the library changes nothing.
pub fn watch() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        #[cfg(unix)]
        // SAFETY: the handlers change atomics and close descriptors, which is allowed after a fork.
        unsafe {
            libc::pthread_atfork(Some(begin), None, Some(count));
        }
    });
}

#[cfg(unix)]
extern "C" fn begin() {
    #[cfg(feature = "store")]
    BEGUN.fetch_add(1, Ordering::SeqCst);
}

#[cfg(unix)]
extern "C" fn count() {
    FORKS.fetch_add(1, Ordering::Relaxed);
    #[cfg(feature = "store")]
    crate::host::closed_on_fork::close_all();
}

/// How many forks of this process have begun. Where that changes, a child may have what was opened meanwhile.
#[cfg(all(unix, feature = "store"))]
pub(crate) fn begun() -> u64 {
    BEGUN.load(Ordering::SeqCst)
}

/// The process that something was made in. What was made in the parent is of no use in the child, and what the child makes
/// itself is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin(u64);

impl Origin {
    /// This process.
    pub fn here() -> Self {
        Origin(FORKS.load(Ordering::Relaxed))
    }

    /// Fails in a child of that process.
    pub fn check(self) -> Result<()> {
        if self == Origin::here() {
            Ok(())
        } else {
            Err(error())
        }
    }
}

/// Fails in a process that was forked from one that had opened a client. The C ABI is refused there altogether, for its
/// tables of handles may have been locked.
#[cfg(feature = "capi")]
pub fn check() -> Result<()> {
    Origin(0).check()
}

/// What every call in such a process ends with.
pub fn error() -> Error {
    Error::new(Status::Forked, Status::Forked.text())
}
