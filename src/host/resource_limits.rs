//! Detects a lack of file descriptors or memory.
//!
//! Without a free descriptor, the C library reports that a host does not exist, and the reader of certificates that there is no
//! certificate.

use std::io;

/// Opens two descriptors and closes them.
///
/// # Errors
/// The error of the operating system if this process has no free descriptors.
pub fn check() -> io::Result<()> {
    io::pipe().map(drop)
}

/// Returns whether an error means a lack of descriptors or memory, and does not concern the peer.
#[cfg(unix)]
pub fn is_exhausted(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM | libc::ENOBUFS | libc::EAGAIN)
    )
}

/// Returns whether an error means a lack of descriptors or memory, and does not concern the peer.
#[cfg(not(unix))]
pub fn is_exhausted(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::OutOfMemory
}
