//! Whether the operating system has what a connection needs: descriptors and memory.
//!
//! The C library's look-up of names and the reading of the system's certificates do not tell that they lacked a descriptor;
//! they say that a name or a certificate is not there.

use std::io;

/// Makes two descriptors and closes them again.
///
/// # Errors
/// The operating system's, where it has none for this process.
pub fn check() -> io::Result<()> {
    io::pipe().map(drop)
}

/// Whether an error says that the operating system lacks something for this process, and nothing of the peer.
#[cfg(unix)]
pub fn is_lack(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM | libc::ENOBUFS | libc::EAGAIN)
    )
}

/// Whether an error says that the operating system lacks something for this process, and nothing of the peer.
#[cfg(not(unix))]
pub fn is_lack(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::OutOfMemory
}
