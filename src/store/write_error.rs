//! Why something could not be written to a store.

use std::fmt;

use crate::store::open_error::reason;
use crate::store::open_files::Changed;

/// Why something could not be written.
#[derive(Debug)]
pub enum WriteError {
    /// SQLite could not.
    Sqlite(rusqlite::Error),
    /// It would have been lost with the files that are open.
    Files(Changed),
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        WriteError::Sqlite(error)
    }
}

impl From<Changed> for WriteError {
    fn from(changed: Changed) -> Self {
        WriteError::Files(changed)
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteError::Sqlite(error) => {
                write!(f, "{}; make room, or check the disk", reason(error))
            }
            WriteError::Files(Changed::Removed) => f.write_str(
                "its file was removed or renamed while it was open; the next write makes it again, with all that it held",
            ),
            WriteError::Files(Changed::LogRemoved) => f.write_str(
                "its file with the ending -wal was removed while it was open, as another SQLite does that opens the store; \
                 the next write mends that; let nobody else open the store",
            ),
            WriteError::Files(Changed::Replaced) => f.write_str(
                "another file has the name of one of its files, or another program has written to one, while it was open; \
                 close the client and open it again",
            ),
        }
    }
}
