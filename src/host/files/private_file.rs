//! Creates and opens files that only their owner may access.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Creates a file that only its owner may access, or opens the existing one.
///
/// # Errors
/// The error of creating or opening it.
pub fn create_or_open(path: &Path) -> io::Result<File> {
    match create_private(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            open(path, OpenOptions::new().read(true).write(true))
        }
        created => created,
    }
}

/// Creates a file that only its owner may read and write, with any umask of the process.
///
/// # Errors
/// The error of creating it, [`io::ErrorKind::AlreadyExists`] for example.
pub fn create_private(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Opens a file or a folder. Follows no symbolic link, and does not block on a named pipe.
///
/// # Errors
/// The error of opening it.
pub fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    options
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
}
