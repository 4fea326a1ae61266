//! If another program removes, replaces or modifies the files of an open store, the listener does not respond with 200
//! to triggers that would be lost. It fails at once, the log reports it once, and the store's content is saved if
//! possible.

#![cfg(feature = "store")]

#[path = "support/recording_log.rs"]
mod recording_log;
#[path = "support/store_folder.rs"]
mod store_folder;

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use omnize::Client;
use omnize::status::Status;
use recording_log::{lines, record_log};
use rusqlite::Connection;
use store_folder::{
    ChildProcess, Folder, deliver, open, queued_messages, report, wait_until_killed,
};

/// The processes that the tests start.
#[test]
fn process() {
    let Some((role, path)) = store_folder::child_role() else {
        return;
    };
    match &*role {
        // Another program that reads the store.
        "look" => {
            let other = Connection::open(&path).unwrap();
            let count = |table: &str| -> i64 {
                let query = format!("SELECT count(*) FROM {table}");
                other.query_row(&query, [], |row| row.get(0)).unwrap()
            };
            report(&count("inbox").to_string());
            other.close().unwrap();
        }
        "write alone" => {
            damage("write", &path);
            report("written");
            wait_until_killed();
        }
        damage => deliver_around_damage(damage, &path),
    }
}

/// Damages the files.
fn damage(name: &str, path: &Path) {
    let with_suffix = |suffix: &str| path.with_file_name(format!("chat.db{suffix}"));
    match name {
        "remove all" => {
            for suffix in ["", "-wal", "-lock"] {
                fs::remove_file(with_suffix(suffix)).unwrap();
            }
        }
        "remove the database" => fs::remove_file(path).unwrap(),
        "remove the log" => fs::remove_file(with_suffix("-wal")).unwrap(),
        "rename" => fs::rename(path, with_suffix(".old")).unwrap(),
        "let another SQLite look" => {
            // Releases the POSIX locks, so that another SQLite can open the file.
            drop(File::open(path).unwrap());
            let mut other = ChildProcess::start("look", path);
            assert_eq!(other.read_report(), "1");
            other.wait_for_success();
            assert!(
                !with_suffix("-wal").exists(),
                "the other SQLite has removed the log"
            );
        }
        "replace" => {
            fs::write(with_suffix(".new"), "").unwrap();
            fs::rename(with_suffix(".new"), path).unwrap();
        }
        "replace the log" => {
            fs::write(with_suffix(".new"), "").unwrap();
            fs::rename(with_suffix(".new"), with_suffix("-wal")).unwrap();
        }
        "truncate" => drop(File::create(path).unwrap()),
        "truncate the log" => drop(File::create(with_suffix("-wal")).unwrap()),
        "overwrite" => fs::write(path, vec![7; 1_000_000]).unwrap(),
        // As `cp` does, with and without the time of the copied file. The header stays the same.
        "overwrite with a copy" => {
            overwrite_middle(path, |modified| modified + Duration::from_secs(6))
        }
        "overwrite with an old copy" => {
            overwrite_middle(path, |modified| modified - Duration::from_secs(6))
        }
        "write in another process" => {
            drop(File::open(path).unwrap());
            let mut other = ChildProcess::start("write alone", path);
            other.read_report();
            other.kill();
        }
        "write" => {
            let other = Connection::open(path).unwrap();
            other
                .execute("INSERT INTO aside (place) VALUES ('x')", [])
                .unwrap();
            std::mem::forget(other);
        }
        _ => unreachable!("{name}"),
    }
}

/// Changes the database after its header, and the time of its last write.
fn overwrite_middle(path: &Path, change: impl Fn(SystemTime) -> SystemTime) {
    let mut file = File::options().write(true).open(path).unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();
    file.seek(SeekFrom::Start(2000)).unwrap();
    file.write_all(b"another").unwrap();
    file.set_modified(change(modified)).unwrap();
}

/// Reports the statuses of deliveries before and after the damage, and waits to be killed.
fn deliver_around_damage(name: &str, path: &Path) {
    record_log(log::LevelFilter::Info);
    let client = open(path, &[]).unwrap();
    let mut statuses = Vec::new();
    let mut deliver = |client: &Client, text: &str| {
        let status = deliver(client, text).map_or_else(|error| error.status(), |()| Status::Ok);
        statuses.push(format!("{text}={}", status.name()));
    };
    deliver(&client, "1");
    damage(name, path);
    deliver(&client, "2");
    deliver(&client, "3");
    deliver(&client, "4");
    report(&statuses.join(" "));
    // The line is written after the waiting calls have returned.
    let begun = Instant::now();
    while lines().is_empty() && begun.elapsed() < Duration::from_secs(10) {
        std::thread::yield_now();
    }
    report(&lines().join(" | "));
    wait_until_killed();
}

fn run_damaged(name: &str, folder: &Folder) -> (String, String) {
    let mut process = ChildProcess::start(name, &folder.store());
    let (statuses, lines) = (process.read_report(), process.read_report());
    process.kill();
    (statuses, lines)
}

/// The damages that Windows does not prevent. `store_files_on_windows.rs` tests the others.
const POSSIBLE_DAMAGES: &[&str] = &[
    #[cfg(unix)]
    "replace",
    #[cfg(unix)]
    "replace the log",
    "truncate",
    "truncate the log",
    "overwrite",
    "overwrite with a copy",
    "overwrite with an old copy",
    #[cfg(unix)]
    "write in another process",
];

#[cfg(unix)]
#[test]
fn removed_files_are_recreated_with_their_contents() {
    for name in [
        "remove all",
        "remove the database",
        "remove the log",
        "rename",
        "let another SQLite look",
    ] {
        let folder = Folder::new();
        let (statuses, lines) = run_damaged(name, &folder);
        assert_eq!(
            statuses, "1=OMNIZE_OK 2=OMNIZE_E_STORE 3=OMNIZE_OK 4=OMNIZE_OK",
            "{name}: {lines}"
        );
        assert!(
            lines.starts_with("cannot write to the store: its file"),
            "{name}: {lines}"
        );
        assert_eq!(
            lines.matches("cannot write to the store").count(),
            1,
            "{name}: {lines}"
        );
        let client = open(&folder.store(), &[]).unwrap();
        assert_eq!(queued_messages(&client), ["1", "3", "4"], "{name}");
    }
}

#[test]
fn replaced_or_modified_files_are_not_written() {
    for &name in POSSIBLE_DAMAGES {
        let folder = Folder::new();
        let (statuses, lines) = run_damaged(name, &folder);
        assert_eq!(
            statuses, "1=OMNIZE_OK 2=OMNIZE_E_STORE 3=OMNIZE_E_STORE 4=OMNIZE_E_STORE",
            "{name}: {lines}"
        );
        assert!(
            lines.ends_with("close the client and open it again"),
            "{name}: {lines}"
        );
        assert_eq!(
            lines.matches("cannot write to the store").count(),
            1,
            "{name}: {lines}"
        );
    }
}

#[test]
fn close_and_open_recovers_the_store() {
    for (name, kept) in [
        ("replace", &[][..]),
        ("truncate", &[]),
        ("write in another process", &["1"]),
    ] {
        if !POSSIBLE_DAMAGES.contains(&name) {
            continue;
        }
        let folder = Folder::new();
        let client = open(&folder.store(), &[]).unwrap();
        deliver(&client, "1").unwrap();
        damage(name, &folder.store());
        assert_eq!(
            deliver(&client, "2").unwrap_err().status(),
            Status::Store,
            "{name}"
        );
        client.close(Duration::from_secs(5)).unwrap();
        let client = open(&folder.store(), &[]).unwrap();
        deliver(&client, "3").unwrap();
        let mut expected = kept.to_vec();
        expected.push("3");
        assert_eq!(queued_messages(&client), expected, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn ids_and_tickets_stay_unique_after_recreation() {
    let folder = Folder::new();
    let client = open(&folder.store(), &[]).unwrap();
    deliver(&client, "1").unwrap();
    let first = client.next(Duration::ZERO).unwrap().unwrap();
    damage("remove all", &folder.store());
    assert_eq!(deliver(&client, "2").unwrap_err().status(), Status::Store);
    deliver(&client, "3").unwrap();
    let third = client.next(Duration::ZERO).unwrap().unwrap();
    assert!(third.sequence > first.sequence);
    // Acknowledging the first one does not remove the other one.
    drop(first);
    std::mem::forget(third);
    client.close(Duration::from_secs(5)).unwrap();
    assert_eq!(queued_messages(&open(&folder.store(), &[]).unwrap()), ["3"]);
}
