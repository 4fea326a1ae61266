//! Tests of a store by itself.

use std::path::PathBuf;
use std::sync::mpsc;

use crate::store::*;
use crate::wire::Dialect;

/// A path for a store, whose files go when the test ends.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let place =
            Place(std::env::temp_dir().join(format!("omnize-{}-{name}.db", std::process::id())));
        place.remove();
        place
    }

    fn remove(&self) {
        for suffix in ["", "-wal", "-lock"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", self.0.display()));
        }
    }
}

impl Drop for Place {
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

/// Keeps records and waits until they are on disk.
fn keep(store: &Store, bodies: &[&str]) -> Vec<u64> {
    let (tell, told) = mpsc::channel();
    for body in bodies {
        let tell = tell.clone();
        store.keep(
            record(body),
            CommitCallback::new(move |kept| tell.send(kept).unwrap()),
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
fn done(start: impl FnOnce(CommitCallback)) -> u64 {
    let (tell, told) = mpsc::channel();
    start(CommitCallback::new(move |kept| tell.send(kept).unwrap()));
    told.recv().unwrap().unwrap()
}

#[test]
fn a_posted_request_waits_until_its_outcome_takes_its_place() {
    let place = Place::new("posted");
    let (store, _) = open(&place.0).unwrap();
    let tickets: Vec<_> = ["a", "b", "c"]
        .into_iter()
        .map(|content| done(|kept| store.post(content.into(), 7, kept)))
        .collect();
    done(|kept| store.leave(tickets[0], kept));
    done(|kept| store.leave(tickets[1], kept));
    done(|kept| store.settle(tickets[0], record("outcome of a"), kept));
    drop(store);

    let (_store, left) = open(&place.0).unwrap();
    assert_eq!(bodies(&left.records), ["outcome of a"]);
    let letter = |ticket, content: &str, sent| {
        let (content, posted_at) = (content.to_owned(), Some(7));
        let letter = Letter {
            content,
            sent,
            posted_at,
        };
        (ticket, letter)
    };
    assert_eq!(
        left.letters,
        [
            letter(tickets[1], "b", Sent::Perhaps),
            letter(tickets[2], "c", Sent::Untried)
        ]
    );
}

#[test]
fn what_customers_write_is_not_shown() {
    let letter = Letter {
        content: "secret".into(),
        sent: Sent::Not,
        posted_at: None,
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
    for suffix in ["", "-wal", "-lock"] {
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
    store.keep(
        record("x"),
        CommitCallback::new(move |kept| tell.send(kept).unwrap()),
    );
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
