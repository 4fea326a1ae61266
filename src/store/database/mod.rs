//! A store's database file: opened for one client, read once, and changed by transactions.

pub(crate) mod id_allocator;
pub(crate) mod rows;
pub(crate) mod schema;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection, OpenFlags, Result as SqlResult, Transaction, params};

use crate::error::Result;
use crate::store::account::{Account, Owner};
use crate::store::database::id_allocator::{Bound, IdAllocator};
use crate::store::database::schema::Found;
use crate::store::location::Location;
use crate::store::open_error;
use crate::store::open_error::failed;
use crate::store::open_files::{Changed, OpenFiles, create_or_open};
use crate::store::store_lock::StoreLock;
use crate::store::write_error::WriteError;
use crate::store::{InteractionRow, Record, RecoveredState, Row, Sent};
use crate::wire::Redacted;

/// An open database file, locked against everybody else.
#[derive(Debug)]
pub struct Database {
    /// How the application calls it.
    pub(crate) named: PathBuf,
    pub(crate) location: Location,
    pub(crate) account: Account,
    /// `None` where it could not be opened again after its files were removed.
    pub(crate) opened: Option<Opened>,
    /// What has become of the files, from when that was first seen.
    pub(crate) changed: Option<Changed>,
    numbers: IdAllocator,
    /// Whether the file knew no interactions before.
    knew_none: bool,
    // Dropped last.
    pub(crate) lock: StoreLock,
}

/// A connection, and the files that it writes to.
#[derive(Debug)]
pub(crate) struct Opened {
    // Closed before the files, for closing those drops the locks of SQLite.
    pub connection: Connection,
    pub files: OpenFiles,
}

impl Database {
    /// Opens the file, or makes it, for this account.
    ///
    /// # Errors
    /// [`Status::Store`](crate::status::Status::Store).
    pub fn open(named: &Path, account: Account) -> Result<Self> {
        let location = Location::find(named)?;
        let lock = StoreLock::acquire(named, &location)?;
        let (opened, found) = connect(named, &location, &account)?;
        let numbers = IdAllocator::read(&opened.connection)
            .map_err(|error| open_error::sqlite(named, &error))?;
        Ok(Database {
            named: named.to_owned(),
            location,
            account,
            opened: Some(opened),
            changed: None,
            numbers,
            knew_none: found.knew_no_interactions(),
            lock,
        })
    }

    fn connection(&self) -> SqlResult<&Connection> {
        let opened = self.opened.as_ref();
        opened.map_or(Err(rusqlite::Error::InvalidQuery), |opened| {
            Ok(&opened.connection)
        })
    }

    /// What an earlier run left, in the order in which it came.
    pub fn leftovers(&self) -> SqlResult<RecoveredState> {
        let mut left = RecoveredState {
            knew_no_interactions: self.knew_none,
            ..RecoveredState::default()
        };
        self.for_each(
            "SELECT number, kind, received_at, content_type, body FROM inbox ORDER BY number",
            |row| {
                let number = row.get::<_, i64>(0)?;
                match rows::record(row) {
                    Ok(record) => left.records.push((number.unsigned_abs(), record)),
                    Err(_) => left.unreadable.push(Row::Record(number.unsigned_abs())),
                }
                Ok(())
            },
        )?;
        self.for_each(
            "SELECT ticket, leaving, content, posted_at FROM outbox ORDER BY ticket",
            |row| {
                let ticket = row.get::<_, i64>(0)?;
                match rows::letter(row) {
                    Ok(letter) => left.letters.push((ticket.unsigned_abs(), letter)),
                    Err(_) => left.unreadable.push(Row::Letter(ticket.unsigned_abs())),
                }
                Ok(())
            },
        )?;
        self.for_each(
            "SELECT client_id, department, state, bot_id, hash, external_id, since_ms FROM interactions",
            |row| {
                match rows::page(row) {
                    Ok(page) => left.pages.push(page),
                    Err(_) => left.unreadable.push(Row::Interaction(row.get(0)?)),
                }
                Ok(())
            },
        )?;
        Ok(left)
    }

    fn for_each(
        &self,
        query: &str,
        mut each: impl FnMut(&rusqlite::Row<'_>) -> SqlResult<()>,
    ) -> SqlResult<()> {
        let mut statement = self.connection()?.prepare(query)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            each(row)?;
        }
        Ok(())
    }

    /// Begins a change of which all or nothing happens.
    ///
    /// # Errors
    /// [`WriteError::Files`]: what is written now would be lost.
    pub fn begin(&mut self) -> std::result::Result<WriteTransaction<'_>, WriteError> {
        self.make_usable()?;
        let opened = self.opened.as_mut().ok_or(Changed::Replaced)?;
        Ok(WriteTransaction {
            transaction: opened.connection.transaction()?,
            files: &mut opened.files,
            changed: &mut self.changed,
            numbers: &self.numbers,
            bound: self.numbers.bound(),
        })
    }

    /// A change has failed: the log may be longer all the same.
    pub fn rolled_back(&mut self) {
        if let (None, Some(opened)) = (self.changed, &mut self.opened) {
            opened.files.remember();
        }
    }

    /// Takes back what a change has written to files that were found removed or replaced when it was on disk: whoever
    /// waited for it is told that it was not done. It goes where the change has gone, so it is seen where that is.
    pub fn undo(&mut self, numbers: &mut [u64], tickets: &[u64]) {
        let Some(opened) = &mut self.opened else {
            return;
        };
        let undone = opened.connection.transaction().and_then(|transaction| {
            forget(&transaction, numbers)?;
            for ticket in tickets {
                unpost(&transaction, *ticket)?;
            }
            transaction.commit()
        });
        // Where that fails, it comes again, flagged.
        if undone.is_ok() {
            opened.files.remember();
        }
    }

    /// Gives back the numbers that are set aside, so that a later run goes on without a gap, and closes the file.
    pub fn close(mut self) {
        if self.make_usable().is_err() {
            // What was not told yet is tried again.
            let _ = self.make_usable();
        }
        let Some(opened) = &self.opened else { return };
        if self.changed.is_none() {
            // Where that fails, there is a gap, which does no harm.
            let _ = self.numbers.give_back(&opened.connection);
        } else {
            opened.leave_files_alone();
        }
    }
}

impl Opened {
    /// Closing writes nothing into the files, and removes none: they are somebody else's now.
    pub fn leave_files_alone(&self) {
        // Where it fails, SQLite itself looks whether the database has moved.
        let _ = self
            .connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }
}

const UNKNOWN: &str =
    "it is a database, but no store that this version knows; it was left alone; name another file";

/// Opens the file at its location, or makes it, and brings it up to this version.
pub(crate) fn connect(
    named: &Path,
    location: &Location,
    account: &Account,
) -> Result<(Opened, Found)> {
    let path = &location.database;
    let of_system = |error: std::io::Error| open_error::io(named, path, &error);
    let of_sqlite = |error: rusqlite::Error| open_error::sqlite(named, &error);
    let file = create_or_open(path).map_err(of_system)?;
    let names = links(&file).map_err(of_system)?;
    if names > 1 {
        return Err(failed(
            named,
            format!(
                "its file has {names} names (hard links), and the file with the ending -wal belongs to one of them; remove the \
                 others"
            ),
        ));
    }
    // Without SQLite's own URIs and special names.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags).map_err(of_sqlite)?;
    let found = prepare(&connection)
        .map_err(of_sqlite)?
        .ok_or_else(|| failed(named, UNKNOWN))?;
    let owner = match found.notes_account() {
        true => account.owner(&connection).map_err(of_sqlite)?,
        false => Owner::Nobody,
    };
    if owner == Owner::Another && !account.may_take_over {
        return Err(failed(
            named,
            "it belongs to another account: it was filled under another token, dialect or host of base_url; name another file, \
             or set store.move_account to 1 once, and what waits in it is this account's",
        ));
    }
    let migrated = || -> SqlResult<()> {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch("BEGIN EXCLUSIVE")?;
        found.migrate(&connection)?;
        if owner != Owner::This {
            account.take_over(&connection)?;
        }
        connection.execute_batch("COMMIT")
    };
    migrated().map_err(of_sqlite)?;
    if owner == Owner::Another {
        log::warn!(
            "the store was another account's, and is this one's now, with all that waits in it"
        );
    }
    let files = OpenFiles::new(location, file).map_err(of_system)?;
    Ok((Opened { connection, files }, found))
}

/// Prepares a connection to a file that nobody else may use, and looks what the file is.
fn prepare(connection: &Connection) -> SqlResult<Option<Found>> {
    // Whoever has it keeps it for as long as it runs, so waiting is of no use.
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    Found::read(connection)
}

#[cfg(not(unix))]
fn links(_: &std::fs::File) -> std::io::Result<u64> {
    Ok(1)
}

#[cfg(unix)]
fn links(file: &std::fs::File) -> std::io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    file.metadata().map(|found| found.nlink())
}

/// A change under way; dropped, it has not happened.
#[derive(Debug)]
pub struct WriteTransaction<'a> {
    transaction: Transaction<'a>,
    files: &'a mut OpenFiles,
    changed: &'a mut Option<Changed>,
    numbers: &'a IdAllocator,
    bound: Bound,
}

impl WriteTransaction<'_> {
    /// Records, to be written one after the other.
    pub fn records(&self) -> Records<'_> {
        Records {
            change: self,
            statement: None,
        }
    }

    /// Takes the records of these numbers away, in any order. Most often they came one after the other.
    pub fn forget(&self, numbers: &mut [u64]) -> SqlResult<()> {
        forget(&self.transaction, numbers)
    }

    /// Writes a request that was posted then, and gives its ticket.
    pub fn post(&self, content: &str, posted_at: i64) -> SqlResult<u64> {
        self.transaction
            .prepare_cached("INSERT INTO outbox (leaving, content, posted_at) VALUES (0, ?1, ?2)")?
            .insert(params![content, posted_at])
            .map(i64::unsigned_abs)
    }

    /// Writes that a posted request is about to leave.
    pub fn leave(&self, ticket: u64) -> SqlResult<()> {
        self.set_sent(ticket, Sent::Perhaps)
    }

    /// Writes that a posted request has not left, though it was tried.
    pub fn stay(&self, ticket: u64) -> SqlResult<()> {
        self.set_sent(ticket, Sent::Not)
    }

    fn set_sent(&self, ticket: u64, sent: Sent) -> SqlResult<()> {
        self.transaction
            .prepare_cached("UPDATE outbox SET leaving = ?2 WHERE ticket = ?1")?
            .execute(params![ticket.cast_signed(), sent as i64])
            .map(drop)
    }

    /// Takes a posted request away.
    pub fn unpost(&self, ticket: u64) -> SqlResult<()> {
        unpost(&self.transaction, ticket)
    }

    /// Writes where an open interaction is; `None`: it is over.
    pub fn note(&self, client_id: &str, page: Option<&InteractionRow>) -> SqlResult<()> {
        let Some(page) = page else {
            return self
                .transaction
                .prepare_cached("DELETE FROM interactions WHERE client_id = ?1")?
                .execute([client_id])
                .map(drop);
        };
        self.transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO interactions (client_id, department, state, bot_id, hash, external_id, since_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                client_id,
                page.department,
                page.state,
                page.bot_id,
                page.hash,
                page.external_id.as_ref().map(Redacted::expose),
                page.since
            ])
            .map(drop)
    }

    /// Moves a row that can't be read to where it is not read again, as it is.
    pub fn set_aside(&self, row: &Row) -> SqlResult<()> {
        let (copied, taken) = match row {
            Row::Record(_) => (
                "INSERT INTO aside SELECT 'inbox', number, received_at, content_type, body FROM inbox WHERE number IS ?1",
                "DELETE FROM inbox WHERE number IS ?1",
            ),
            Row::Letter(_) => (
                "INSERT INTO aside SELECT 'outbox', ticket, NULL, NULL, content FROM outbox WHERE ticket IS ?1",
                "DELETE FROM outbox WHERE ticket IS ?1",
            ),
            Row::Interaction(_) => (
                "INSERT INTO aside SELECT 'interactions', client_id, since_ms, NULL, department FROM interactions
                 WHERE client_id IS ?1",
                "DELETE FROM interactions WHERE client_id IS ?1",
            ),
        };
        let key = match row {
            Row::Record(number) | Row::Letter(number) => Value::Integer(number.cast_signed()),
            Row::Interaction(key) => key.clone(),
        };
        self.transaction.prepare_cached(copied)?.execute([&key])?;
        self.transaction
            .prepare_cached(taken)?
            .execute([&key])
            .map(drop)
    }

    /// Makes it happen. When this returns it is on disk.
    ///
    /// # Errors
    /// [`WriteError::Files`]: it has happened, but will be lost with the files that are open.
    pub fn commit(self) -> std::result::Result<(), WriteError> {
        self.transaction.commit()?;
        self.numbers.are_set_aside(&self.bound);
        self.files.check_written().map_err(|changed| {
            *self.changed = Some(changed);
            WriteError::Files(changed)
        })
    }
}

fn forget(connection: &Connection, numbers: &mut [u64]) -> SqlResult<()> {
    if numbers.is_empty() {
        return Ok(());
    }
    numbers.sort_unstable();
    let mut statement =
        connection.prepare_cached("DELETE FROM inbox WHERE number BETWEEN ?1 AND ?2")?;
    for run in numbers.chunk_by(|one, next| next - one <= 1) {
        if let (Some(first), Some(last)) = (run.first(), run.last()) {
            statement.execute([first.cast_signed(), last.cast_signed()])?;
        }
    }
    Ok(())
}

fn unpost(connection: &Connection, ticket: u64) -> SqlResult<()> {
    connection
        .prepare_cached("DELETE FROM outbox WHERE ticket = ?1")?
        .execute([ticket.cast_signed()])
        .map(drop)
}

/// What writes records. The statement is looked up once for all of them.
pub struct Records<'a> {
    change: &'a WriteTransaction<'a>,
    statement: Option<CachedStatement<'a>>,
}

impl Records<'_> {
    /// Writes a record, and gives its number.
    pub fn keep(&mut self, record: &Record) -> SqlResult<u64> {
        let change = self.change;
        let number = change.numbers.next(&change.transaction, &change.bound)?;
        let statement = match &mut self.statement {
            Some(statement) => statement,
            none => none.insert(change.transaction.prepare_cached(
                "INSERT INTO inbox (number, kind, received_at, content_type, body) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?),
        };
        statement.execute(params![
            number,
            rows::number_of(record.kind),
            record.received_at,
            record.content_type,
            &record.body[..]
        ])?;
        Ok(number.unsigned_abs())
    }
}
