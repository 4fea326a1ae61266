//! Only one client has a store open, until its process ends. Neither other paths nor other uses of the files by the
//! process release the lock.

#![cfg(feature = "store")]

#[path = "support/store_folder.rs"]
mod store_folder;

use std::fs::{self, File};
#[cfg(unix)]
use std::os::unix::fs::symlink;

#[cfg(unix)]
use store_folder::wait_until_killed;
use store_folder::{ChildProcess, Folder, deliver, open, open_error, queued_messages, report};

const IN_USE: &str = "another client, of this process or of another, has it open; give each client a store of its own";

/// The other process that the tests start.
#[test]
fn process() {
    let Some((role, path)) = store_folder::child_role() else {
        return;
    };
    match &*role {
        "open" => report(
            &open(&path, &[]).map_or_else(|error| error.message().to_owned(), |_| "opened".into()),
        ),
        #[cfg(unix)]
        _ => outlived_by_child(&path),
        #[cfg(not(unix))]
        _ => unreachable!("{role}"),
    }
}

#[cfg(unix)]
fn outlived_by_child(path: &std::path::Path) {
    let client = open(path, &[]).unwrap();
    deliver(&client, "kept").unwrap();
    let mut ready = [0; 2];
    let mut byte = 0_u8;
    // SAFETY: the pipe has room for two, and the child calls what a forked child may call.
    let child = unsafe {
        assert_eq!(libc::pipe(ready.as_mut_ptr()), 0);
        let child = libc::fork();
        if child == 0 {
            libc::write(ready[1], (&raw const byte).cast(), 1);
            // Blocks until it is killed.
            libc::pause();
            libc::_exit(0);
        }
        assert_eq!(libc::read(ready[0], (&raw mut byte).cast(), 1), 1);
        child
    };
    report(&child.to_string());
    wait_until_killed();
}

#[test]
fn opening_the_files_does_not_release_the_lock() {
    let folder = Folder::new();
    let first = open(&folder.store(), &[]).unwrap();
    deliver(&first, "kept").unwrap();
    for suffix in ["", "-wal", "-lock"] {
        drop(File::open(folder.with_suffix(suffix)).unwrap());
        drop(
            File::options()
                .write(true)
                .open(folder.with_suffix(suffix))
                .unwrap(),
        );
    }
    assert!(open_error(&folder.store(), &[]).ends_with(IN_USE));
    let mut other = ChildProcess::start("open", &folder.store());
    assert!(other.read_report().ends_with(IN_USE));
    other.wait_for_success();
    assert_eq!(queued_messages(&first), ["kept"]);
    drop(first);
    let mut other = ChildProcess::start("open", &folder.store());
    assert_eq!(other.read_report(), "opened");
    other.wait_for_success();
}

#[test]
fn rejected_client_does_not_release_the_lock() {
    let folder = Folder::new();
    let _first = open(&folder.store(), &[]).unwrap();
    for _ in 0..3 {
        assert!(open_error(&folder.store(), &[]).ends_with(IN_USE));
    }
    let other = rusqlite::Connection::open(folder.store()).unwrap();
    drop(other);
    let mut other = ChildProcess::start("open", &folder.store());
    assert!(other.read_report().ends_with(IN_USE));
    other.wait_for_success();
}

#[cfg(unix)]
#[test]
fn link_leads_to_the_same_lock() {
    let folder = Folder::new();
    let (store, other) = (folder.store(), folder.0.join("other"));
    let first = open(&store, &[]).unwrap();
    symlink(&folder.0, &other).unwrap();
    symlink("chat.db", folder.0.join("link.db")).unwrap();
    for name in ["link.db", "other/chat.db", "other/link.db", "./chat.db"] {
        let path = folder.0.join(name);
        assert!(open_error(&path, &[]).ends_with(IN_USE), "{name}");
    }
    deliver(&first, "kept").unwrap();
    drop(first);
    let client = open(&folder.0.join("other/link.db"), &[]).unwrap();
    assert_eq!(queued_messages(&client), ["kept"]);
}

#[test]
fn hard_linked_file_is_rejected() {
    let folder = Folder::new();
    let client = open(&folder.store(), &[]).unwrap();
    deliver(&client, "kept").unwrap();
    drop(client);
    let second = folder.0.join("second.db");
    fs::hard_link(folder.store(), &second).unwrap();
    for path in [&second, &folder.store()] {
        let why = open_error(path, &[]);
        assert!(
            why.contains("it has 2 names (hard links)")
                || why.contains("its file has 2 names (hard links)"),
            "{why}"
        );
    }
    fs::remove_file(second).unwrap();
    let client = open(&folder.store(), &[]).unwrap();
    assert_eq!(queued_messages(&client), ["kept"]);
}

#[cfg(unix)]
#[test]
fn child_process_does_not_keep_the_lock() {
    let folder = Folder::new();
    let mut parent = ChildProcess::start("parent", &folder.store());
    let child: i32 = parent.read_report().parse().unwrap();
    parent.kill();
    let reopened = open(&folder.store(), &[]);
    // SAFETY: a signal is sent to a process of this test.
    unsafe { libc::kill(child, libc::SIGKILL) };
    assert_eq!(queued_messages(&reopened.unwrap()), ["kept"]);
}

// On Windows, it can't be removed: `store_files_on_windows.rs`.
#[cfg(unix)]
#[test]
fn removed_lock_file_is_recreated() {
    let folder = Folder::new();
    let first = open(&folder.store(), &[]).unwrap();
    fs::remove_file(folder.with_suffix("-lock")).unwrap();
    deliver(&first, "kept").unwrap();
    drop(File::open(folder.store()).unwrap());
    assert!(open_error(&folder.store(), &[]).ends_with(IN_USE));
    let mut other = ChildProcess::start("open", &folder.store());
    assert!(other.read_report().ends_with(IN_USE));
    other.wait_for_success();
}

#[cfg(unix)]
#[test]
fn linked_lock_file_is_not_followed() {
    let folder = Folder::new();
    fs::write(folder.0.join("somebodys"), "text").unwrap();
    symlink("somebodys", folder.with_suffix("-lock")).unwrap();
    let why = open_error(&folder.store(), &[]);
    assert!(why.contains("chat.db-lock"), "{why}");
    assert_eq!(
        fs::read_to_string(folder.0.join("somebodys")).unwrap(),
        "text"
    );
}
