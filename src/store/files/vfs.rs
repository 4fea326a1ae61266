//! The use of SQLite's interface to the operating system.

use std::io;
use std::path::Path;

/// The name of the interface.
pub const VFS: &str = "unix";

/// Creates nothing. SQLite creates the log with the permissions of the database.
pub fn create_log(_: &Path) -> io::Result<bool> {
    Ok(false)
}
