//! Errors of opening a store. They omit SQLite's own messages, which may contain data of the file.

use std::io::{self, ErrorKind};
use std::path::Path;

use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseLocked, NotADatabase};

use crate::error::Error;
use crate::status::Status;

/// The reason if another client has the store open.
pub const IN_USE: &str = "another client, of this process or of another, has it open; give each client a store of its own";

/// Creates the error. `reason` contains what to do.
pub fn unusable(path: &Path, reason: impl std::fmt::Display) -> Error {
    Error::new(
        Status::Store,
        format!("the store {} can't be used: {reason}", path.display()),
    )
}

/// Creates the error for an error of SQLite.
pub fn from_sqlite(path: &Path, error: &rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(DatabaseBusy | DatabaseLocked) => unusable(path, IN_USE),
        Some(NotADatabase) => unusable(
            path,
            "file is not a database; it was not changed; name another file",
        ),
        Some(CannotOpen) => unusable(
            path,
            "it can't be opened or created; check the permissions, and the free space of the disk",
        ),
        _ => unusable(path, sqlite_error_name(error)),
    }
}

/// Creates the error for a failed system call on one of the store's files or on its folder.
pub fn from_io(path: &Path, file: &Path, error: &io::Error) -> Error {
    let what = if path.file_name() == file.file_name() {
        "it".to_owned()
    } else {
        file.display().to_string()
    };
    match error.kind() {
        ErrorKind::PermissionDenied => unusable(
            path,
            format!(
                "this user may not read and write {what}{}; change that, or name another file",
                mode_of(file)
            ),
        ),
        ErrorKind::ReadOnlyFilesystem => unusable(
            path,
            format!("{what} is on a file system that can only be read; name another file"),
        ),
        _ => unusable(path, format!("{what} can't be opened or created: {error}")),
    }
}

/// Returns the permissions of a file, for the message; empty if it does not exist.
#[cfg(unix)]
fn mode_of(file: &Path) -> String {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).map_or(String::new(), |found| {
        format!(" (its mode is {:04o})", found.permissions().mode() & 0o7777)
    })
}

#[cfg(not(unix))]
fn mode_of(_: &Path) -> &'static str {
    ""
}

/// Returns SQLite's name of the error. SQLite's longer messages may contain a part of the file.
pub fn sqlite_error_name(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error() {
        Some(code) => rusqlite::ffi::code_to_str(code.extended_code),
        None => "its content is not in the format of this version",
    }
}
