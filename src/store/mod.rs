//! The one embedded database file: what was received waits there until the application has handled it, what was posted until
//! it has ended, and the interactions that are open stand there.
//!
//! One thread writes, and what many threads ask of it between two commits shares the next one. SQLite in WAL mode with
//! full synchronisation: what was committed survives the end of the process and of the power.

mod database;
mod kept;
mod numbers;
mod unusable;
mod writer;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::error::{Error, Result};
use crate::host;
use crate::status::Status;
use crate::told;
use crate::wire::Redacted;
use database::Database;
use writer::{Op, Queue};

pub use kept::Kept;

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
    /// Whether it may have been on its way when the run that wrote this ended.
    pub leaving: bool,
}

/// Where an open interaction is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
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
            Row::Page(_) => f.write_str("an interaction"),
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
            .field("leaving", &self.leaving)
            .finish_non_exhaustive()
    }
}

/// What an earlier run left, in the order in which it came.
#[derive(Debug, Default)]
pub struct Leftovers {
    /// Events that the application has not handled, by number.
    pub records: Vec<(u64, Record)>,
    /// Posted requests without an outcome, by ticket.
    pub letters: Vec<(u64, Letter)>,
    /// Interactions that were open, by client id; in no order.
    pub pages: Vec<(Arc<str>, Page)>,
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
    Page(rusqlite::types::Value),
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
    /// [`Status::Store`]: it can't be opened, is no store, or another client has it; [`Status::System`]: no thread.
    pub fn open(path: &Path, all_told: Box<dyn Fn() + Send>) -> Result<(Self, Leftovers)> {
        let database = Database::open(path).map_err(|error| unusable::told(path, &error))?;
        let leftovers = database
            .leftovers()
            .map_err(|error| unusable::told(path, &error))?;
        let queue = Arc::new(Queue::default());
        let jobs = queue.clone();
        let writer = host::thread::spawn("omnize-store", move || {
            writer::run(database, &jobs, all_told);
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
    pub fn keep(&self, record: Record, kept: Kept) {
        self.queue.push(Op::Keep(record), Some(kept));
    }

    /// Fails on a thread on which nobody may wait for a store.
    ///
    /// # Errors
    /// [`Status::Store`]: this is a store's own thread, on which the application can be in the callback of its log alone.
    pub fn may_wait() -> Result<()> {
        if !writer::is_this_thread() {
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
    pub fn wait(&self, start: impl FnOnce(Kept)) -> Result<u64> {
        Self::may_wait()?;
        let waiting = told::Waiting::new();
        start(Kept::new(waiting.teller()));
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

    /// Has a posted request written, and calls `kept` with its ticket when it is on disk.
    pub fn post(&self, content: String, kept: Kept) {
        self.queue.push(Op::Post(content), Some(kept));
        self.queue.hurry();
    }

    /// Has it written that the request of this ticket is about to leave.
    pub fn leave(&self, ticket: u64, kept: Kept) {
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
    pub fn settle(&self, ticket: u64, outcome: Record, kept: Kept) {
        self.queue.push(Op::Settle(ticket, outcome), Some(kept));
        self.queue.hurry();
    }

    /// Has it written where an open interaction is, or that it is over (`None`): with the next commit, or some time soon.
    pub fn note(&self, client_id: Arc<str>, page: Option<Page>) {
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
mod tests {
    use std::path::PathBuf;
    use std::sync::mpsc;

    use super::*;

    /// A path for a store, whose files go when the test ends.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let place = Place(
                std::env::temp_dir().join(format!("omnize-{}-{name}.db", std::process::id())),
            );
            place.remove();
            place
        }

        fn remove(&self) {
            for suffix in ["", "-wal", "-shm", "-journal"] {
                let _ = std::fs::remove_file(format!("{}{suffix}", self.0.display()));
            }
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            self.remove();
        }
    }

    fn open(path: &Path) -> Result<(Store, Leftovers)> {
        Store::open(path, Box::new(|| {}))
    }

    fn record(body: &str) -> Record {
        Record {
            kind: RecordKind::Trigger,
            received_at: 7,
            content_type: Some("text/x".into()),
            body: body.as_bytes().into(),
        }
    }

    /// Keeps records and waits until they are on disk.
    fn keep(store: &Store, bodies: &[&str]) -> Vec<u64> {
        let (tell, told) = mpsc::channel();
        for body in bodies {
            let tell = tell.clone();
            store.keep(
                record(body),
                Kept::new(move |kept| tell.send(kept).unwrap()),
            );
        }
        store.hurry();
        bodies
            .iter()
            .map(|_| told.recv().unwrap().unwrap())
            .collect()
    }

    fn bodies(waiting: &[(u64, Record)]) -> Vec<&str> {
        waiting
            .iter()
            .map(|(_, record)| str::from_utf8(&record.body).unwrap())
            .collect()
    }

    #[test]
    fn what_is_kept_waits_in_order_until_it_is_forgotten() {
        let place = Place::new("order");
        let (store, left) = open(&place.0).unwrap();
        assert!(left.records.is_empty());
        let numbers = keep(&store, &["a", "b", "c"]);
        assert!(numbers.is_sorted());
        store.forget(numbers[1]);
        drop(store);

        let (store, left) = open(&place.0).unwrap();
        let waiting = left.records;
        assert_eq!(bodies(&waiting), ["a", "c"]);
        assert_eq!(waiting[1].0, numbers[2]);
        assert_eq!(waiting[0].1.received_at, 7);
        assert_eq!(waiting[0].1.content_type.as_deref(), Some("text/x"));
        for number in numbers {
            store.forget(number);
        }
        drop(store);

        let (store, left) = open(&place.0).unwrap();
        assert!(left.records.is_empty());
        assert!(keep(&store, &["d"])[0] > 3, "numbers are never used twice");
    }

    /// Waits until something is on disk.
    fn done(start: impl FnOnce(Kept)) -> u64 {
        let (tell, told) = mpsc::channel();
        start(Kept::new(move |kept| tell.send(kept).unwrap()));
        told.recv().unwrap().unwrap()
    }

    #[test]
    fn a_posted_request_waits_until_its_outcome_takes_its_place() {
        let place = Place::new("posted");
        let (store, _) = open(&place.0).unwrap();
        let tickets: Vec<_> = ["a", "b", "c"]
            .into_iter()
            .map(|content| done(|kept| store.post(content.into(), kept)))
            .collect();
        done(|kept| store.leave(tickets[0], kept));
        done(|kept| store.leave(tickets[1], kept));
        done(|kept| store.settle(tickets[0], record("outcome of a"), kept));
        drop(store);

        let (_store, left) = open(&place.0).unwrap();
        assert_eq!(bodies(&left.records), ["outcome of a"]);
        let letter = |ticket, content: &str, leaving| {
            let content = content.to_owned();
            (ticket, Letter { content, leaving })
        };
        assert_eq!(
            left.letters,
            [
                letter(tickets[1], "b", true),
                letter(tickets[2], "c", false)
            ]
        );
    }

    #[test]
    fn what_customers_write_is_not_shown() {
        let letter = Letter {
            content: "secret".into(),
            leaving: true,
        };
        let shown = format!("{letter:?} {:?}", record("secret"));
        // Bytes would be shown as numbers.
        assert!(
            !shown.contains("secret") && !shown.contains("115"),
            "{shown}"
        );
    }

    #[test]
    #[cfg(unix)]
    fn others_can_not_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let place = Place::new("mode");
        let (store, _) = open(&place.0).unwrap();
        keep(&store, &["x"]);
        for suffix in ["", "-wal"] {
            let file = std::fs::metadata(format!("{}{suffix}", place.0.display())).unwrap();
            assert_eq!(file.permissions().mode() & 0o777, 0o600, "{suffix}");
        }
    }

    #[test]
    fn a_store_has_one_owner() {
        let place = Place::new("owner");
        let (_store, _) = open(&place.0).unwrap();
        let error = open(&place.0).unwrap_err();
        assert_eq!(error.status(), Status::Store);
        assert!(error.message().contains("another client"), "{error}");
    }

    #[test]
    fn a_file_that_is_no_store_is_told_and_left_alone() {
        let place = Place::new("foreign");
        std::fs::write(
            &place.0,
            "not a database, but somebody's letters ".repeat(100),
        )
        .unwrap();
        let error = open(&place.0).unwrap_err();
        assert_eq!(error.status(), Status::Store);
        let says = "file is not a database; it was left alone; name another file";
        assert!(error.message().ends_with(says), "{error}");
        assert!(
            std::fs::read_to_string(&place.0)
                .unwrap()
                .starts_with("not a database")
        );

        let error = open(Path::new("/nowhere/at/all.db")).unwrap_err();
        assert_eq!(
            error.message(),
            "the store /nowhere/at/all.db can't be used: its folder is not there; make it, or name another"
        );
        let error = open(&std::env::temp_dir()).unwrap_err();
        let says = "can't be used: it is a folder; name a file in it";
        assert!(error.message().ends_with(says), "{error}");
    }

    #[test]
    fn a_closed_store_says_so() {
        let place = Place::new("closed");
        let (store, _) = open(&place.0).unwrap();
        store.close();
        let (tell, told) = mpsc::channel();
        store.keep(record("x"), Kept::new(move |kept| tell.send(kept).unwrap()));
        assert_eq!(told.recv().unwrap().unwrap_err().status(), Status::Closed);
    }

    #[test]
    fn records_that_come_together_share_a_commit() {
        let place = Place::new("shared");
        let (store, _) = open(&place.0).unwrap();
        let bodies = vec!["x"; 20_000];
        let begun = std::time::Instant::now();
        keep(&store, &bodies);
        // One commit each would take 20,000 synchronisations, which no disk does in this time.
        assert!(
            begun.elapsed() < std::time::Duration::from_secs(10),
            "{:?}",
            begun.elapsed()
        );
    }
}
