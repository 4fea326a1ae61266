//! Access to files that other programs may have open. A virus scanner or a backup program may prevent it for a short time.

use std::fs::File;
use std::io;
use std::os::windows::fs::FileExt;
use std::thread;
use std::time::Duration;

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_LOCK_VIOLATION, ERROR_SHARING_VIOLATION,
};

/// The number of retries, and the delay before the first one. The delay grows by itself with each retry: 1.4 seconds in all.
/// These are SQLite's values for its own files.
const RETRIES: u32 = 10;
const FIRST_DELAY: Duration = Duration::from_millis(25);

/// Runs an operation on a file, and repeats it while another program has the file open. Blocks for up to 1.4 seconds.
///
/// # Errors
/// The last error of the operation.
pub fn retry<T>(mut operation: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    for number in 1..=RETRIES {
        match operation() {
            Err(error) if is_temporary(&error) => thread::sleep(FIRST_DELAY * number),
            result => return result,
        }
    }
    operation()
}

/// Returns whether an error may end by itself. A file that is being removed denies access.
fn is_temporary(error: &io::Error) -> bool {
    is_held_by_another_program(error) || is_code(error, ERROR_ACCESS_DENIED)
}

/// Returns whether an operation failed because another program has the file open and does not share it.
pub fn is_held_by_another_program(error: &io::Error) -> bool {
    is_code(error, ERROR_SHARING_VIOLATION) || is_code(error, ERROR_LOCK_VIOLATION)
}

fn is_code(error: &io::Error, code: u32) -> bool {
    error.raw_os_error().map(i32::cast_unsigned) == Some(code)
}

/// Reads bytes at a position of the file. Other programs may have locked them for a short time.
///
/// # Errors
/// The errors of reading, and [`io::ErrorKind::UnexpectedEof`].
pub fn read_exact_at(file: &File, mut bytes: &mut [u8], mut position: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let read = retry(|| file.seek_read(bytes, position))?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        position += read as u64;
        bytes = &mut bytes[read..];
    }
    Ok(())
}
