//! Why a store can't be opened, in words that say what to do.

use std::path::Path;

use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseLocked, NotADatabase};

use crate::error::Error;
use crate::status::Status;

/// The error that says why the file can't be used, and what to do.
pub fn told(path: &Path, error: &rusqlite::Error) -> Error {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let why = match (error.sqlite_error_code(), folder) {
        (Some(DatabaseBusy | DatabaseLocked), _) => {
            "another client, of this process or of another, has it open; give each client a store of its own".to_owned()
        }
        (Some(NotADatabase), _) => format!("{error}; it was left alone; name another file"),
        (Some(CannotOpen), _) if path.is_dir() => "it is a folder; name a file in it".to_owned(),
        (Some(CannotOpen), Some(folder)) if !folder.exists() => {
            "its folder is not there; make it, or name another".to_owned()
        }
        // It would name the path again.
        (Some(CannotOpen), _) => {
            "it can't be opened or made; check who may write there, and whether the disk has room".to_owned()
        }
        _ => error.to_string(),
    };
    Error::new(
        Status::Store,
        format!("the store {} can't be used: {why}", path.display()),
    )
}
