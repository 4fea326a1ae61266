//! If another program changes only the times of a store's files, the client continues to write. It detects later changes of
//! the content.

#![cfg(feature = "store")]

#[path = "support/store_folder.rs"]
mod store_folder;

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use omnize::status::Status;
use rusqlite::Connection;
#[cfg(unix)]
use store_folder::ChildProcess;
use store_folder::{Folder, deliver, open, queued_messages, report, wait_until_killed};

/// The other program, which copies the log into the database and ends without closing the store.
#[test]
fn process() {
    let Some((_, path)) = store_folder::child_role() else {
        return;
    };
    let other = Connection::open(&path).unwrap();
    other
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
        .unwrap();
    report("written");
    wait_until_killed();
}

/// Changes the time of the last write.
fn shift_time(path: &Path, shift: impl Fn(SystemTime) -> SystemTime) {
    let file = File::options().write(true).open(path).unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();
    file.set_modified(shift(modified)).unwrap();
}

const SHIFTS: [fn(SystemTime) -> SystemTime; 4] = [
    |time| time + Duration::from_secs(1),
    |time| time + Duration::from_secs(6),
    |time| time - Duration::from_secs(6),
    |time| time - Duration::from_secs(100_000),
];

#[test]
fn times_of_the_files_do_not_stop_the_client() {
    let folder = Folder::new();
    let path = folder.store();
    let client = open(&path, &[]).unwrap();
    let mut expected = Vec::new();
    for files in [&["-wal"][..], &[""], &["", "-wal"]] {
        for shift in SHIFTS {
            let text = expected.len().to_string();
            deliver(&client, &text).unwrap();
            expected.push(text);
            for suffix in files {
                shift_time(&folder.with_suffix(suffix), shift);
            }
        }
    }
    deliver(&client, "last").unwrap();
    expected.push("last".into());
    client.close(Duration::from_secs(5)).unwrap();
    assert_eq!(queued_messages(&open(&path, &[]).unwrap()), expected);
}

#[test]
fn times_do_not_stop_the_client_after_checkpoints() {
    let folder = Folder::new();
    let path = folder.store();
    let client = open(&path, &[]).unwrap();
    let text = "x".repeat(100_000);
    let size = || fs::metadata(&path).unwrap().len();
    for _ in 0..3 {
        let first = size();
        while size() == first {
            deliver(&client, &text).unwrap();
        }
        for _ in 0..2 {
            for suffix in ["", "-wal"] {
                shift_time(&folder.with_suffix(suffix), SHIFTS[1]);
            }
            deliver(&client, "small").unwrap();
        }
    }
}

#[test]
fn later_changes_of_the_content_are_detected() {
    for (suffix, position) in [("", 2000), ("-wal", 1000), ("-wal", 3)] {
        let folder = Folder::new();
        let path = folder.store();
        let client = open(&path, &[]).unwrap();
        deliver(&client, "1").unwrap();
        shift_time(&path, SHIFTS[1]);
        deliver(&client, "2").unwrap();
        let changed = folder.with_suffix(suffix);
        let mut file = File::options().write(true).open(&changed).unwrap();
        file.seek(SeekFrom::Start(position)).unwrap();
        file.write_all(b"another").unwrap();
        drop(file);
        shift_time(&changed, SHIFTS[3]);
        for text in ["3", "4"] {
            let error = deliver(&client, text).unwrap_err();
            assert_eq!(error.status(), Status::Store, "{suffix} {position}");
        }
    }
}

// On Windows, open files can't be removed, and another SQLite can't open the store: `store_files_on_windows.rs`.
#[cfg(unix)]
#[test]
fn removed_files_with_another_time_are_repaired() {
    for removed in [&["-wal"][..], &[""], &["", "-wal"]] {
        let folder = Folder::new();
        let path = folder.store();
        let client = open(&path, &[]).unwrap();
        deliver(&client, "1").unwrap();
        for suffix in ["", "-wal"] {
            shift_time(&folder.with_suffix(suffix), SHIFTS[1]);
        }
        for suffix in removed {
            fs::remove_file(folder.with_suffix(suffix)).unwrap();
        }
        let error = deliver(&client, "2").unwrap_err();
        assert_eq!(error.status(), Status::Store, "{removed:?}");
        deliver(&client, "3").unwrap();
        client.close(Duration::from_secs(5)).unwrap();
        let client = open(&path, &[]).unwrap();
        assert_eq!(queued_messages(&client), ["1", "3"], "{removed:?}");
    }
}

#[cfg(unix)]
#[test]
fn another_program_may_copy_the_log_into_the_database() {
    let folder = Folder::new();
    let path = folder.store();
    let client = open(&path, &[]).unwrap();
    deliver(&client, "1").unwrap();
    // Releases SQLite's locks, as any code of the process may do.
    drop(File::open(&path).unwrap());
    let mut other = ChildProcess::start("copy", &path);
    other.read_report();
    other.kill();
    deliver(&client, "2").unwrap();
    shift_time(&path, SHIFTS[1]);
    deliver(&client, "3").unwrap();
    client.close(Duration::from_secs(5)).unwrap();
    let client = open(&path, &[]).unwrap();
    assert_eq!(queued_messages(&client), ["1", "2", "3"]);
}
