//! A transaction of the writer thread: all its changes are committed, or none.

use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection, Result as SqlResult, Transaction, params};

use crate::store::database::id_allocator::{IdAllocator, ReservedBlock};
use crate::store::database::row_parser;
use crate::store::files::open_files::{FileChange, OpenFiles};
use crate::store::stored_rows::{InteractionRow, Record, ReferenceRow, RowKey, SendState};
use crate::store::write_error::WriteError;
use crate::wire::Redacted;

/// An open transaction. Its drop rolls it back.
#[derive(Debug)]
pub struct WriteTransaction<'a> {
    pub(crate) transaction: Transaction<'a>,
    pub(crate) files: &'a mut OpenFiles,
    /// Set if the commit finds changed files.
    pub(crate) changed: &'a mut Option<FileChange>,
    pub(crate) ids: &'a IdAllocator,
    pub(crate) block: ReservedBlock,
}

impl WriteTransaction<'_> {
    /// Returns a writer for many records.
    pub fn record_writer(&self) -> RecordWriter<'_> {
        RecordWriter {
            transaction: self,
            statement: None,
        }
    }

    /// Deletes the records with these numbers, in any order.
    pub fn delete_records(&self, numbers: &mut [u64]) -> SqlResult<()> {
        delete_records(&self.transaction, numbers)
    }

    /// Inserts a request and returns its ticket.
    pub fn insert_request(&self, content: &str, posted_at: i64) -> SqlResult<u64> {
        self.transaction
            .prepare_cached("INSERT INTO outbox (leaving, content, posted_at) VALUES (0, ?1, ?2)")?
            .insert(params![content, posted_at])
            .map(i64::unsigned_abs)
    }

    /// Returns a ticket that no stored request gets.
    pub fn allocate_ticket(&self) -> SqlResult<u64> {
        // The number of a deleted row is never reused.
        let ticket = self.insert_request("", 0)?;
        self.delete_request(ticket)?;
        Ok(ticket)
    }

    /// Marks a request before its first byte is sent.
    pub fn mark_sending(&self, ticket: u64) -> SqlResult<()> {
        self.set_send_state(ticket, SendState::MaybeSent)
    }

    /// Marks a request as certainly not received.
    pub fn clear_sending(&self, ticket: u64) -> SqlResult<()> {
        self.set_send_state(ticket, SendState::NotSent)
    }

    fn set_send_state(&self, ticket: u64, state: SendState) -> SqlResult<()> {
        self.transaction
            .prepare_cached("UPDATE outbox SET leaving = ?2 WHERE ticket = ?1")?
            .execute(params![ticket.cast_signed(), state as i64])
            .map(drop)
    }

    /// Deletes a request.
    pub fn delete_request(&self, ticket: u64) -> SqlResult<()> {
        delete_request(&self.transaction, ticket)
    }

    /// Inserts the reference of a request that has ended.
    pub fn insert_reference(&self, row: &ReferenceRow) -> SqlResult<()> {
        self.transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO ended_references (reference, ticket, digest, ended_at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                row.reference.expose(),
                row.ticket.cast_signed(),
                row.digest,
                row.ended_at
            ])
            .map(drop)
    }

    /// Deletes the reference of the ended request with this ticket.
    pub fn delete_reference(&self, reference: &Redacted, ticket: u64) -> SqlResult<()> {
        self.transaction
            .prepare_cached("DELETE FROM ended_references WHERE reference = ?1 AND ticket = ?2")?
            .execute(params![reference.expose(), ticket.cast_signed()])
            .map(drop)
    }

    /// Inserts or replaces an open interaction, or deletes a finished one (`None`).
    pub fn update_interaction(
        &self,
        client_id: &str,
        row: Option<&InteractionRow>,
    ) -> SqlResult<()> {
        let Some(row) = row else {
            return self
                .transaction
                .prepare_cached("DELETE FROM interactions WHERE client_id = ?1")?
                .execute([client_id])
                .map(drop);
        };
        self.transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO interactions
                 (client_id, department, state, bot_id, hash, external_id, since_ms, current_department)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                client_id,
                row.department,
                row.state,
                row.bot_id,
                row.hash,
                row.external_id.as_ref().map(Redacted::expose),
                row.since,
                row.current_department
            ])
            .map(drop)
    }

    /// Moves an unreadable row unchanged to the table `aside`, which is never read.
    pub fn quarantine(&self, row: &RowKey) -> SqlResult<()> {
        let (copy, delete) = match row {
            RowKey::Record(_) => (
                "INSERT INTO aside SELECT 'inbox', number, received_at, content_type, body FROM inbox WHERE number IS ?1",
                "DELETE FROM inbox WHERE number IS ?1",
            ),
            RowKey::Request(_) => (
                "INSERT INTO aside SELECT 'outbox', ticket, NULL, NULL, content FROM outbox WHERE ticket IS ?1",
                "DELETE FROM outbox WHERE ticket IS ?1",
            ),
            RowKey::Interaction(_) => (
                "INSERT INTO aside SELECT 'interactions', client_id, since_ms, NULL, department FROM interactions
                 WHERE client_id IS ?1",
                "DELETE FROM interactions WHERE client_id IS ?1",
            ),
            RowKey::Reference(_) => (
                "INSERT INTO aside SELECT 'ended_references', reference, ended_at, NULL, digest FROM ended_references
                 WHERE reference IS ?1",
                "DELETE FROM ended_references WHERE reference IS ?1",
            ),
        };
        let key = match row {
            RowKey::Record(number) | RowKey::Request(number) => {
                Value::Integer(number.cast_signed())
            }
            RowKey::Interaction(key) | RowKey::Reference(key) => key.clone(),
        };
        self.transaction.prepare_cached(copy)?.execute([&key])?;
        self.transaction
            .prepare_cached(delete)?
            .execute([&key])
            .map(drop)
    }

    /// Commits. After it returns, the changes are on disk.
    ///
    /// # Errors
    /// [`WriteError::Files`] if the changes are on disk, but in files that another program removed or replaced.
    pub fn commit(self) -> std::result::Result<(), WriteError> {
        self.transaction.commit()?;
        self.ids.commit_reservation(&self.block);
        self.files.check_after_write().map_err(|changed| {
            *self.changed = Some(changed);
            WriteError::Files(changed)
        })
    }
}

/// Deletes the records with these numbers, with one statement for each run of consecutive numbers.
pub(crate) fn delete_records(connection: &Connection, numbers: &mut [u64]) -> SqlResult<()> {
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

/// Deletes a request.
pub(crate) fn delete_request(connection: &Connection, ticket: u64) -> SqlResult<()> {
    connection
        .prepare_cached("DELETE FROM outbox WHERE ticket = ?1")?
        .execute([ticket.cast_signed()])
        .map(drop)
}

/// Inserts records. It looks the statement up once.
pub struct RecordWriter<'a> {
    transaction: &'a WriteTransaction<'a>,
    statement: Option<CachedStatement<'a>>,
}

impl RecordWriter<'_> {
    /// Inserts a record and returns its number.
    pub fn insert(&mut self, record: &Record) -> SqlResult<u64> {
        let transaction = self.transaction;
        let number = transaction
            .ids
            .allocate(&transaction.transaction, &transaction.block)?;
        let statement = match &mut self.statement {
            Some(statement) => statement,
            none => none.insert(transaction.transaction.prepare_cached(
                "INSERT INTO inbox (number, kind, received_at, content_type, body) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?),
        };
        statement.execute(params![
            number,
            row_parser::kind_number(record.kind),
            record.received_at,
            record.content_type,
            &record.body[..]
        ])?;
        Ok(number.unsigned_abs())
    }
}
