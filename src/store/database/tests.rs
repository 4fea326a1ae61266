//! Unit tests of the file checks, with failures of single calls.

use std::fs::{self, File, OpenOptions};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::store::database::Database;
use crate::store::{Account, Record, RecordKind};
use crate::wire::Dialect;

struct TestStore {
    path: PathBuf,
    database: Database,
}

impl TestStore {
    fn new(name: &str) -> Self {
        let file = format!("omnize-{}-{name}.db", std::process::id());
        let path = std::env::temp_dir().join(file);
        remove(&path);
        let database = open(&path);
        TestStore { path, database }
    }

    fn with_suffix(&self, suffix: &str) -> PathBuf {
        format!("{}{suffix}", self.path.display()).into()
    }

    /// Inserts a record, and returns its number.
    fn insert(&mut self) -> Result<u64, String> {
        let transaction = self.database.begin().map_err(|error| error.to_string())?;
        let record = Record {
            kind: RecordKind::Trigger,
            received_at: 7,
            content_type: None,
            body: vec![b'x'; 1000].into(),
        };
        let number = transaction.record_writer().insert(&record).unwrap();
        transaction.commit().map_err(|error| error.to_string())?;
        Ok(number)
    }

    fn execute(&self, batch: &str) {
        let opened = self.database.opened.as_ref().unwrap();
        opened.connection.execute_batch(batch).unwrap();
    }

    /// Checkpoints as the writer does.
    fn checkpoint(&mut self) {
        let opened = self.database.opened.as_mut().unwrap();
        opened
            .connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
            .unwrap();
        opened.files.record_checkpoint();
    }
}

impl Drop for TestStore {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

fn open(path: &std::path::Path) -> Database {
    let account = Account::new(&"t".into(), Dialect::Rest, "localhost", false);
    Database::open(path, account).unwrap()
}

fn remove(path: &std::path::Path) {
    for suffix in ["", "-wal", "-lock", "-unfinished"] {
        let _ = fs::remove_file(format!("{}{suffix}", path.display()));
    }
}

/// Sets the time of a file without opening it for SQLite's locks: the descriptor stays open.
fn set_modified(path: &std::path::Path, time: SystemTime) {
    let file = File::open(path).unwrap();
    file.set_modified(time).unwrap();
    std::mem::forget(file);
}

#[test]
fn a_commit_without_changes_does_not_hide_the_restart_of_the_log() {
    let mut store = TestStore::new("restart");
    store.insert().unwrap();
    store.checkpoint();
    let transaction = store.database.begin().unwrap();
    transaction.delete_records(&mut [1_000_000]).unwrap();
    transaction.commit().unwrap();
    // The first write after the checkpoint begins the log again, with another header.
    store.insert().unwrap();
    let log = store.with_suffix("-wal");
    let modified = fs::metadata(&log).unwrap().modified().unwrap();
    set_modified(&log, modified + Duration::from_secs(1));
    store.insert().unwrap();
}

#[test]
fn a_failed_read_of_the_log_stops_one_commit_only() {
    let mut store = TestStore::new("unread-log");
    store.insert().unwrap();
    let log = store.with_suffix("-wal");
    let unreadable = OpenOptions::new().append(true).open(&log).unwrap();
    let files = &mut store.database.opened.as_mut().unwrap().files;
    let readable = files.exchange_log(unreadable);
    store.insert().unwrap_err();
    store.insert().unwrap_err();
    let files = &mut store.database.opened.as_mut().unwrap().files;
    std::mem::forget(files.exchange_log(readable));
    store.insert().unwrap();
    store.insert().unwrap();
}

#[test]
fn a_failed_read_after_a_checkpoint_does_not_stop_commits() {
    let mut store = TestStore::new("unread-database");
    store.insert().unwrap();
    let unreadable = OpenOptions::new().append(true).open(&store.path).unwrap();
    let files = &mut store.database.opened.as_mut().unwrap().files;
    let readable = files.exchange_database(unreadable);
    store.checkpoint();
    let files = &mut store.database.opened.as_mut().unwrap().files;
    std::mem::forget(files.exchange_database(readable));
    store.insert().unwrap();
    store.insert().unwrap();
}

#[test]
fn an_undo_that_fails_does_not_stop_commits() {
    let mut store = TestStore::new("undo");
    let mut numbers: Vec<u64> = (0..400).map(|_| store.insert().unwrap()).collect();
    numbers.retain(|number| number % 2 == 0);
    store.execute(
        "INSERT INTO outbox (ticket, leaving, content, posted_at) VALUES (1, 0, '{}', 7);
         CREATE TRIGGER refuse BEFORE DELETE ON outbox BEGIN SELECT RAISE(ABORT, 'refused'); END;",
    );
    // Changed pages go to the log before the transaction ends.
    store.execute("PRAGMA cache_size = 10");
    let opened = store.database.opened.as_mut().unwrap();
    opened.files.record_log_state();
    let log = store.with_suffix("-wal");
    let size = fs::metadata(&log).unwrap().len();
    store.database.undo(&mut numbers, &[1]);
    assert!(fs::metadata(&log).unwrap().len() > size);
    store.insert().unwrap();
}

#[cfg(unix)]
#[test]
fn a_copy_that_cannot_be_written_leaves_the_log() {
    let mut store = TestStore::new("copy");
    store.insert().unwrap();
    fs::rename(&store.path, store.with_suffix("-moved")).unwrap();
    // A folder with this name, so that no copy can be created.
    fs::create_dir(store.with_suffix("-unfinished")).unwrap();
    store.insert().unwrap_err();
    store.insert().unwrap_err();
    assert!(store.with_suffix("-wal").exists());
    fs::rename(store.with_suffix("-moved"), &store.path).unwrap();
    store.insert().unwrap();
    fs::remove_dir(store.with_suffix("-unfinished")).unwrap();
}

#[test]
fn an_unfinished_copy_is_removed_when_the_store_is_opened() {
    let file = format!("omnize-{}-unfinished.db", std::process::id());
    let path = std::env::temp_dir().join(file);
    let copy = PathBuf::from(format!("{}-unfinished", path.display()));
    fs::write(&copy, "data of a customer").unwrap();
    let database = open(&path);
    assert!(!copy.exists());
    drop(database);
    remove(&path);
}
