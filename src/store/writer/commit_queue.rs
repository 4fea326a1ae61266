//! The queue of operations for the next commit, shared by all threads and the writer thread.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::Error;
use crate::status::Status;
use crate::store::stored_rows::{InteractionRow, Record, ReferenceRow, RowKey};
use crate::store::writer::commit_callback::CommitCallback;
use crate::wire::Redacted;

/// How long operations without a callback are collected for one commit. A late delete causes at most a redelivery.
const GROUP_COMMIT_DELAY: Duration = Duration::from_millis(20);

/// The interval between two attempts to write mandatory operations of a failed commit.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// A change of the database.
pub enum Operation {
    /// Inserts an event.
    InsertRecord(Record),
    /// Deletes the event with this number.
    DeleteRecord(u64),
    /// Deletes the outcome of the request with this ticket, which was written late.
    DeleteOutcome(u64),
    /// Moves an unreadable row to the table `aside`.
    Quarantine(RowKey),
    /// Inserts a request with the time of its post.
    InsertRequest(String, i64),
    /// Allocates a ticket without a request.
    AllocateTicket,
    /// Marks the request with this ticket before its first byte is sent.
    MarkSending(u64),
    /// Removes this mark, because the service did not receive the request.
    ClearSending(u64),
    /// Replaces the request with this ticket by its outcome and its reference.
    CompleteRequest(u64, Record, Option<ReferenceRow>),
    /// Deletes the reference of the ended request with this ticket.
    DeleteReference(Redacted, u64),
}

/// A queued operation.
pub struct Job {
    /// The change.
    pub operation: Operation,
    /// Gets the result.
    pub callback: Option<CommitCallback>,
}

/// The operations of one commit.
#[derive(Default)]
pub struct Batch {
    /// In the order of the calls.
    pub jobs: Vec<Job>,
    /// The newest row of each changed interaction; `None` if it is finished.
    pub interactions: HashMap<Arc<str>, Option<InteractionRow>>,
}

impl Batch {
    /// Returns whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.interactions.is_empty()
    }

    /// Adds newer operations.
    pub fn extend(&mut self, newer: Batch) {
        self.jobs.extend(newer.jobs);
        self.interactions.extend(newer.interactions);
    }
}

/// The operations for the next commit.
#[derive(Default)]
pub struct CommitQueue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Default)]
struct QueueState {
    batch: Batch,
    /// Whether a queued operation has a callback.
    has_callback: bool,
    /// Whether a flush was requested for it.
    is_urgent: bool,
    writer: WriterState,
    is_closed: bool,
    /// Whether the writer thread has panicked.
    has_panicked: bool,
}

/// The state of the writer thread. To wake it costs a system call and two context switches.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum WriterState {
    /// It runs, and will check the queue.
    #[default]
    Running,
    /// It waits for [`GROUP_COMMIT_DELAY`], and will then check the queue.
    Collecting,
    /// It sleeps until it is woken.
    Sleeping,
}

impl CommitQueue {
    /// Adds an operation. If it has a callback, it is written after the next [`flush`](Self::flush).
    pub fn push(&self, operation: Operation, callback: Option<CommitCallback>) {
        let mut state = self.lock();
        if state.is_closed {
            let has_panicked = state.has_panicked;
            drop(state);
            // After a panic, the drop of the callback reports the error.
            if let Some(callback) = callback.filter(|_| !has_panicked) {
                callback.complete(Err(Error::new(Status::Closed, Status::Closed.text())));
            }
            return;
        }
        let has_callback = callback.is_some();
        state.has_callback |= has_callback;
        state.batch.jobs.push(Job {
            operation,
            callback,
        });
        if !has_callback {
            self.wake(state, WriterState::Sleeping);
        }
    }

    /// Starts a commit now if an operation with a callback is queued.
    pub fn flush(&self) {
        let mut state = self.lock();
        if state.has_callback {
            state.is_urgent = true;
            self.wake(state, WriterState::Collecting);
        }
    }

    /// Wakes the writer thread if it sleeps or is in the state `from`.
    fn wake(&self, state: MutexGuard<'_, QueueState>, from: WriterState) {
        let writer = state.writer;
        drop(state);
        if writer == WriterState::Sleeping || writer == from {
            self.changed.notify_one();
        }
    }

    /// Adds the newest row of an interaction to the next commit.
    pub fn update_interaction(&self, client_id: Arc<str>, row: Option<InteractionRow>) {
        let mut state = self.lock();
        if state.is_closed {
            return;
        }
        state.batch.interactions.insert(client_id, row);
        self.wake(state, WriterState::Sleeping);
    }

    /// Closes the queue after a panic of the writer thread. The queued callbacks run with an error.
    pub fn abort(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.has_panicked = true;
        let remaining = std::mem::take(&mut state.batch);
        drop(state);
        drop(remaining);
    }

    /// Rejects further operations.
    pub fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_one();
    }

    /// Blocks until there are operations, and removes all of them. Returns `None` if the queue is closed and empty.
    ///
    /// With `has_retry`, it returns after [`RETRY_INTERVAL`] at the latest, perhaps with an empty batch.
    pub fn take(&self, has_retry: bool) -> Option<Batch> {
        let mut state = self.collect(self.lock());
        while state.batch.is_empty() && !state.is_closed {
            let timeout = if has_retry {
                RETRY_INTERVAL
            } else {
                Duration::MAX
            };
            state = self.wait_while(state, WriterState::Sleeping, timeout, |state| {
                state.batch.is_empty()
            });
            if has_retry && state.batch.is_empty() {
                break;
            }
            state = self.collect(state);
        }
        (state.is_urgent, state.has_callback) = (false, false);
        let batch = std::mem::take(&mut state.batch);
        (has_retry && !state.is_closed || !batch.is_empty()).then_some(batch)
    }

    /// Waits for further operations until a flush, for at most [`GROUP_COMMIT_DELAY`].
    fn collect<'a>(&'a self, state: MutexGuard<'a, QueueState>) -> MutexGuard<'a, QueueState> {
        self.wait_while(
            state,
            WriterState::Collecting,
            GROUP_COMMIT_DELAY,
            |state| !state.is_urgent,
        )
    }

    /// Waits for at most `timeout` while `condition` is true and the queue is open.
    fn wait_while<'a>(
        &'a self,
        mut state: MutexGuard<'a, QueueState>,
        writer: WriterState,
        timeout: Duration,
        condition: impl Fn(&QueueState) -> bool,
    ) -> MutexGuard<'a, QueueState> {
        state.writer = writer;
        let waited = self
            .changed
            .wait_timeout_while(state, timeout, |state| condition(state) && !state.is_closed);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.writer = WriterState::Running;
        state
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for CommitQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommitQueue").finish_non_exhaustive()
    }
}
