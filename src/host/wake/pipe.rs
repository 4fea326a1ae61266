//! A pipe to the process itself, for Unix systems without `eventfd`. It is readable while events are queued.

use std::ffi::c_void;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::ptr::NonNull;

/// A pipe that contains bytes from [`set`](Self::set) to [`clear`](Self::clear).
#[derive(Debug)]
pub struct Wake {
    reader: PipeReader,
    writer: PipeWriter,
}

impl Wake {
    /// Creates a descriptor that is not readable.
    ///
    /// # Errors
    /// The process has too few free descriptors.
    pub fn new() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        set_nonblocking(reader.as_raw_fd())?;
        set_nonblocking(writer.as_raw_fd())?;
        Ok(Wake { reader, writer })
    }

    /// Makes it readable.
    pub fn set(&self) {
        // Fails only if the pipe is full, and then it is readable.
        let _ = (&self.writer).write(&[0]);
    }

    /// Makes it not readable.
    pub fn clear(&self) {
        let mut bytes = [0; 512];
        // A short read empties the pipe.
        while matches!((&self.reader).read(&mut bytes), Ok(read) if read == bytes.len()) {}
    }

    /// Returns whether it is readable.
    #[cfg(test)]
    pub fn is_set(&self) -> bool {
        let mut poll = libc::pollfd {
            fd: self.reader.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one live `pollfd`, as the count says.
        unsafe { libc::poll(&raw mut poll, 1, 0) == 1 }
    }

    /// Returns the descriptor. The library closes it.
    pub fn descriptor(&self) -> Option<i64> {
        Some(i64::from(self.reader.as_raw_fd()))
    }

    /// Returns `None`, because only Windows has event HANDLEs.
    pub fn handle(&self) -> Option<NonNull<c_void>> {
        None
    }
}

fn set_nonblocking(descriptor: RawFd) -> io::Result<()> {
    // SAFETY: both calls take numbers, and the caller has the descriptor open.
    let failed = unsafe {
        let flags = libc::fcntl(descriptor, libc::F_GETFL);
        flags < 0 || libc::fcntl(descriptor, libc::F_SETFL, flags | libc::O_NONBLOCK) < 0
    };
    if failed {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_readable_from_set_to_clear() {
        let wake = Wake::new().unwrap();
        assert!(!wake.is_set());
        wake.set();
        assert!(wake.is_set() && wake.is_set());
        wake.clear();
        assert!(!wake.is_set());
        assert!(wake.descriptor().is_some() && wake.handle().is_none());
    }

    #[test]
    fn neither_a_full_nor_an_empty_pipe_blocks() {
        let wake = Wake::new().unwrap();
        wake.clear();
        // More than a pipe contains.
        for _ in 0..100_000 {
            wake.set();
        }
        wake.clear();
        assert!(!wake.is_set());
    }

    #[test]
    fn a_started_program_does_not_inherit_it() {
        let wake = Wake::new().unwrap();
        for descriptor in [wake.reader.as_raw_fd(), wake.writer.as_raw_fd()] {
            // SAFETY: the call takes numbers, and the descriptor is open.
            let flags = unsafe { libc::fcntl(descriptor, libc::F_GETFD) };
            assert_eq!(flags & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
        }
    }
}
