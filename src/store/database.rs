//! The tables of the store, and what is said to them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection, Result, Transaction, params};

use super::numbers::{Bound, Numbers};
use super::{Leftovers, Letter, Page, Record, RecordKind, Row};
use crate::wire::Redacted;

/// Says which program made the file ("Omnz"), so that another database is not taken for a store.
const APPLICATION_ID: i32 = 0x4F6D_6E7A;
/// The layout of the tables, which brings the earlier ones up to itself: the first had no interactions, and set
/// nothing aside.
const LAYOUT: i32 = 2;

/// An open database file, locked against everybody else.
#[derive(Debug)]
pub struct Database {
    connection: Connection,
    numbers: Numbers,
    /// Whether the file knew no interactions before.
    knew_none: bool,
}

impl Database {
    /// Opens the file, or makes it.
    pub fn open(path: &Path) -> Result<Self> {
        make_private(path);
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
        if !is_new && (made_by != APPLICATION_ID || !(1..=LAYOUT).contains(&layout)) {
            return Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_NOTADB),
                Some("it is a database, but no store that this version knows".into()),
            ));
        }
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(
            "BEGIN EXCLUSIVE;
             CREATE TABLE IF NOT EXISTS inbox (
                 number INTEGER PRIMARY KEY AUTOINCREMENT,
                 kind INTEGER NOT NULL,
                 received_at INTEGER NOT NULL,
                 content_type TEXT,
                 body BLOB NOT NULL
             );
             CREATE TABLE IF NOT EXISTS outbox (
                 ticket INTEGER PRIMARY KEY AUTOINCREMENT,
                 leaving INTEGER NOT NULL,
                 content TEXT NOT NULL
             );
             CREATE TABLE IF NOT EXISTS interactions (
                 client_id TEXT PRIMARY KEY,
                 department TEXT NOT NULL,
                 state INTEGER NOT NULL,
                 bot_id TEXT,
                 hash TEXT,
                 external_id TEXT,
                 since_ms INTEGER NOT NULL
             ) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS aside (
                 place TEXT NOT NULL,
                 number,
                 received_at,
                 content_type,
                 content
             );",
        )?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "user_version", LAYOUT)?;
        connection.execute_batch("COMMIT")?;
        let numbers = Numbers::read(&connection)?;
        Ok(Database {
            connection,
            numbers,
            knew_none: !is_new && layout < 2,
        })
    }

    /// What an earlier run left, in the order in which it came.
    pub fn leftovers(&self) -> Result<Leftovers> {
        let mut left = Leftovers {
            knew_no_interactions: self.knew_none,
            ..Leftovers::default()
        };
        self.for_each(
            "SELECT number, kind, received_at, content_type, body FROM inbox ORDER BY number",
            |row| {
                let number = row.get::<_, i64>(0)?;
                match record(row) {
                    Ok(record) => left.records.push((number.unsigned_abs(), record)),
                    Err(_) => left.unreadable.push(Row::Record(number.unsigned_abs())),
                }
                Ok(())
            },
        )?;
        self.for_each(
            "SELECT ticket, leaving, content FROM outbox ORDER BY ticket",
            |row| {
                let ticket = row.get::<_, i64>(0)?;
                match letter(row) {
                    Ok(letter) => left.letters.push((ticket.unsigned_abs(), letter)),
                    Err(_) => left.unreadable.push(Row::Letter(ticket.unsigned_abs())),
                }
                Ok(())
            },
        )?;
        self.for_each(
            "SELECT client_id, department, state, bot_id, hash, external_id, since_ms FROM interactions",
            |row| {
                match page(row) {
                    Ok(page) => left.pages.push(page),
                    Err(_) => left.unreadable.push(Row::Page(row.get(0)?)),
                }
                Ok(())
            },
        )?;
        Ok(left)
    }

    fn for_each(
        &self,
        query: &str,
        mut each: impl FnMut(&rusqlite::Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.connection.prepare(query)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            each(row)?;
        }
        Ok(())
    }

    /// Gives back the numbers that are set aside, so that a later run goes on without a gap. Where that fails, there is one.
    pub fn give_numbers_back(&self) -> Result<()> {
        self.numbers.give_back(&self.connection)
    }

    /// Begins a change of which all or nothing happens.
    pub fn begin(&mut self) -> Result<Change<'_>> {
        Ok(Change {
            transaction: self.connection.transaction()?,
            numbers: &self.numbers,
            bound: self.numbers.bound(),
        })
    }
}

/// A change under way; dropped, it has not happened.
#[derive(Debug)]
pub struct Change<'a> {
    transaction: Transaction<'a>,
    numbers: &'a Numbers,
    bound: Bound,
}

impl Change<'_> {
    /// Records, to be written one after the other.
    pub fn records(&self) -> Records<'_> {
        Records {
            change: self,
            statement: None,
        }
    }

    /// Takes the records of these numbers away, in any order. Most often they came one after the other.
    pub fn forget(&self, numbers: &mut [u64]) -> Result<()> {
        if numbers.is_empty() {
            return Ok(());
        }
        numbers.sort_unstable();
        let mut statement = self
            .transaction
            .prepare_cached("DELETE FROM inbox WHERE number BETWEEN ?1 AND ?2")?;
        for run in numbers.chunk_by(|one, next| next - one <= 1) {
            if let (Some(first), Some(last)) = (run.first(), run.last()) {
                statement.execute([first.cast_signed(), last.cast_signed()])?;
            }
        }
        Ok(())
    }

    /// Writes a posted request, and gives its ticket.
    pub fn post(&self, content: &str) -> Result<u64> {
        self.transaction
            .prepare_cached("INSERT INTO outbox (leaving, content) VALUES (0, ?1)")?
            .insert([content])
            .map(i64::unsigned_abs)
    }

    /// Writes that a posted request is about to leave.
    pub fn leave(&self, ticket: u64) -> Result<()> {
        self.set_leaving(ticket, true)
    }

    /// Writes that a posted request has not left.
    pub fn stay(&self, ticket: u64) -> Result<()> {
        self.set_leaving(ticket, false)
    }

    fn set_leaving(&self, ticket: u64, leaving: bool) -> Result<()> {
        self.transaction
            .prepare_cached("UPDATE outbox SET leaving = ?2 WHERE ticket = ?1")?
            .execute(params![ticket.cast_signed(), leaving])
            .map(drop)
    }

    /// Takes a posted request away.
    pub fn unpost(&self, ticket: u64) -> Result<()> {
        self.transaction
            .prepare_cached("DELETE FROM outbox WHERE ticket = ?1")?
            .execute([ticket.cast_signed()])
            .map(drop)
    }

    /// Writes where an open interaction is; `None`: it is over.
    pub fn note(&self, client_id: &str, page: Option<&Page>) -> Result<()> {
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
    pub fn set_aside(&self, row: &Row) -> Result<()> {
        let (copied, taken) = match row {
            Row::Record(_) => (
                "INSERT INTO aside SELECT 'inbox', number, received_at, content_type, body FROM inbox WHERE number IS ?1",
                "DELETE FROM inbox WHERE number IS ?1",
            ),
            Row::Letter(_) => (
                "INSERT INTO aside SELECT 'outbox', ticket, NULL, NULL, content FROM outbox WHERE ticket IS ?1",
                "DELETE FROM outbox WHERE ticket IS ?1",
            ),
            Row::Page(_) => (
                "INSERT INTO aside SELECT 'interactions', client_id, since_ms, NULL, department FROM interactions
                 WHERE client_id IS ?1",
                "DELETE FROM interactions WHERE client_id IS ?1",
            ),
        };
        let key = match row {
            Row::Record(number) | Row::Letter(number) => Value::Integer(number.cast_signed()),
            Row::Page(key) => key.clone(),
        };
        self.transaction.prepare_cached(copied)?.execute([&key])?;
        self.transaction
            .prepare_cached(taken)?
            .execute([&key])
            .map(drop)
    }

    /// Makes it happen. When this returns it is on disk.
    pub fn commit(self) -> Result<()> {
        self.transaction.commit()?;
        self.numbers.are_set_aside(&self.bound);
        Ok(())
    }
}

/// What writes records. The statement is looked up once for all of them.
pub struct Records<'a> {
    change: &'a Change<'a>,
    statement: Option<CachedStatement<'a>>,
}

impl Records<'_> {
    /// Writes a record, and gives its number.
    pub fn keep(&mut self, record: &Record) -> Result<u64> {
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
            number_of(record.kind),
            record.received_at,
            record.content_type,
            &record.body[..]
        ])?;
        Ok(number.unsigned_abs())
    }
}

fn record(row: &rusqlite::Row<'_>) -> Result<Record> {
    let body: Vec<u8> = row.get(4)?;
    Ok(Record {
        kind: kind_of(row.get(1)?),
        received_at: row.get(2)?,
        content_type: row.get(3)?,
        body: body.into(),
    })
}

fn letter(row: &rusqlite::Row<'_>) -> Result<Letter> {
    Ok(Letter {
        leaving: row.get(1)?,
        content: row.get(2)?,
    })
}

fn page(row: &rusqlite::Row<'_>) -> Result<(Arc<str>, Page)> {
    let page = Page {
        department: row.get(1)?,
        state: row.get(2)?,
        bot_id: row.get(3)?,
        hash: row.get(4)?,
        external_id: row.get::<_, Option<String>>(5)?.map(Redacted::from),
        since: row.get(6)?,
    };
    Ok((row.get(0)?, page))
}

fn number_of(kind: RecordKind) -> i32 {
    match kind {
        RecordKind::Trigger => 0,
        RecordKind::Outcome => 1,
    }
}

fn kind_of(number: i32) -> RecordKind {
    if number == 1 {
        RecordKind::Outcome
    } else {
        RecordKind::Trigger
    }
}

/// The file holds what customers write, so it is made for its owner alone; the files that SQLite makes beside it take
/// after it.
#[cfg(unix)]
fn make_private(path: &Path) {
    use std::os::unix::fs::OpenOptionsExt;
    // Where it can't be made, opening it says why.
    let _ = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
}

#[cfg(not(unix))]
fn make_private(_: &Path) {}
