//! A lock on a file (`flock`). Unlike a POSIX lock, it is not lost if other code of the process opens and closes the file.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use crate::host::closed_on_fork::ClosedOnFork;
use crate::host::fork;

/// An exclusive lock on a file. Its drop releases the lock.
#[derive(Debug)]
pub struct FileLock(ClosedOnFork);

impl FileLock {
    /// Opens a file with `open` and locks it. Returns `None` if it is locked already, by this process or another.
    ///
    /// # Errors
    /// The error of opening or locking it.
    pub fn acquire(open: impl FnMut() -> io::Result<File>) -> io::Result<Option<Self>> {
        fork::watch();
        let opened = ClosedOnFork::open(open)?;
        let Some(file) = opened.file() else {
            return Err(io::ErrorKind::Other.into());
        };
        match lock(file, libc::LOCK_EX | libc::LOCK_NB) {
            Ok(()) => Ok(Some(FileLock(opened))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the locked file, or `None` in a forked child, which does not have the lock.
    pub fn file(&self) -> Option<&File> {
        self.0.file()
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        if let Some(file) = self.file() {
            // Explicitly, because a child of a bare system call may still have the file open.
            let _ = lock(file, libc::LOCK_UN);
        }
    }
}

fn lock(file: &File, operation: i32) -> io::Result<()> {
    loop {
        // SAFETY: the descriptor is open as long as `file` lives.
        if unsafe { libc::flock(file.as_raw_fd(), operation) } == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}
