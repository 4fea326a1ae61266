//! The writer thread. Operations that arrive during a commit are collected for the next one.

use std::cell::Cell;
use std::collections::HashMap;
use std::thread;

use crate::error::Error;
use crate::status::Status;
use crate::store::database::Database;
use crate::store::write_error::WriteError;
use crate::store::writer::commit_queue::{Batch, CommitQueue, Job, Operation};

thread_local! {
    /// Whether this is a writer thread.
    static IS_WRITER: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether the calling thread is the writer thread of a store.
pub fn is_this_thread() -> bool {
    IS_WRITER.get()
}

/// Writes until the queue is closed and empty. Calls `after_callbacks` after the callbacks of each commit, failed or not.
pub fn run(database: Database, queue: &CommitQueue, after_callbacks: Box<dyn Fn() + Send>) {
    IS_WRITER.set(true);
    let guard = PanicGuard {
        queue,
        after_callbacks,
    };
    let mut writer = Writer {
        database,
        unwritten: Batch::default(),
        late_outcomes: HashMap::new(),
        has_failed: false,
    };
    while let Some(batch) = queue.take(!writer.unwritten.is_empty()) {
        writer.write(batch, &guard.after_callbacks);
    }
    if !writer.unwritten.is_empty() {
        writer.write(Batch::default(), &guard.after_callbacks);
    }
    writer.database.close();
}

/// Fails the queued operations if the thread panics.
struct PanicGuard<'a> {
    queue: &'a CommitQueue,
    after_callbacks: Box<dyn Fn() + Send>,
}

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.queue.abort();
            (self.after_callbacks)();
        }
    }
}

struct Writer {
    database: Database,
    /// After a failed commit: the mandatory operations, for the next commit.
    unwritten: Batch,
    /// The numbers of outcomes that were written after their callback got an error, by ticket.
    late_outcomes: HashMap<u64, u64>,
    /// Whether the last commit failed.
    has_failed: bool,
}

impl Writer {
    /// Writes the batch and the operations of a failed commit, and runs their callbacks.
    fn write(&mut self, batch: Batch, after_callbacks: &dyn Fn()) {
        self.unwritten.extend(batch);
        match self.commit() {
            Ok(numbers) => {
                let written = std::mem::take(&mut self.unwritten);
                for (job, number) in written.jobs.into_iter().zip(numbers) {
                    match (job.callback, job.operation) {
                        (Some(callback), _) => callback.complete(Ok(number)),
                        (None, Operation::CompleteRequest(ticket, ..)) => {
                            self.late_outcomes.insert(ticket, number);
                        }
                        (None, Operation::DeleteOutcome(ticket)) => {
                            self.late_outcomes.remove(&ticket);
                        }
                        _ => {}
                    }
                }
                after_callbacks();
                self.database.checkpoint_if_due();
                if std::mem::take(&mut self.has_failed) {
                    log::info!("the store is writable again");
                }
            }
            Err(error) => {
                for job in std::mem::take(&mut self.unwritten.jobs) {
                    self.requeue_failed(job, &error);
                }
                after_callbacks();
                // After the callbacks, because the log callback may take long.
                if !std::mem::replace(&mut self.has_failed, true) {
                    log::error!("cannot write to the store: {error}");
                }
            }
        }
    }

    /// Runs the callback of a failed operation with the error, and requeues the operation if it is mandatory.
    fn requeue_failed(&mut self, job: Job, error: &WriteError) {
        let has_callback = job.callback.is_some();
        if let Some(callback) = job.callback {
            let message = format!("cannot write to the store: {error}");
            callback.complete(Err(Error::new(Status::Store, message).with_retryable(true)));
        }
        // Otherwise, a restart would send a completed request once more.
        if !has_callback || matches!(job.operation, Operation::CompleteRequest(..)) {
            let later = Job {
                callback: None,
                ..job
            };
            self.unwritten.jobs.push(later);
        }
    }

    fn commit(&mut self) -> Result<Vec<u64>, WriteError> {
        let mut written = WrittenRows::default();
        let result = self.write_batch(&mut written);
        match &result {
            Ok(()) => {}
            // The rows are on disk although their callbacks get an error.
            Err(WriteError::Files(_)) if written.has_commit_started => {
                self.database.undo(&mut written.records, &written.tickets);
            }
            Err(_) => self.database.record_rollback(),
        }
        result.map(|()| written.numbers)
    }

    fn write_batch(&mut self, written: &mut WrittenRows) -> Result<(), WriteError> {
        let transaction = self.database.begin()?;
        written.numbers.reserve(self.unwritten.jobs.len());
        for (client_id, row) in &self.unwritten.interactions {
            transaction.update_interaction(client_id, row.as_ref())?;
        }
        let mut completed_now = HashMap::new();
        let mut records = transaction.record_writer();
        let mut deleted = Vec::new();
        for job in &self.unwritten.jobs {
            let number = match &job.operation {
                Operation::InsertRecord(record) => written.add_record(records.insert(record)?),
                Operation::DeleteRecord(number) => {
                    deleted.push(*number);
                    *number
                }
                Operation::DeleteOutcome(ticket) => {
                    let number = completed_now
                        .get(ticket)
                        .or_else(|| self.late_outcomes.get(ticket));
                    deleted.extend(number);
                    0
                }
                Operation::Quarantine(row) => transaction.quarantine(row).map(|()| 0)?,
                Operation::InsertRequest(content, posted_at) => {
                    let ticket = transaction.insert_request(content, *posted_at)?;
                    written.tickets.push(ticket);
                    ticket
                }
                Operation::AllocateTicket => transaction.allocate_ticket()?,
                Operation::MarkSending(ticket) => {
                    transaction.mark_sending(*ticket).map(|()| *ticket)?
                }
                Operation::ClearSending(ticket) => {
                    transaction.clear_sending(*ticket).map(|()| *ticket)?
                }
                Operation::DeleteReference(reference, ticket) => transaction
                    .delete_reference(reference, *ticket)
                    .map(|()| 0)?,
                Operation::CompleteRequest(ticket, outcome, reference) => {
                    transaction.delete_request(*ticket)?;
                    if let Some(reference) = reference {
                        transaction.insert_reference(reference)?;
                    }
                    let number = written.add_record(records.insert(outcome)?);
                    if job.callback.is_none() {
                        completed_now.insert(*ticket, number);
                    }
                    number
                }
            };
            written.numbers.push(number);
        }
        drop(records);
        transaction.delete_records(&mut deleted)?;
        written.has_commit_started = true;
        transaction.commit()
    }
}

/// The rows of a transaction.
#[derive(Default)]
struct WrittenRows {
    /// The number that the callback of each operation gets.
    numbers: Vec<u64>,
    /// The numbers of the new records.
    records: Vec<u64>,
    /// The tickets of the new requests.
    tickets: Vec<u64>,
    has_commit_started: bool,
}

impl WrittenRows {
    fn add_record(&mut self, number: u64) -> u64 {
        self.records.push(number);
        number
    }
}
