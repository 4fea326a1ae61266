//! The database of a store.
//!
//! `connection.rs` opens the file for one `account.rs` and migrates it to the tables of `schema.rs`. [`Database`] reads
//! all rows once, with `row_parser.rs`. After that, `transaction.rs` changes the rows, with ids of `id_allocator.rs`, and `checkpoint.rs` bounds the log. If the
//! files were removed or replaced, `recovery.rs` restores them before the next transaction.

pub(crate) mod account;
mod checkpoint;
mod connection;
pub(crate) mod id_allocator;
mod recovery;
mod row_parser;
mod schema;
#[cfg(test)]
mod tests;
mod transaction;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Result as SqlResult};

use crate::error::Result;
use crate::host::files::file_access::retry;
use crate::store::database::account::Account;
use crate::store::database::connection::{OpenConnection, connect};
use crate::store::database::id_allocator::IdAllocator;
use crate::store::database::transaction::{WriteTransaction, delete_records, delete_request};
use crate::store::files::location::Location;
use crate::store::files::open_files::FileChange;
use crate::store::files::store_lock::StoreLock;
use crate::store::open_error;
use crate::store::stored_rows::{RecoveredState, RowKey};
use crate::store::write_error::WriteError;

/// An open and locked database file.
#[derive(Debug)]
pub struct Database {
    /// The path of the option `store`, for messages.
    named: PathBuf,
    location: Location,
    account: Account,
    /// `None` if the file could not be reopened after its files were removed.
    opened: Option<OpenConnection>,
    /// The first detected change of the files.
    changed: Option<FileChange>,
    ids: IdAllocator,
    /// The number of commits since the frames of the log were counted.
    uncounted_commits: u32,
    /// Whether the file had no table of interactions.
    is_old_schema: bool,
    // Dropped last.
    lock: StoreLock,
}

impl Database {
    /// Opens or creates the file for this account.
    ///
    /// # Errors
    /// [`Status::Store`](crate::status::Status::Store).
    pub fn open(named: &Path, account: Account) -> Result<Self> {
        let location = Location::resolve(named)?;
        let lock = StoreLock::acquire(named, &location)?;
        // It contains data of customers, and an earlier process ended before it was complete.
        let _ = retry(|| std::fs::remove_file(location.unfinished_copy()));
        let (opened, schema) = connect(named, &location, &account)?;
        let ids = IdAllocator::read(&opened.connection)
            .map_err(|error| open_error::from_sqlite(named, &error))?;
        Ok(Database {
            named: named.to_owned(),
            location,
            account,
            opened: Some(opened),
            changed: None,
            ids,
            uncounted_commits: 0,
            is_old_schema: schema.lacks_interactions(),
            lock,
        })
    }

    fn connection(&self) -> SqlResult<&Connection> {
        let opened = self.opened.as_ref();
        opened.map_or(Err(rusqlite::Error::InvalidQuery), |opened| {
            Ok(&opened.connection)
        })
    }

    /// Reads all rows.
    pub fn read_recovered_state(&self) -> SqlResult<RecoveredState> {
        let mut recovered = RecoveredState {
            is_old_schema: self.is_old_schema,
            ..RecoveredState::default()
        };
        self.for_each(
            "SELECT number, kind, received_at, content_type, body FROM inbox ORDER BY number",
            |row| {
                let number = row.get::<_, i64>(0)?.unsigned_abs();
                match row_parser::parse_record(row) {
                    Ok(record) => recovered.records.push((number, record)),
                    Err(_) => recovered.unreadable.push(RowKey::Record(number)),
                }
                Ok(())
            },
        )?;
        self.for_each(
            "SELECT ticket, leaving, content, posted_at FROM outbox ORDER BY ticket",
            |row| {
                let ticket = row.get::<_, i64>(0)?.unsigned_abs();
                match row_parser::parse_request(row) {
                    Ok(request) => recovered.requests.push((ticket, request)),
                    Err(_) => recovered.unreadable.push(RowKey::Request(ticket)),
                }
                Ok(())
            },
        )?;
        self.for_each(
            "SELECT client_id, department, state, bot_id, hash, external_id, since_ms, current_department FROM interactions",
            |row| {
                match row_parser::parse_interaction(row) {
                    Ok(interaction) => recovered.interactions.push(interaction),
                    Err(_) => recovered.unreadable.push(RowKey::Interaction(row.get(0)?)),
                }
                Ok(())
            },
        )?;
        self.for_each(
            "SELECT reference, ticket, digest, ended_at FROM ended_references ORDER BY ended_at, ticket",
            |row| {
                match row_parser::parse_reference(row) {
                    Ok(reference) => recovered.references.push(reference),
                    Err(_) => recovered.unreadable.push(RowKey::Reference(row.get(0)?)),
                }
                Ok(())
            },
        )?;
        Ok(recovered)
    }

    fn for_each(
        &self,
        query: &str,
        mut function: impl FnMut(&rusqlite::Row<'_>) -> SqlResult<()>,
    ) -> SqlResult<()> {
        let mut statement = self.connection()?.prepare(query)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            function(row)?;
        }
        Ok(())
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// [`WriteError::Files`] if its changes would be lost, because another program removed or replaced the files.
    pub fn begin(&mut self) -> std::result::Result<WriteTransaction<'_>, WriteError> {
        self.ensure_usable()?;
        let opened = self.opened.as_mut().ok_or(FileChange::Replaced)?;
        Ok(WriteTransaction {
            transaction: opened.connection.transaction()?,
            files: &mut opened.files,
            changed: &mut self.changed,
            ids: &self.ids,
            block: self.ids.reserved_block(),
        })
    }

    /// Records the state of the log after a rollback. It may be longer than before.
    pub fn record_rollback(&mut self) {
        if let (None, Some(opened)) = (self.changed, &mut self.opened) {
            opened.files.record_log_state();
        }
    }

    /// Deletes the rows of a commit whose callbacks got an error, because its files were removed or replaced.
    pub fn undo(&mut self, numbers: &mut [u64], tickets: &[u64]) {
        let Some(opened) = &mut self.opened else {
            return;
        };
        let undone = opened.connection.transaction().and_then(|transaction| {
            delete_records(&transaction, numbers)?;
            for ticket in tickets {
                delete_request(&transaction, *ticket)?;
            }
            transaction.commit()
        });
        if undone.is_err() {
            log::debug!(
                "rows of a failed commit were not deleted; they are redelivered with a flag"
            );
        }
        // Also after a rollback, which may leave a longer log. What another program wrote must stay detectable.
        if self.changed != Some(FileChange::Replaced) {
            opened.files.record_log_state();
        }
    }

    /// Releases the reserved ids, so that the next process continues without a gap, and closes the file.
    pub fn close(mut self) {
        if self.ensure_usable().is_err() {
            // The first call detects a change, the second one repairs it.
            let _ = self.ensure_usable();
        }
        let Some(opened) = &self.opened else { return };
        if self.changed.is_none() {
            // If this fails, there is a gap, which is harmless.
            let _ = self.ids.release_unused(&opened.connection);
        } else {
            opened.disable_cleanup();
        }
    }
}
