//! Who is told when something is on disk.

use std::panic::{self, AssertUnwindSafe};

use crate::error::{Error, Result};
use crate::status::Status;

/// Is told once the number under which something is on disk, or why it is not; also where the store's thread is no more.
pub struct CommitCallback(Option<Box<dyn FnOnce(Result<u64>) + Send>>);

impl CommitCallback {
    /// Has this told.
    pub fn new(tell: impl FnOnce(Result<u64>) + Send + 'static) -> Self {
        CommitCallback(Some(Box::new(tell)))
    }

    /// Tells it.
    pub fn tell(mut self, outcome: Result<u64>) {
        self.tell_once(outcome);
    }

    fn tell_once(&mut self, outcome: Result<u64>) {
        if let Some(tell) = self.0.take() {
            // A defect of one who is told is not to keep it from the others. The hook has reported it.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| tell(outcome)));
        }
    }
}

impl Drop for CommitCallback {
    fn drop(&mut self) {
        self.tell_once(Err(Error::new(
            Status::Store,
            "the store has ended by a defect of the library; close the client and open another one; please report this",
        )));
    }
}
