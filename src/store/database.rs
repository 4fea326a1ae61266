//! The tables of the store, and what is said to them.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, Result, Transaction, params};

use super::Record;

/// Says which program made the file ("Omnz"), so that another database is not taken for a store.
const APPLICATION_ID: i32 = 0x4F6D_6E7A;
/// The layout of the tables. A later layout brings the earlier ones up to itself.
const LAYOUT: i32 = 1;

/// An open database file, locked against everybody else.
#[derive(Debug)]
pub struct Database(Connection);

impl Database {
    /// Opens the file, or makes it.
    pub fn open(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)?;
        // Whoever has it keeps it for as long as it runs, so waiting is of no use.
        connection.busy_timeout(Duration::ZERO)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        let layout: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let made_by: i32 =
            connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let is_new = tables == 0 && layout == 0;
        if !is_new && (made_by != APPLICATION_ID || layout != LAYOUT) {
            return Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_NOTADB),
                Some(
                    "it is a database, but no store that this version knows; name another file"
                        .into(),
                ),
            ));
        }
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(
            "BEGIN EXCLUSIVE;
             CREATE TABLE IF NOT EXISTS inbox (
                 number INTEGER PRIMARY KEY AUTOINCREMENT,
                 received_at INTEGER NOT NULL,
                 content_type TEXT,
                 body BLOB NOT NULL
             );",
        )?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "user_version", LAYOUT)?;
        connection.execute_batch("COMMIT")?;
        Ok(Database(connection))
    }

    /// All that waits, in the order of receipt.
    pub fn waiting(&self) -> Result<Vec<(u64, Record)>> {
        let mut statement = self
            .0
            .prepare("SELECT number, received_at, content_type, body FROM inbox ORDER BY number")?;
        let rows = statement.query_map([], |row| {
            let body: Vec<u8> = row.get(3)?;
            let record = Record {
                received_at: row.get(1)?,
                content_type: row.get(2)?,
                body: body.into(),
            };
            Ok((row.get::<_, i64>(0)?.unsigned_abs(), record))
        })?;
        rows.collect()
    }

    /// Begins a change of which all or nothing happens.
    pub fn begin(&mut self) -> Result<Change<'_>> {
        self.0.transaction().map(Change)
    }
}

/// A change under way; dropped, it has not happened.
#[derive(Debug)]
pub struct Change<'a>(Transaction<'a>);

impl Change<'_> {
    /// Writes a record, and gives its number.
    pub fn keep(&self, record: &Record) -> Result<u64> {
        self.0
            .prepare_cached(
                "INSERT INTO inbox (received_at, content_type, body) VALUES (?1, ?2, ?3)",
            )?
            .insert(params![
                record.received_at,
                record.content_type,
                &record.body[..]
            ])
            .map(i64::unsigned_abs)
    }

    /// Takes a record away.
    pub fn forget(&self, number: u64) -> Result<()> {
        self.0
            .prepare_cached("DELETE FROM inbox WHERE number = ?1")?
            .execute([number.cast_signed()])
            .map(drop)
    }

    /// Makes it happen. When this returns it is on disk.
    pub fn commit(self) -> Result<()> {
        self.0.commit()
    }
}
