//! Errors of opening a store. They omit SQLite's own messages, which may contain data of the file.

use std::io::{self, ErrorKind};
use std::path::Path;

use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseLocked, NotADatabase};

use crate::error::Error;
use crate::host::files::file_access::is_held_by_another_program;
use crate::os_error;
use crate::status::Status;
use crate::store::files::path_rules::{access_advice, permissions_of, printable};

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
        printable(file).into_owned()
    };
    match error.kind() {
        ErrorKind::PermissionDenied => unusable(
            path,
            format!(
                "this user may not read and write {what}{}; change that, or name another file{}",
                permissions_of(file),
                access_advice()
            ),
        ),
        _ if is_held_by_another_program(error) => unusable(
            path,
            format!(
                "another program has {what} open and does not share it; end that program, or exclude the folder from virus scans \
                 and backups"
            ),
        ),
        ErrorKind::ReadOnlyFilesystem => unusable(
            path,
            format!("{what} is on a file system that can only be read; name another file"),
        ),
        _ => unusable(
            path,
            format!(
                "{what} can't be opened or created: {}",
                os_error::describe(error)
            ),
        ),
    }
}

/// Returns SQLite's name of the error. SQLite's longer messages may contain a part of the file.
pub fn sqlite_error_name(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error() {
        Some(code) => rusqlite::ffi::code_to_str(code.extended_code),
        None => "its content is not in the format of this version",
    }
}
