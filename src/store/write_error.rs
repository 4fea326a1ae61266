//! Errors of writing to a store.

use std::fmt;

use crate::store::files::open_files::FileChange;
use crate::store::open_error::sqlite_error_name;

/// The reason of a failed transaction.
#[derive(Debug)]
pub enum WriteError {
    /// SQLite failed.
    Sqlite(rusqlite::Error),
    /// The files were removed or replaced, so the changes would be lost.
    Files(FileChange),
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        WriteError::Sqlite(error)
    }
}

impl From<FileChange> for WriteError {
    fn from(changed: FileChange) -> Self {
        WriteError::Files(changed)
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteError::Sqlite(error) => {
                write!(f, "{}; free some space, or check the disk", sqlite_error_name(error))
            }
            WriteError::Files(FileChange::Removed) => f.write_str(
                "its file was removed or renamed while it was open; the next write restores it with all its content",
            ),
            WriteError::Files(FileChange::LogRemoved) => f.write_str(
                "its file with the ending -wal was removed while it was open, for example by another SQLite; the next write \
                 repairs that; do not open the store with another program",
            ),
            WriteError::Files(FileChange::Replaced) => f.write_str(
                "another program replaced or changed one of its files while it was open; close the client and open it again",
            ),
        }
    }
}
