//! What is of use in the process alone that made it.

use std::fmt;
use std::mem::ManuallyDrop;

use crate::error::Result;
use crate::host::fork::Origin;

/// Holds something that has threads, locks or connections of the process that made it. A child that is forked from that
/// process can't reach it, and leaves it alone when it drops it: its threads stayed behind, with the locks that they held,
/// and its files and connections are the parent's.
pub struct ForkGuarded<T> {
    origin: Origin,
    held: ManuallyDrop<T>,
}

impl<T> ForkGuarded<T> {
    /// Holds what this process has made.
    pub fn new(held: T) -> Self {
        ForkGuarded {
            origin: Origin::here(),
            held: ManuallyDrop::new(held),
        }
    }

    /// What is held.
    ///
    /// # Errors
    /// [`Status::Forked`](crate::status::Status::Forked): this is a child of the process that made it.
    pub fn get(&self) -> Result<&T> {
        self.origin.check().map(|()| &*self.held)
    }
}

impl<T> Drop for ForkGuarded<T> {
    fn drop(&mut self) {
        if self.origin.check().is_ok() {
            // SAFETY: this is the only place that drops it, and it is not used afterwards.
            unsafe { ManuallyDrop::drop(&mut self.held) };
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for ForkGuarded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.get() {
            Ok(held) => held.fmt(f),
            Err(_) => f.write_str("of the parent process"),
        }
    }
}
