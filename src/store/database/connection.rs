//! Opens the database file, checks its schema and its account, and migrates it.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Result as SqlResult};

use crate::error::Result;
use crate::host::files::file_access::retry;
use crate::host::files::file_status::file_status;
use crate::host::files::private_file::create_or_open;
use crate::store::database::account::{Account, Owner};
use crate::store::database::schema::DetectedSchema;
use crate::store::files::location::Location;
use crate::store::files::open_files::OpenFiles;
use crate::store::files::vfs::{VFS, create_log};
use crate::store::open_error;
use crate::store::open_error::unusable;

/// A connection, and the files that it writes to.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    // Closed before the files, because closing a file drops SQLite's locks.
    pub connection: Connection,
    pub files: OpenFiles,
}

impl OpenConnection {
    /// Makes closing change and remove no file. The names may refer to files of another program now.
    pub fn disable_cleanup(&self) {
        // If this fails, SQLite itself checks whether the database was moved.
        let _ = self
            .connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }
}

const UNKNOWN_DATABASE: &str = "it is a database, but not a store that this version supports; it was not changed; name another file";

/// Opens or creates the file, and migrates it to the schema of this version.
///
/// `named` is the path of the option `store`, for messages.
pub(crate) fn connect(
    named: &Path,
    location: &Location,
    account: &Account,
) -> Result<(OpenConnection, DetectedSchema)> {
    let path = &location.database;
    let io_error = |error: std::io::Error| open_error::from_io(named, path, &error);
    let file = create_or_open(path).map_err(io_error)?;
    let links = file_status(&file).map_err(io_error)?.links;
    if links > 1 {
        return Err(unusable(
            named,
            format!(
                "its file has {links} names (hard links), and the file with the ending -wal belongs to one of them; remove the \
                 others"
            ),
        ));
    }
    let log = location.with_suffix("-wal");
    let is_new_log = create_log(&log).map_err(|error| open_error::from_io(named, &log, &error))?;
    let (connection, schema) = open_database(named, path, account).inspect_err(|_| {
        if is_new_log {
            // It is empty, and may be next to a file of another program.
            let _ = retry(|| std::fs::remove_file(&log));
        }
    })?;
    let files = OpenFiles::new(location, file).map_err(io_error)?;
    Ok((OpenConnection { connection, files }, schema))
}

/// Opens the database, and migrates it.
fn open_database(
    named: &Path,
    path: &Path,
    account: &Account,
) -> Result<(Connection, DetectedSchema)> {
    let sqlite_error = |error: rusqlite::Error| open_error::from_sqlite(named, &error);
    // Without URIs and special names.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags_and_vfs(path, flags, VFS).map_err(sqlite_error)?;
    let schema = prepare(&connection)
        .map_err(sqlite_error)?
        .ok_or_else(|| unusable(named, UNKNOWN_DATABASE))?;
    let owner = match schema.has_account() {
        true => account.owner(&connection).map_err(sqlite_error)?,
        false => Owner::Unset,
    };
    if owner == Owner::OtherAccount && !account.may_claim {
        return Err(unusable(
            named,
            "it belongs to another account, with another token, dialect or host of base_url; name another file, or set \
             store.move_account to 1 once to move its content to this account",
        ));
    }
    let migrate = || -> SqlResult<()> {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        // `checkpoint.rs` does it after a check of the files.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.execute_batch("BEGIN EXCLUSIVE")?;
        schema.migrate(&connection)?;
        if owner != Owner::ThisAccount {
            account.claim(&connection)?;
        }
        connection.execute_batch("COMMIT")
    };
    migrate().map_err(sqlite_error)?;
    if owner == Owner::OtherAccount {
        log::warn!("the store and its content were moved from another account to this one");
    }
    Ok((connection, schema))
}

/// Locks the database for this connection, and detects its schema.
fn prepare(connection: &Connection) -> SqlResult<Option<DetectedSchema>> {
    // Another client keeps its lock until it closes, so waiting is useless.
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    // A temporary file would be in another folder, which the user may not have.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    DetectedSchema::detect(connection)
}
