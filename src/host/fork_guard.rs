//! Values that only the process that created them may use.

use std::fmt;
use std::mem::ManuallyDrop;

use crate::error::Result;
use crate::host::fork_generation::Origin;

/// A value with threads, locks or connections of its process.
///
/// In a forked child, it is not accessible, and its drop does nothing. There its threads do not exist, its locks may be locked,
/// and its files and connections belong to the parent.
pub struct ForkGuarded<T> {
    origin: Origin,
    value: ManuallyDrop<T>,
}

impl<T> ForkGuarded<T> {
    /// Creates a guard for a value of this process.
    pub fn new(value: T) -> Self {
        ForkGuarded {
            origin: Origin::here(),
            value: ManuallyDrop::new(value),
        }
    }

    /// Returns the value.
    ///
    /// # Errors
    /// [`Status::Forked`](crate::status::Status::Forked) in a forked child.
    pub fn get(&self) -> Result<&T> {
        self.origin.check().map(|()| &*self.value)
    }
}

impl<T> Drop for ForkGuarded<T> {
    fn drop(&mut self) {
        if self.origin.check().is_ok() {
            // SAFETY: this is the only place that drops it, and it is not used afterwards.
            unsafe { ManuallyDrop::drop(&mut self.value) };
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for ForkGuarded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.get() {
            Ok(value) => value.fmt(f),
            Err(_) => f.write_str("of the parent process"),
        }
    }
}
