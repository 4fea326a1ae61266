//! A lock on a whole file that other code of the process can't lose by opening and closing the file, as it loses the locks
//! of POSIX.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use crate::host::closed_on_fork::ClosedOnFork;

/// A file that this process has locked for itself alone, until this is dropped.
#[derive(Debug)]
pub struct FileLock(ClosedOnFork);

impl FileLock {
    /// Locks the file that `open` opens; `None` where somebody else, in this process or in another, has locked it.
    ///
    /// # Errors
    /// What opening or locking it fails with.
    pub fn acquire(open: impl FnMut() -> io::Result<File>) -> io::Result<Option<Self>> {
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

    /// The locked file; `None` in a forked child, which does not have the lock.
    pub fn file(&self) -> Option<&File> {
        self.0.file()
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        if let Some(file) = self.file() {
            // Also where a child that was made by a bare system call still has the file open.
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
