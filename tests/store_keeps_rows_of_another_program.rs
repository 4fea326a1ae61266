//! If another program writes to an open store and closes it, the client does not overwrite the program's rows, and the
//! database is not damaged. On Windows, the locks of the open database keep the other program out.

#![cfg(all(feature = "store", unix))]

#[path = "support/store_folder.rs"]
mod store_folder;

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use omnize::Client;
use omnize::status::Status;
use omnize::wire::{Address, Request};
use rusqlite::Connection;
use store_folder::{ChildProcess, Folder, deliver, open, queued_messages};

/// The other program, which the tests start.
#[test]
fn process() {
    let Some((role, path)) = store_folder::child_role() else {
        return;
    };
    let write = |batch: &str| {
        let other = Connection::open(&path).unwrap();
        other.execute_batch(batch).unwrap();
        other
            .execute("INSERT INTO aside (place) VALUES ('foreign')", [])
            .unwrap();
        other.close().unwrap();
    };
    match &*role {
        "insert" => write(""),
        "insert into a table of the client" => write(
            "INSERT INTO inbox (kind, received_at, body) VALUES (1, 1, '{\"message\":\"foreign\",\"clientId\":\"12\"}')",
        ),
        "insert many" => write(
            "WITH RECURSIVE numbers(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < 5000)
             INSERT INTO aside (place, content) SELECT 'many', hex(randomblob(200)) FROM numbers",
        ),
        "delete" => write("DELETE FROM inbox WHERE number = 2"),
        "vacuum" => write("VACUUM"),
        "change the journal mode" => write("PRAGMA journal_mode = DELETE"),
        "change the schema" => write("CREATE TABLE other (a); INSERT INTO other VALUES (1)"),
        "open twice" => {
            let other = Connection::open(&path).unwrap();
            let rows = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
            other
                .query_row("SELECT count(*) FROM inbox", [], rows)
                .unwrap();
            other.close().unwrap();
            write("");
        }
        _ => unreachable!("{role}"),
    }
}

const CHANGES: [&str; 8] = [
    "insert",
    "insert into a table of the client",
    "insert many",
    "delete",
    "vacuum",
    "change the journal mode",
    "change the schema",
    "open twice",
];

/// Lets the other program write to the store although this process has it open.
fn write_in_other_program(change: &str, path: &Path) {
    // Releases SQLite's locks, as any code of the process may do.
    drop(File::open(path).unwrap());
    ChildProcess::start(change, path).wait_for_success();
}

/// Delivers until SQLite begins to write to the start of the log again.
fn fill_log(client: &Client, path: &Path) {
    let salt = || {
        let log = std::fs::read(path.with_file_name("chat.db-wal")).unwrap();
        log[16..24].to_vec()
    };
    let first = salt();
    let text = "x".repeat(100_000);
    while salt() == first {
        deliver(client, &text).unwrap();
    }
}

fn deliver_status(client: &Client, text: &str) -> Status {
    deliver(client, text).map_or_else(|error| error.status(), |()| Status::Ok)
}

/// Returns the number of rows of the other program, if the database is not damaged.
fn foreign_rows(path: &Path) -> i64 {
    let database = Connection::open(path).unwrap();
    let check: String = database
        .query_row("PRAGMA quick_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
    let query = "SELECT count(*) FROM aside WHERE place = 'foreign'";
    database.query_row(query, [], |row| row.get(0)).unwrap()
}

/// The content of the log when the other program writes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Log {
    /// All pages of the database.
    AllPages,
    /// The pages that changed since the client opened an older store.
    ChangedPages,
    /// A few pages, and unused space after them. The other program's pages have room in it.
    WithUnusedSpace,
}

/// Makes the change while a client is open, and checks the store after it is closed.
fn check_change(change: &str, log: Log) {
    let folder = Folder::new();
    let path = folder.store();
    let mut client = open(&path, &[]).unwrap();
    if log == Log::ChangedPages {
        deliver(&client, "earlier").unwrap();
        client.close(Duration::from_secs(5)).unwrap();
        client = open(&path, &[]).unwrap();
    }
    if log == Log::WithUnusedSpace {
        fill_log(&client, &path);
    }
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    let chat = client.attach(address).unwrap();
    deliver(&client, "1").unwrap();
    write_in_other_program(change, &path);
    let mut stored = Vec::new();
    let mut count = |status: Status, text: &'static str| match status {
        Status::Ok => stored.push(text),
        _ => assert_eq!(status, Status::Store, "{change}"),
    };
    assert_eq!(deliver_status(&client, "2"), Status::Store, "{change}");
    count(deliver_status(&client, "3"), "3");
    let posted = chat.post(Request::Message("posted".into()));
    let posted = posted.map_or_else(|error| error.status(), |_| Status::Ok);
    assert!(matches!(posted, Status::Ok | Status::Store), "{posted:?}");
    count(deliver_status(&client, "4"), "4");
    drop(chat);
    client.close(Duration::from_secs(5)).unwrap();
    drop(client);
    assert_eq!(foreign_rows(&path), 1, "{change}");

    let reopened = open(&path, &[]).unwrap();
    deliver(&reopened, "5").unwrap();
    let messages = queued_messages(&reopened);
    for text in stored.iter().chain(&["5"]) {
        assert!(
            messages.iter().any(|message| message == text),
            "{change}: {text} of {messages:?}"
        );
    }
    if change != "delete" {
        assert!(
            messages.iter().any(|message| message == "1"),
            "{change}: {messages:?}"
        );
    }
    drop(reopened);
    assert_eq!(foreign_rows(&path), 1, "{change}");
}

fn check_changes(log: Log) {
    for change in CHANGES {
        println!("{change}");
        check_change(change, log);
    }
}

#[test]
fn rows_are_not_overwritten_by_a_new_store() {
    check_changes(Log::AllPages);
}

#[test]
fn rows_are_not_overwritten_by_an_older_store() {
    check_changes(Log::ChangedPages);
}

#[test]
fn rows_are_not_overwritten_from_a_log_with_unused_space() {
    check_changes(Log::WithUnusedSpace);
}
