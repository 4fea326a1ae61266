//! A descriptor of Linux (`eventfd`) that is readable while events are queued.

use std::ffi::c_void;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;

/// An `eventfd`.
#[derive(Debug)]
pub struct Wake(OwnedFd);

impl Wake {
    /// Creates a descriptor that is not readable.
    ///
    /// # Errors
    /// The process has no free descriptor.
    pub fn new() -> io::Result<Self> {
        // SAFETY: the call takes no pointer; what it returns is checked.
        let descriptor = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new and has no other owner.
        Ok(Wake(unsafe { OwnedFd::from_raw_fd(descriptor) }))
    }

    /// Makes it readable.
    pub fn set(&self) {
        let one = 1u64;
        // SAFETY: eight bytes of a live `u64`, as an eventfd wants. It fails only if the counter is full, and then
        // the descriptor is readable.
        unsafe { libc::write(self.0.as_raw_fd(), (&raw const one).cast(), 8) };
    }

    /// Makes it not readable.
    pub fn clear(&self) {
        let mut count = 0u64;
        // SAFETY: room for eight bytes, as an eventfd wants. It fails only if the counter is zero.
        unsafe { libc::read(self.0.as_raw_fd(), (&raw mut count).cast(), 8) };
    }

    /// Returns whether it is readable.
    #[cfg(test)]
    pub fn is_set(&self) -> bool {
        let mut poll = libc::pollfd {
            fd: self.0.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one live `pollfd`, as the count says.
        unsafe { libc::poll(&raw mut poll, 1, 0) == 1 }
    }

    /// Returns the descriptor. The library closes it.
    pub fn descriptor(&self) -> Option<i64> {
        Some(i64::from(self.0.as_raw_fd()))
    }

    /// Returns `None`, because only Windows has event HANDLEs.
    pub fn handle(&self) -> Option<NonNull<c_void>> {
        None
    }
}
