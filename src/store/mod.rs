//! The one embedded database file: what was received waits there until the application has handled it, what was posted until
//! it has ended, and the interactions that are open stand there.
//!
//! One thread writes, and what many threads ask of it between two commits shares the next one. SQLite in WAL mode with
//! full synchronisation: what was committed survives the end of the process and of the power.

mod account;
mod commit_callback;
mod database;
mod location;
mod open_error;
#[cfg(unix)]
mod open_files;
#[cfg(not(unix))]
#[path = "unwatched_files.rs"]
mod open_files;
#[cfg(unix)]
mod recovery;
#[cfg(unix)]
mod store_lock;
#[cfg(not(unix))]
#[path = "no_store_lock.rs"]
mod store_lock;
mod write_error;
mod writer_thread;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::error::{Error, Result};
use crate::host;
use crate::oneshot;
use crate::status::Status;
use crate::store::database::Database;
use crate::store::writer_thread::{Op, Queue};
use crate::wire::Redacted;

pub use crate::store::account::Account;
pub use crate::store::commit_callback::CommitCallback;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// A trigger, as the service posted it.
    Trigger,
    /// The outcome of a posted request, as JSON of ours.
    Outcome,
}

/// An event as it came.
#[derive(Clone)]
pub struct Record {
    /// What it holds.
    pub kind: RecordKind,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub received_at: i64,
    /// What the request said of its body's type.
    pub content_type: Option<String>,
    /// The body, byte for byte.
    pub body: Arc<[u8]>,
}

/// A posted request, as it waits to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// Where it goes and what it asks for, as JSON of ours.
    pub content: String,
    /// Whether it was sent when the run that wrote this ended.
    pub sent: Sent,
    /// When it was posted, in milliseconds since 1970-01-01 UTC; `None` where an earlier version wrote it.
    pub posted_at: Option<i64>,
}

/// Whether a posted request was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It was not tried.
    Untried = 0,
    /// It may have been on its way.
    Perhaps = 1,
    /// It was tried, and the service surely does not have it.
    Not = 2,
}

/// Where an open interaction is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InteractionRow {
    /// The department that its customer talks to.
    pub department: Arc<str>,
    /// The number of its state.
    pub state: i32,
    /// Since when it is there, in milliseconds since 1970-01-01 UTC.
    pub since: i64,
    /// What the application called its bot by.
    pub bot_id: Option<Arc<str>>,
    /// The service's own id of it.
    pub hash: Option<Arc<str>>,
    /// The customer's id at WhatsApp.
    pub external_id: Option<Redacted>,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Row::Record(number) => write!(f, "event {number}"),
            Row::Letter(ticket) => write!(f, "request {ticket}"),
            Row::Interaction(_) => f.write_str("an interaction"),
        }
    }
}

// What customers write stands in the first two, so neither shows it.

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("kind", &self.kind)
            .field("received_at", &self.received_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter")
            .field("sent", &self.sent)
            .finish_non_exhaustive()
    }
}

/// What an earlier run left, in the order in which it came.
#[derive(Debug, Default)]
pub struct RecoveredState {
    /// Events that the application has not handled, by number.
    pub records: Vec<(u64, Record)>,
    /// Posted requests without an outcome, by ticket.
    pub letters: Vec<(u64, Letter)>,
    /// Interactions that were open, by client id; in no order.
    pub pages: Vec<(Arc<str>, InteractionRow)>,
    /// What can't be read: the file was written to by somebody else.
    pub unreadable: Vec<Row>,
    /// Whether the file was written by a version that knew no interactions.
    pub knew_no_interactions: bool,
}

/// A row of one of the tables.
#[derive(Debug)]
pub enum Row {
    /// The event of this number.
    Record(u64),
    /// The posted request of this ticket.
    Letter(u64),
    /// The interaction of what stands there as its client id.
    Interaction(rusqlite::types::Value),
}

/// An open store. Dropping it writes what is still to be written.
#[derive(Debug)]
pub struct Store {
    queue: Arc<Queue>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Opens the database file, or makes it; gives what an earlier run left in it. `all_told` is called on the store's own
    /// thread, each time when all who waited for a commit have been told of it.
    ///
    /// # Errors
    /// [`Status::Store`]: it can't be opened, is no store, or another client has it, or it is another account's;
    /// [`Status::System`]: no thread.
    pub fn open(
        path: &Path,
        account: Account,
        all_told: Box<dyn Fn() + Send>,
    ) -> Result<(Self, RecoveredState)> {
        let database = Database::open(path, account)?;
        let leftovers = database
            .leftovers()
            .map_err(|error| crate::store::open_error::sqlite(path, &error))?;
        let queue = Arc::new(Queue::default());
        let jobs = queue.clone();
        let writer = host::thread::spawn("omnize-store", move || {
            crate::store::writer_thread::run(database, &jobs, all_told);
        })
        .map_err(|error| Error::new(Status::System, format!("no thread for the store: {error}")))?;
        let store = Store {
            queue,
            writer: Mutex::new(Some(writer)),
        };
        Ok((store, leftovers))
    }

    /// Has a record written with the next commit, and calls `kept` when it is on disk, on the store's own thread; those of
    /// earlier calls first. Whoever has no more to write for now calls [`hurry`](Self::hurry).
    pub fn keep(&self, record: Record, kept: CommitCallback) {
        self.queue.push(Op::Keep(record), Some(kept));
    }

    /// Fails on a thread on which nobody may wait for a store.
    ///
    /// # Errors
    /// [`Status::Store`]: this is a store's own thread, on which the application can be in the callback of its log alone.
    pub fn may_wait() -> Result<()> {
        if !crate::store::writer_thread::is_this_thread() {
            return Ok(());
        }
        Err(Error::new(
            Status::Store,
            "the callback of the log was called by the store, which can't write meanwhile; do this on another thread",
        ))
    }

    /// Waits until what `start` has written is on disk, and gives its number.
    ///
    /// # Errors
    /// [`Status::Store`], [`Status::Closed`].
    pub fn wait(&self, start: impl FnOnce(CommitCallback)) -> Result<u64> {
        Self::may_wait()?;
        let waiting = oneshot::Receiver::new();
        start(CommitCallback::new(waiting.sender()));
        waiting.wait()
    }

    /// Has the record of this number forgotten: the application has handled it.
    pub fn forget(&self, number: u64) {
        self.queue.push(Op::Forget(number), None);
    }

    /// Begins the next commit as soon as can be, where somebody waits for it.
    pub fn hurry(&self) {
        self.queue.hurry();
    }

    /// Has a row that can't be read moved to where it is not read again.
    pub fn set_aside(&self, row: Row) {
        self.queue.push(Op::SetAside(row), None);
    }

    /// Has a request written that was posted then, in milliseconds since 1970-01-01 UTC, and calls `kept` with its ticket when
    /// it is on disk.
    pub fn post(&self, content: String, posted_at: i64, kept: CommitCallback) {
        self.queue.push(Op::Post(content, posted_at), Some(kept));
        self.queue.hurry();
    }

    /// Has it written that the request of this ticket is about to leave.
    pub fn leave(&self, ticket: u64, kept: CommitCallback) {
        self.queue.push(Op::Leave(ticket), Some(kept));
        self.queue.hurry();
    }

    /// Has it written that the request of this ticket has not left after all.
    pub fn stay(&self, ticket: u64) {
        self.queue.push(Op::Stay(ticket), None);
    }

    /// Has the outcome of the request of this ticket forgotten, which could not be written when it came.
    pub fn forget_outcome(&self, ticket: u64) {
        self.queue.push(Op::ForgetOutcome(ticket), None);
    }

    /// Has the request of this ticket replaced by the record of its outcome, in one. Where that can't be done now, `kept` is
    /// told, and it is done later.
    pub fn settle(&self, ticket: u64, outcome: Record, kept: CommitCallback) {
        self.queue.push(Op::Settle(ticket, outcome), Some(kept));
        self.queue.hurry();
    }

    /// Has it written where an open interaction is, or that it is over (`None`): with the next commit, or some time soon.
    pub fn note(&self, client_id: Arc<str>, page: Option<InteractionRow>) {
        self.queue.note(client_id, page);
    }

    /// Writes what is still to be written, and lets go of the file.
    pub fn close(&self) {
        self.queue.close();
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(writer) = writer {
            // A panic of the writer was noted when it happened; what it had not written comes again after the next start.
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
