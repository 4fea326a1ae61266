//! The store: one SQLite file with events, posted requests and open interactions.
//!
//! 1. [`Store::open`] opens the file. `files/` resolves its path, locks it and detects changes by other programs.
//! 2. `database/` creates or migrates the tables and returns the rows of an earlier process (`stored_rows.rs`).
//! 3. Each method of [`Store`] adds an operation to `writer/commit_queue.rs`. It never waits for the disk.
//! 4. `writer/writer_thread.rs` writes all queued operations in one transaction of `database/transaction.rs`.
//! 5. After the commit, it runs the callback of each operation (`writer/commit_callback.rs`).
//!
//! SQLite runs in WAL mode with full synchronization, so committed data survives a crash and a power failure.

mod database;
mod files;
mod open_error;
mod stored_rows;
mod write_error;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::error::{Error, Result};
use crate::host;
use crate::oneshot;
use crate::os_error;
use crate::status::Status;
use crate::store::database::Database;
use crate::store::writer::commit_queue::{CommitQueue, Operation};
use crate::wire::Redacted;

pub use crate::store::database::account::Account;
pub use crate::store::stored_rows::{
    InteractionRow, Record, RecordKind, RecoveredState, ReferenceRow, RowKey, SendState,
};
pub use crate::store::writer::commit_callback::CommitCallback;

/// An open store. Its drop writes the remaining operations.
#[derive(Debug)]
pub struct Store {
    queue: Arc<CommitQueue>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Opens or creates the database file. Returns the rows of an earlier process too.
    ///
    /// The writer thread calls `after_callbacks` each time when all callbacks of a commit have run.
    ///
    /// # Errors
    /// [`Status::Store`] if the file cannot be opened, is not a store, is in use by another client, or belongs to another
    /// account. [`Status::System`] if the writer thread cannot be started.
    pub fn open(
        path: &Path,
        account: Account,
        after_callbacks: Box<dyn Fn() + Send>,
    ) -> Result<(Self, RecoveredState)> {
        let database = Database::open(path, account)?;
        let recovered = database
            .read_recovered_state()
            .map_err(|error| open_error::from_sqlite(path, &error))?;
        let queue = Arc::new(CommitQueue::default());
        let operations = queue.clone();
        let writer = host::thread::spawn("omnize-store", move || {
            writer::writer_thread::run(database, &operations, after_callbacks);
        })
        .map_err(|error| {
            let error = os_error::describe(&error);
            Error::new(Status::System, format!("no thread for the store: {error}"))
        })?;
        let store = Store {
            queue,
            writer: Mutex::new(Some(writer)),
        };
        Ok((store, recovered))
    }

    /// Queues a record for the next commit. `callback` gets its number on the writer thread, in the order of the calls.
    ///
    /// The caller must call [`flush`](Self::flush) after its last record.
    pub fn insert(&self, record: Record, callback: CommitCallback) {
        self.queue
            .push(Operation::InsertRecord(record), Some(callback));
    }

    /// Fails on a thread that must not block on a store.
    ///
    /// # Errors
    /// [`Status::Store`] on a writer thread. Application code runs there only in the log callback.
    pub fn check_may_block() -> Result<()> {
        if !writer::writer_thread::is_this_thread() {
            return Ok(());
        }
        Err(Error::new(
            Status::Store,
            "the store called the log callback, and cannot write until it returns; do this on another thread",
        ))
    }

    /// Blocks until the operation that `start` queues is on disk. Returns its number.
    ///
    /// # Errors
    /// [`Status::Store`], [`Status::Closed`].
    pub fn wait_for_commit(&self, start: impl FnOnce(CommitCallback)) -> Result<u64> {
        Self::check_may_block()?;
        let committed = oneshot::Receiver::new();
        start(CommitCallback::new(committed.sender()));
        committed.wait()
    }

    /// Deletes the record with this number. The application has handled it.
    pub fn delete(&self, number: u64) {
        self.queue.push(Operation::DeleteRecord(number), None);
    }

    /// Starts the next commit now if an operation with a callback is queued.
    pub fn flush(&self) {
        self.queue.flush();
    }

    /// Moves an unreadable row to the table `aside`, which is never read.
    pub fn quarantine(&self, row: RowKey) {
        self.queue.push(Operation::Quarantine(row), None);
    }

    /// Stores a posted request. `callback` gets its ticket. `posted_at` is in milliseconds since 1970-01-01 UTC.
    pub fn insert_request(&self, content: String, posted_at: i64, callback: CommitCallback) {
        self.queue
            .push(Operation::InsertRequest(content, posted_at), Some(callback));
        self.queue.flush();
    }

    /// Allocates the ticket of a request that is not stored. `callback` gets it.
    pub fn allocate_ticket(&self, callback: CommitCallback) {
        self.queue.push(Operation::AllocateTicket, Some(callback));
        self.queue.flush();
    }

    /// Marks a request before its first byte is sent.
    pub fn mark_sending(&self, ticket: u64, callback: CommitCallback) {
        self.queue
            .push(Operation::MarkSending(ticket), Some(callback));
        self.queue.flush();
    }

    /// Removes the mark of a request that was certainly not received.
    pub fn clear_sending(&self, ticket: u64) {
        self.queue.push(Operation::ClearSending(ticket), None);
    }

    /// Deletes the outcome of a request that could not be written at once.
    pub fn delete_outcome(&self, ticket: u64) {
        self.queue.push(Operation::DeleteOutcome(ticket), None);
    }

    /// Replaces a request by its outcome and its reference, in one transaction.
    ///
    /// If the commit fails, `callback` gets the error, and the writer thread retries the operation until it succeeds.
    pub fn complete_request(
        &self,
        ticket: u64,
        outcome: Record,
        reference: Option<ReferenceRow>,
        callback: CommitCallback,
    ) {
        let operation = Operation::CompleteRequest(ticket, outcome, reference);
        self.queue.push(operation, Some(callback));
        self.queue.flush();
    }

    /// Deletes the reference of an ended request.
    pub fn delete_reference(&self, reference: Redacted, ticket: u64) {
        self.queue
            .push(Operation::DeleteReference(reference, ticket), None);
    }

    /// Stores an open interaction, or deletes a finished one (`None`), with the next commit.
    pub fn update_interaction(&self, client_id: Arc<str>, row: Option<InteractionRow>) {
        self.queue.update_interaction(client_id, row);
    }

    /// Writes the remaining operations and closes the file. Blocks until this is done.
    pub fn close(&self) {
        self.queue.close();
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(writer) = writer {
            // The panic hook has reported a panic of the writer. Unwritten operations are repeated after a restart.
            host::thread::join(writer);
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests;
