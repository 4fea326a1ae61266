//! Detects a lack of file descriptors or memory.
//!
//! Without a free descriptor, the C library of Unix reports that a host does not exist, and the reader of certificates that there is no
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

/// Returns whether an error means a lack of handles, buffers or memory, and does not concern the peer.
#[cfg(windows)]
pub fn is_exhausted(error: &io::Error) -> bool {
    use windows_sys::Win32::Foundation::{
        ERROR_COMMITMENT_LIMIT, ERROR_NO_SYSTEM_RESOURCES, ERROR_NOT_ENOUGH_MEMORY,
        ERROR_OUTOFMEMORY, ERROR_TOO_MANY_OPEN_FILES,
    };
    use windows_sys::Win32::Networking::WinSock::{WSAEMFILE, WSAENOBUFS};

    let code = error.raw_os_error();
    [WSAEMFILE, WSAENOBUFS].map(Some).contains(&code)
        || [
            ERROR_COMMITMENT_LIMIT,
            ERROR_NO_SYSTEM_RESOURCES,
            ERROR_NOT_ENOUGH_MEMORY,
            ERROR_OUTOFMEMORY,
            ERROR_TOO_MANY_OPEN_FILES,
        ]
        .map(|code| i32::try_from(code).ok())
        .contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_of_this_process_are_exhaustion() {
        #[cfg(unix)]
        let (lack, other) = ([libc::EMFILE, libc::ENOBUFS], libc::ECONNREFUSED);
        #[cfg(windows)]
        let (lack, other) = ([10024, 14], 10061);
        for code in lack {
            assert!(is_exhausted(&io::Error::from_raw_os_error(code)));
        }
        assert!(!is_exhausted(&io::Error::from_raw_os_error(other)));
        assert!(!is_exhausted(&io::ErrorKind::OutOfMemory.into()) && check().is_ok());
    }
}
