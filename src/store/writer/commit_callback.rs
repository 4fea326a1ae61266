//! The callback of an operation of the store.

use std::panic::{self, AssertUnwindSafe};

use crate::error::{Error, Result};
use crate::status::Status;

/// Runs once: with the number of the row after the commit, or with the error. It also runs if the writer thread panicked.
pub struct CommitCallback(Option<Box<dyn FnOnce(Result<u64>) + Send>>);

impl CommitCallback {
    /// Creates a callback from a function.
    pub fn new(function: impl FnOnce(Result<u64>) + Send + 'static) -> Self {
        CommitCallback(Some(Box::new(function)))
    }

    /// Runs the callback.
    pub fn complete(mut self, result: Result<u64>) {
        self.run_once(result);
    }

    fn run_once(&mut self, result: Result<u64>) {
        if let Some(function) = self.0.take() {
            // A panic of one callback must not skip the others. The panic hook has reported it.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| function(result)));
        }
    }
}

impl Drop for CommitCallback {
    fn drop(&mut self) {
        self.run_once(Err(Error::new(
            Status::Store,
            "the store has stopped because of a bug of the library; close the client and open another one; please report this",
        )));
    }
}
