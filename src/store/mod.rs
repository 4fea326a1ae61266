//! The one embedded database file, in which what was received waits until the application has handled it.
//!
//! One thread writes, and what many threads ask of it between two commits shares the next one. SQLite in WAL mode with
//! full synchronisation: what was committed survives the end of the process and of the power.

mod database;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::error::{Error, Result};
use crate::host;
use crate::status::Status;
use database::Database;
use writer::{Job, Queue};

/// A trigger as it was received.
#[derive(Clone, Debug)]
pub struct Record {
    /// When, in milliseconds since 1970-01-01 UTC.
    pub received_at: i64,
    /// What the request said of its body's type.
    pub content_type: Option<String>,
    /// The body, byte for byte.
    pub body: Arc<[u8]>,
}

/// Is told the number under which a record is on disk, or why it is not.
pub type Kept = Box<dyn FnOnce(Result<u64>) + Send>;

/// An open store. Dropping it writes what is still to be written.
#[derive(Debug)]
pub struct Store {
    queue: Arc<Queue>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Opens the database file, or makes it; gives what waits in it from an earlier run, in the order of receipt, and the
    /// last number that was given out.
    ///
    /// # Errors
    /// [`Status::Store`]: it can't be opened, is no store, or another client has it; [`Status::System`]: no thread.
    pub fn open(path: &Path) -> Result<(Self, Vec<(u64, Record)>)> {
        let database = Database::open(path).map_err(|error| cannot(path, &error))?;
        let waiting = database.waiting().map_err(|error| cannot(path, &error))?;
        let queue = Arc::new(Queue::default());
        let jobs = queue.clone();
        let writer = host::thread::spawn("omnize-store", move || writer::run(database, &jobs))
            .map_err(|error| {
                Error::new(Status::System, format!("no thread for the store: {error}"))
            })?;
        let store = Store {
            queue,
            writer: Mutex::new(Some(writer)),
        };
        Ok((store, waiting))
    }

    /// Has a record written, and calls `kept` when it is on disk, on the store's own thread; those of earlier calls first.
    pub fn keep(&self, record: Record, kept: Kept) {
        self.queue.push(Job::Keep(record, kept));
    }

    /// Has the record of this number forgotten: the application has handled it.
    pub fn forget(&self, number: u64) {
        self.queue.push(Job::Forget(number));
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

fn cannot(path: &Path, error: &rusqlite::Error) -> Error {
    let busy = matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
    );
    let why = if busy {
        "another client, of this process or of another, has it open; give each client a store of its own".to_owned()
    } else {
        error.to_string()
    };
    Error::new(
        Status::Store,
        format!("the store {} can't be used: {why}", path.display()),
    )
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

    fn record(body: &str) -> Record {
        Record {
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
            store.keep(record(body), Box::new(move |kept| tell.send(kept).unwrap()));
        }
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
        let (store, waiting) = Store::open(&place.0).unwrap();
        assert!(waiting.is_empty());
        let numbers = keep(&store, &["a", "b", "c"]);
        assert!(numbers.is_sorted());
        store.forget(numbers[1]);
        drop(store);

        let (store, waiting) = Store::open(&place.0).unwrap();
        assert_eq!(bodies(&waiting), ["a", "c"]);
        assert_eq!(waiting[1].0, numbers[2]);
        assert_eq!(waiting[0].1.received_at, 7);
        assert_eq!(waiting[0].1.content_type.as_deref(), Some("text/x"));
        for number in numbers {
            store.forget(number);
        }
        drop(store);

        let (store, waiting) = Store::open(&place.0).unwrap();
        assert!(waiting.is_empty());
        assert!(
            keep(&store, &["d"])[0] > waiting.len() as u64 + 3,
            "numbers are never used twice"
        );
    }

    #[test]
    fn a_store_has_one_owner() {
        let place = Place::new("owner");
        let (_store, _) = Store::open(&place.0).unwrap();
        let error = Store::open(&place.0).unwrap_err();
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
        let error = Store::open(&place.0).unwrap_err();
        assert_eq!(error.status(), Status::Store);
        assert!(
            std::fs::read_to_string(&place.0)
                .unwrap()
                .starts_with("not a database")
        );

        let error = Store::open(Path::new("/nowhere/at/all.db")).unwrap_err();
        assert!(error.message().contains("/nowhere/at/all.db"), "{error}");
    }

    #[test]
    fn a_closed_store_says_so() {
        let place = Place::new("closed");
        let (store, _) = Store::open(&place.0).unwrap();
        store.close();
        let (tell, told) = mpsc::channel();
        store.keep(record("x"), Box::new(move |kept| tell.send(kept).unwrap()));
        assert_eq!(told.recv().unwrap().unwrap_err().status(), Status::Closed);
    }

    #[test]
    fn records_that_come_together_share_a_commit() {
        let place = Place::new("shared");
        let (store, _) = Store::open(&place.0).unwrap();
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
