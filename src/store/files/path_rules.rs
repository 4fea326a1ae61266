//! The rules of this system for paths.

use std::borrow::Cow;
use std::fs::{self, FileType};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use crate::host::files::file_system::network_file_system;

/// Accepts each path.
pub fn check_path(_: &Path) -> Result<(), &'static str> {
    Ok(())
}

/// Accepts each folder, and logs a warning for a network file system. Locks and flushes work on some of them.
pub fn check_folder(named: &Path, folder: &Path) -> Result<(), &'static str> {
    if let Ok(Some(kind)) = network_file_system(folder) {
        log::warn!(
            "the store {} is on a network file system ({kind}), which may lose locks and written data; put it on a local disk",
            named.display()
        );
    }
    Ok(())
}

/// Returns the absolute path of a folder, without symbolic links.
pub fn canonicalize(folder: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(folder)
}

/// Returns advice about a path whose folder does not exist.
pub fn missing_folder_advice(_: &Path) -> &'static str {
    ""
}

/// Returns advice about a file that the user may not access.
pub fn access_advice() -> &'static str {
    ""
}

/// Returns the path for a message.
pub fn printable(path: &Path) -> Cow<'_, str> {
    path.to_string_lossy()
}

/// Returns the permissions of a file, for the message; empty if it does not exist.
pub fn permissions_of(file: &Path) -> String {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).map_or(String::new(), |found| {
        format!(" (its mode is {:04o})", found.permissions().mode() & 0o7777)
    })
}

/// Returns the name of a kind of file that is neither a regular file nor a folder.
pub fn special_file(kind: FileType) -> &'static str {
    if kind.is_fifo() {
        "a named pipe (FIFO)"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_char_device() || kind.is_block_device() {
        "a device"
    } else {
        "not a file"
    }
}
