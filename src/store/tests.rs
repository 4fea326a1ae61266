//! Unit tests of a store.

use std::path::PathBuf;
use std::sync::mpsc;

use crate::store::stored_rows::StoredRequest;
use crate::store::*;
use crate::wire::Dialect;

/// A path for a store. Its drop removes the files.
struct TestPath(PathBuf);

impl TestPath {
    fn new(name: &str) -> Self {
        let path =
            TestPath(std::env::temp_dir().join(format!("omnize-{}-{name}.db", std::process::id())));
        path.remove();
        path
    }

    fn remove(&self) {
        for suffix in ["", "-wal", "-lock"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", self.0.display()));
        }
    }
}

impl Drop for TestPath {
    fn drop(&mut self) {
        self.remove();
    }
}

fn open(path: &Path) -> Result<(Store, RecoveredState)> {
    Store::open(path, account("t"), Box::new(|| {}))
}

fn account(token: &str) -> Account {
    Account::new(&token.into(), Dialect::Rest, "localhost", false)
}

fn record(body: &str) -> Record {
    Record {
        kind: RecordKind::Trigger,
        received_at: 7,
        content_type: Some("text/x".into()),
        body: body.as_bytes().into(),
    }
}

/// Inserts records and waits until they are on disk.
fn insert(store: &Store, bodies: &[&str]) -> Vec<u64> {
    let (sender, receiver) = mpsc::channel();
    for body in bodies {
        let sender = sender.clone();
        store.insert(
            record(body),
            CommitCallback::new(move |result| sender.send(result).unwrap()),
        );
    }
    store.flush();
    bodies
        .iter()
        .map(|_| receiver.recv().unwrap().unwrap())
        .collect()
}

fn bodies(records: &[(u64, Record)]) -> Vec<&str> {
    records
        .iter()
        .map(|(_, record)| str::from_utf8(&record.body).unwrap())
        .collect()
}

#[test]
fn records_are_recovered_in_order_until_they_are_deleted() {
    let path = TestPath::new("order");
    let (store, recovered) = open(&path.0).unwrap();
    assert!(recovered.records.is_empty());
    let numbers = insert(&store, &["a", "b", "c"]);
    assert!(numbers.is_sorted());
    store.delete(numbers[1]);
    drop(store);

    let (store, recovered) = open(&path.0).unwrap();
    let records = recovered.records;
    assert_eq!(bodies(&records), ["a", "c"]);
    assert_eq!(records[1].0, numbers[2]);
    assert_eq!(records[0].1.received_at, 7);
    assert_eq!(records[0].1.content_type.as_deref(), Some("text/x"));
    for number in numbers {
        store.delete(number);
    }
    drop(store);

    let (store, recovered) = open(&path.0).unwrap();
    assert!(recovered.records.is_empty());
    assert!(insert(&store, &["d"])[0] > 3, "numbers are never reused");
}

/// Waits until an operation is on disk.
fn commit(start: impl FnOnce(CommitCallback)) -> u64 {
    let (sender, receiver) = mpsc::channel();
    start(CommitCallback::new(move |result| {
        sender.send(result).unwrap()
    }));
    receiver.recv().unwrap().unwrap()
}

#[test]
fn an_outcome_replaces_its_request() {
    let path = TestPath::new("posted");
    let (store, _) = open(&path.0).unwrap();
    let tickets: Vec<_> = ["a", "b", "c"]
        .into_iter()
        .map(|content| commit(|callback| store.insert_request(content.into(), 7, callback)))
        .collect();
    commit(|callback| store.mark_sending(tickets[0], callback));
    commit(|callback| store.mark_sending(tickets[1], callback));
    commit(|callback| store.complete_request(tickets[0], record("outcome of a"), None, callback));
    drop(store);

    let (_store, recovered) = open(&path.0).unwrap();
    assert_eq!(bodies(&recovered.records), ["outcome of a"]);
    let request = |ticket, content: &str, sent| {
        let (content, posted_at) = (content.to_owned(), Some(7));
        let request = StoredRequest {
            content,
            sent,
            posted_at,
        };
        (ticket, request)
    };
    assert_eq!(
        recovered.requests,
        [
            request(tickets[1], "b", SendState::MaybeSent),
            request(tickets[2], "c", SendState::Queued)
        ]
    );
}

#[test]
fn debug_output_omits_the_content() {
    let request = StoredRequest {
        content: "secret".into(),
        sent: SendState::NotSent,
        posted_at: None,
    };
    let output = format!("{request:?} {:?}", record("secret"));
    // Bytes would be printed as numbers.
    assert!(
        !output.contains("secret") && !output.contains("115"),
        "{output}"
    );
}

#[test]
#[cfg(unix)]
fn only_the_owner_may_access_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let path = TestPath::new("mode");
    let (store, _) = open(&path.0).unwrap();
    insert(&store, &["x"]);
    for suffix in ["", "-wal", "-lock"] {
        let file = std::fs::metadata(format!("{}{suffix}", path.0.display())).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "{suffix}");
    }
}

#[test]
fn a_second_client_is_rejected() {
    let path = TestPath::new("owner");
    let (_store, _) = open(&path.0).unwrap();
    let error = open(&path.0).unwrap_err();
    assert_eq!(error.status(), Status::Store);
    assert!(error.message().contains("another client"), "{error}");
}

#[test]
fn a_file_that_is_not_a_store_is_rejected_and_not_changed() {
    let path = TestPath::new("foreign");
    std::fs::write(
        &path.0,
        "not a database, but somebody's requests ".repeat(100),
    )
    .unwrap();
    let error = open(&path.0).unwrap_err();
    assert_eq!(error.status(), Status::Store);
    let expected = "file is not a database; it was not changed; name another file";
    assert!(error.message().ends_with(expected), "{error}");
    assert!(
        std::fs::read_to_string(&path.0)
            .unwrap()
            .starts_with("not a database")
    );

    let error = open(Path::new("/nowhere/at/all.db")).unwrap_err();
    assert_eq!(
        error.message(),
        "the store /nowhere/at/all.db can't be used: its folder does not exist; create it, or name another"
    );
    let error = open(&std::env::temp_dir()).unwrap_err();
    let expected = "can't be used: it is a folder; name a file in it";
    assert!(error.message().ends_with(expected), "{error}");
}

#[test]
fn a_closed_store_fails_with_closed() {
    let path = TestPath::new("closed");
    let (store, _) = open(&path.0).unwrap();
    store.close();
    let (sender, receiver) = mpsc::channel();
    store.insert(
        record("x"),
        CommitCallback::new(move |result| sender.send(result).unwrap()),
    );
    assert_eq!(
        receiver.recv().unwrap().unwrap_err().status(),
        Status::Closed
    );
}

#[test]
fn the_log_is_bounded() {
    let path = TestPath::new("bounded");
    let (store, _) = open(&path.0).unwrap();
    let large = "x".repeat(100_000);
    for _ in 0..200 {
        insert(&store, &[&large]);
    }
    let size = |suffix: &str| {
        let file = std::fs::metadata(format!("{}{suffix}", path.0.display()));
        file.unwrap().len()
    };
    // 1000 pages of 4096 bytes, and those of a few commits.
    assert!(size("-wal") < 6_000_000, "{}", size("-wal"));
    assert!(size("") > 14_000_000, "{}", size(""));
}

#[test]
fn concurrent_records_share_a_commit() {
    let path = TestPath::new("shared");
    let (store, _) = open(&path.0).unwrap();
    let bodies = vec!["x"; 20_000];
    let begun = std::time::Instant::now();
    insert(&store, &bodies);
    // One commit each would take 20,000 synchronisations, which no disk does in this time.
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
}
