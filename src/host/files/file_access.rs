//! Access to files that other programs may have open. On this system, they cannot prevent it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Runs an operation on a file. On Windows, this repeats it while another program has the file open.
///
/// # Errors
/// The error of the operation.
pub fn retry<T>(mut operation: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    operation()
}

/// Returns whether an operation failed because another program has the file open and does not share it.
pub fn is_held_by_another_program(_: &io::Error) -> bool {
    false
}

/// Reads bytes at a position of the file.
///
/// # Errors
/// The errors of reading, and [`io::ErrorKind::UnexpectedEof`].
pub fn read_exact_at(file: &File, bytes: &mut [u8], position: u64) -> io::Result<()> {
    file.read_exact_at(bytes, position)
}
