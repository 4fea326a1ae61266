//! The use of SQLite's interface to the operating system.

use std::io;
use std::path::Path;

use crate::host::files::private_file::create_private;

/// The name of the interface. It accepts paths of any length; SQLite's default one truncates them.
pub const VFS: &str = "win32-longpath";

/// Creates an empty private log, and returns whether it did; an existing one stays. SQLite would create it with the permissions
/// of the folder.
pub fn create_log(path: &Path) -> io::Result<bool> {
    match create_private(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}
