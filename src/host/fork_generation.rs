//! Counts forks, and detects values of the parent process in a forked child.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};
use crate::status::Status;

/// The number of forks between the first watching process and this one.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// The number of forks that this process has begun.
#[cfg(all(unix, feature = "store"))]
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// Counts a fork that begins. Called in the parent.
#[cfg(all(unix, feature = "store"))]
pub(super) fn count_begun() {
    BEGUN.fetch_add(1, Ordering::SeqCst);
}

/// Counts a completed fork. Called in the child.
#[cfg(unix)]
pub(super) fn count_child() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// Returns the number of forks that this process has begun. If it changes, a child may have a descriptor that was just opened.
#[cfg(all(unix, feature = "store"))]
pub(crate) fn begun() -> u64 {
    BEGUN.load(Ordering::SeqCst)
}

/// The process that created a value. A forked child cannot use values of its parent, but can use its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin(u64);

impl Origin {
    /// Returns this process.
    pub fn here() -> Self {
        Origin(FORKS.load(Ordering::Relaxed))
    }

    /// Fails in a forked child of that process.
    ///
    /// # Errors
    /// [`Status::Forked`].
    pub fn check(self) -> Result<()> {
        if self == Origin::here() {
            Ok(())
        } else {
            Err(error())
        }
    }
}

/// Fails in a forked child of a process that had opened a client. The C ABI fails there with every call, because the tables of
/// handles may have been locked.
#[cfg(feature = "capi")]
pub fn check() -> Result<()> {
    Origin(0).check()
}

/// Returns the error of every call in a forked child.
pub fn error() -> Error {
    Error::new(Status::Forked, Status::Forked.text())
}
