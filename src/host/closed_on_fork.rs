//! Descriptors that a forked child closes at once.
//!
//! A lock of `flock` belongs to the open file, which a forked child shares. Otherwise, a child that lives longer than its parent
//! would retain the lock, and the parent could not be restarted.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, IntoRawFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

use crate::host::fork_generation::{Origin, begun};

/// The value of a free slot.
const NONE: i32 = -1;

/// The first slot. Slots are reused and never freed, so that a forked child can iterate over them at any time.
static FIRST: AtomicPtr<Slot> = AtomicPtr::new(ptr::null_mut());

struct Slot {
    descriptor: AtomicI32,
    next: *mut Slot,
}

/// An open file that a forked child closes.
#[derive(Debug)]
pub struct ClosedOnFork {
    file: Option<File>,
    slot: &'static AtomicI32,
    origin: Origin,
}

impl ClosedOnFork {
    /// Opens a file with `open`, and repeats that if the process forks in the meantime. The caller must have registered the
    /// fork handlers (`fork::watch`).
    ///
    /// # Errors
    /// The error of `open`.
    pub fn open(mut open: impl FnMut() -> io::Result<File>) -> io::Result<Self> {
        loop {
            let forks = begun();
            let file = open()?;
            let slot = register(file.as_raw_fd());
            let opened = ClosedOnFork {
                file: Some(file),
                slot,
                origin: Origin::here(),
            };
            // Otherwise, a child may have the descriptor without a slot.
            if forks == begun() {
                return Ok(opened);
            }
        }
    }

    /// Returns the file, or `None` in a forked child.
    pub fn file(&self) -> Option<&File> {
        self.file.as_ref().filter(|_| self.origin.check().is_ok())
    }
}

impl Drop for ClosedOnFork {
    fn drop(&mut self) {
        let file = self.file.take();
        if self.origin.check().is_err() {
            // The child has closed it, and the number may belong to another file.
            let _ = file.map(IntoRawFd::into_raw_fd);
            return;
        }
        self.slot.store(NONE, Ordering::SeqCst);
    }
}

/// Stores a descriptor in a free or new slot.
fn register(descriptor: i32) -> &'static AtomicI32 {
    let mut at = FIRST.load(Ordering::SeqCst);
    // SAFETY: slots are never freed, and `next` does not change after a slot is linked.
    while let Some(slot) = unsafe { at.as_ref() } {
        let is_taken =
            slot.descriptor
                .compare_exchange(NONE, descriptor, Ordering::SeqCst, Ordering::SeqCst);
        if is_taken.is_ok() {
            return &slot.descriptor;
        }
        at = slot.next;
    }
    let slot = Box::leak(Box::new(Slot {
        descriptor: AtomicI32::new(descriptor),
        next: ptr::null_mut(),
    }));
    let this: *mut Slot = slot;
    loop {
        let first = FIRST.load(Ordering::SeqCst);
        // SAFETY: the slot is not linked yet, so no other thread has access.
        unsafe { (*this).next = first };
        let linked = FIRST.compare_exchange(first, this, Ordering::SeqCst, Ordering::SeqCst);
        if linked.is_ok() {
            // SAFETY: it was leaked.
            return unsafe { &(*this).descriptor };
        }
    }
}

/// Closes all descriptors in a forked child. Takes no lock and allocates nothing.
pub(crate) fn close_all() {
    let mut at = FIRST.load(Ordering::SeqCst);
    // SAFETY: as in `register`.
    while let Some(slot) = unsafe { at.as_ref() } {
        let descriptor = slot.descriptor.swap(NONE, Ordering::SeqCst);
        if descriptor != NONE {
            // SAFETY: the descriptor was open in the parent, and nothing in this child uses it.
            unsafe { libc::close(descriptor) };
        }
        at = slot.next;
    }
}
