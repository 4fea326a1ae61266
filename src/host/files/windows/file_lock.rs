//! A lock on a file (`LockFileEx`). It belongs to the open handle, so other code of the process does not release it, and the
//! system releases it when the process ends.

use std::fs::File;
use std::io;
use std::os::windows::io::AsRawHandle;

use windows_sys::Win32::Foundation::{ERROR_IO_PENDING, ERROR_LOCK_VIOLATION};
use windows_sys::Win32::Storage::FileSystem::{
    LOCKFILE_EXCLUSIVE_LOCK, LOCKFILE_FAIL_IMMEDIATELY, LockFileEx, UnlockFileEx,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

/// The high part of the position of the locked byte. No file is so long, so other programs can read the whole file.
const POSITION_HIGH: u32 = 0x4000_0000;

/// An exclusive lock on a file. Its drop releases the lock.
#[derive(Debug)]
pub struct FileLock(File);

impl FileLock {
    /// Opens a file with `open` and locks it. Returns `None` if it is locked already, by this process or another.
    ///
    /// # Errors
    /// The error of opening or locking it.
    pub fn acquire(mut open: impl FnMut() -> io::Result<File>) -> io::Result<Option<Self>> {
        let file = open()?;
        let mut position = locked_position();
        let flags = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
        // SAFETY: the handle is open as long as `file` lives, and `position` lives through the call.
        if unsafe { LockFileEx(file.as_raw_handle(), flags, 0, 1, 0, &raw mut position) } != 0 {
            return Ok(Some(FileLock(file)));
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error().map(i32::cast_unsigned) {
            Some(ERROR_LOCK_VIOLATION | ERROR_IO_PENDING) => Ok(None),
            _ => Err(error),
        }
    }

    /// Returns the locked file.
    // The result is optional as on systems with forks.
    #[allow(clippy::unnecessary_wraps)]
    pub fn file(&self) -> Option<&File> {
        Some(&self.0)
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        let mut position = locked_position();
        // Explicitly, because the system may release the lock of a closed file later.
        // SAFETY: as in `acquire`.
        unsafe { UnlockFileEx(self.0.as_raw_handle(), 0, 1, 0, &raw mut position) };
    }
}

fn locked_position() -> OVERLAPPED {
    let mut position = OVERLAPPED::default();
    position.Anonymous.Anonymous.OffsetHigh = POSITION_HIGH;
    position
}
