//! Why a store can't be opened, in words that say what to do. No text of SQLite's is shown that may hold what the file holds.

use std::io::{self, ErrorKind};
use std::path::Path;

use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseLocked, NotADatabase};

use crate::error::Error;
use crate::status::Status;

/// Another client has it.
pub const IN_USE: &str = "another client, of this process or of another, has it open; give each client a store of its own";

/// The error that says why the store can't be used, and what to do.
pub fn failed(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::new(
        Status::Store,
        format!("the store {} can't be used: {why}", path.display()),
    )
}

/// The error for what SQLite says.
pub fn sqlite(path: &Path, error: &rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(DatabaseBusy | DatabaseLocked) => failed(path, IN_USE),
        Some(NotADatabase) => failed(
            path,
            "file is not a database; it was left alone; name another file",
        ),
        Some(CannotOpen) => failed(
            path,
            "it can't be opened or made; check who may write there, and whether the disk has room",
        ),
        _ => failed(path, reason(error)),
    }
}

/// The error for what the operating system says of one of its files, or of its folder.
pub fn io(path: &Path, file: &Path, error: &io::Error) -> Error {
    let what = if path.file_name() == file.file_name() {
        "it".to_owned()
    } else {
        file.display().to_string()
    };
    match error.kind() {
        ErrorKind::PermissionDenied => failed(
            path,
            format!(
                "this user may not read and write {what}{}; change that, or name another file",
                mode_of(file)
            ),
        ),
        ErrorKind::ReadOnlyFilesystem => failed(
            path,
            format!("{what} is on a file system that can only be read; name another file"),
        ),
        _ => failed(path, format!("{what} can't be opened or made: {error}")),
    }
}

/// The rights to a file that is there.
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

/// SQLite's name for what went wrong. Its longer messages may hold a part of the file.
pub fn reason(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error() {
        Some(code) => rusqlite::ffi::code_to_str(code.extended_code),
        None => "what stands in it is not what this version writes",
    }
}
