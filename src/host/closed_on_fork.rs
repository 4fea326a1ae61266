//! Descriptors that a forked child closes at once.
//!
//! A lock of `flock` belongs to the open file, which a forked child shares. Without this, a child that lives longer than its
//! parent would keep the parent's locks, and the parent could not be started again.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, IntoRawFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

use crate::host::fork;
use crate::host::fork::Origin;

/// No descriptor.
const NONE: i32 = -1;

/// The first slot. Slots are used again and never freed, so that a forked child can walk through them at any time.
static FIRST: AtomicPtr<Slot> = AtomicPtr::new(ptr::null_mut());

struct Slot {
    descriptor: AtomicI32,
    next: *mut Slot,
}

/// An open file that a forked child does not keep open.
#[derive(Debug)]
pub struct ClosedOnFork {
    file: Option<File>,
    slot: &'static AtomicI32,
    origin: Origin,
}

impl ClosedOnFork {
    /// Opens a file by `open`, which is called again where the process forks meanwhile.
    ///
    /// # Errors
    /// What `open` fails with.
    pub fn open(mut open: impl FnMut() -> io::Result<File>) -> io::Result<Self> {
        fork::watch();
        loop {
            let forks = fork::begun();
            let file = open()?;
            let slot = register(file.as_raw_fd());
            let opened = ClosedOnFork {
                file: Some(file),
                slot,
                origin: Origin::here(),
            };
            // A child of a fork meanwhile may have the descriptor and not know of it.
            if forks == fork::begun() {
                return Ok(opened);
            }
        }
    }

    /// The file; `None` in a forked child.
    pub fn file(&self) -> Option<&File> {
        self.file.as_ref().filter(|_| self.origin.check().is_ok())
    }
}

impl Drop for ClosedOnFork {
    fn drop(&mut self) {
        let file = self.file.take();
        if self.origin.check().is_err() {
            // The child has closed it, and the number may be another file's.
            let _ = file.map(IntoRawFd::into_raw_fd);
            return;
        }
        self.slot.store(NONE, Ordering::SeqCst);
    }
}

/// Notes a descriptor.
fn register(descriptor: i32) -> &'static AtomicI32 {
    let mut at = FIRST.load(Ordering::SeqCst);
    // SAFETY: slots are never freed, and `next` never changes once a slot can be reached.
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
        // SAFETY: nobody else can reach the slot yet.
        unsafe { (*this).next = first };
        let linked = FIRST.compare_exchange(first, this, Ordering::SeqCst, Ordering::SeqCst);
        if linked.is_ok() {
            // SAFETY: it was leaked.
            return unsafe { &(*this).descriptor };
        }
    }
}

/// Closes all in a child that was just forked. It takes no lock and no memory.
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
