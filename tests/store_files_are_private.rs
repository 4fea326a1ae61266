//! The option `store` is a literal file name. The file and the files next to it are private to the owner, with any
//! umask. An error names the reason if the path is not a file or not writable.

#![cfg(all(feature = "store", unix))]

#[path = "support/store_folder.rs"]
mod store_folder;

use std::ffi::CString;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::Path;

use store_folder::{ChildProcess, Folder, deliver, open, open_error, queued_messages, report};

/// The user id of a user without root rights.
const OTHER_USER: u32 = 65534;

/// The processes that the tests start.
#[test]
fn process() {
    let Some((role, path)) = store_folder::child_role() else {
        return;
    };
    match role.strip_prefix("umask ") {
        Some(umask) => {
            let umask = u32::from_str_radix(umask, 8).unwrap();
            // SAFETY: no other thread creates files.
            unsafe { libc::umask(umask) };
            let client = open(&path, &[]).unwrap();
            deliver(&client, "kept").unwrap();
            let path = std::path::absolute(path).unwrap();
            let name = path.file_name().unwrap().to_str().unwrap();
            let modes: Vec<_> = fs::read_dir(path.parent().unwrap())
                .unwrap()
                .map(Result::unwrap)
                .filter(|entry| entry.file_name().to_str().unwrap().contains(name))
                .map(|entry| fs::symlink_metadata(entry.path()).unwrap())
                .filter(fs::Metadata::is_file)
                .map(|found| format!("{:o}", found.permissions().mode() & 0o7777))
                .collect();
            report(&modes.join(" "));
        }
        None => report(
            &open(&path, &[]).map_or_else(|error| error.message().to_owned(), |_| "opened".into()),
        ),
    }
}

#[test]
fn files_are_private_with_any_umask() {
    for umask in ["000", "022", "077", "277", "777"] {
        let folder = Folder::new();
        let mut process = ChildProcess::start(&format!("umask {umask}"), &folder.store());
        assert_eq!(process.read_report(), "600 600 600", "umask {umask}");
        process.wait_for_success();
    }
}

#[test]
fn dangling_link_creates_a_private_file_at_its_target() {
    let folder = Folder::new();
    fs::create_dir(folder.0.join("volume")).unwrap();
    let store = folder.0.join("volume/chat.db");
    symlink("volume/chat.db", folder.0.join("link.db")).unwrap();
    symlink("link.db", folder.0.join("link-to-link.db")).unwrap();
    let mut process = ChildProcess::start("umask 000", &folder.0.join("link-to-link.db"));
    process.read_report();
    process.wait_for_success();
    for suffix in ["", "-lock"] {
        let file = format!("{}{suffix}", store.display());
        let mode = fs::symlink_metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
    }
    assert_eq!(queued_messages(&open(&store, &[]).unwrap()), ["kept"]);
}

#[test]
fn circular_links_are_reported() {
    let folder = Folder::new();
    symlink("b.db", folder.0.join("a.db")).unwrap();
    symlink("a.db", folder.0.join("b.db")).unwrap();
    let why = open_error(&folder.0.join("a.db"), &[]);
    assert!(
        why.ends_with("its symbolic links form a loop; name a file"),
        "{why}"
    );
}

#[test]
fn special_names_of_sqlite_are_file_names() {
    for name in [
        ":memory:",
        "file:chat.db",
        "file:x.db?mode=memory",
        "file:chat.db?vfs=unix-none&nolock=1",
        "chat.db?mode=memory",
        " ",
        "-",
        "olá %41 'x'.db",
    ] {
        let folder = Folder::new();
        // A relative path, as in a file of options.
        let mut command = ChildProcess::command("open", Path::new(name));
        command.current_dir(&folder.0);
        let mut process = ChildProcess::spawn(command);
        assert_eq!(process.read_report(), "opened", "{name}");
        process.wait_for_success();
        let mut made: Vec<_> = fs::read_dir(&folder.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        made.sort();
        assert_eq!(made, [name.to_owned(), format!("{name}-lock")]);
    }
}

#[test]
fn change_of_working_directory_does_not_affect_the_client() {
    let folder = Folder::new();
    let mut command = ChildProcess::command("umask 022", Path::new("chat.db"));
    command.current_dir(&folder.0);
    let mut process = ChildProcess::spawn(command);
    assert_eq!(process.read_report(), "600 600 600");
    process.wait_for_success();
    assert_eq!(
        queued_messages(&open(&folder.store(), &[]).unwrap()),
        ["kept"]
    );
}

#[test]
fn non_files_are_reported() {
    let folder = Folder::new();
    let pipe = folder.0.join("pipe");
    let name = CString::new(pipe.as_os_str().as_bytes()).unwrap();
    // SAFETY: the name ends with a zero byte.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    let socket = folder.0.join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    let assert_reason = |path: &Path, what: &str| {
        let why = open_error(path, &[]);
        assert!(why.ends_with(what), "{why}");
    };
    let or_new = "; name a file, or one that does not exist yet";
    assert_reason(&pipe, &format!("it is a named pipe (FIFO){or_new}"));
    assert_reason(&socket, &format!("it is a socket{or_new}"));
    assert_reason(Path::new("/dev/null"), &format!("it is a device{or_new}"));
    assert_reason(&folder.0, "it is a folder; name a file in it");
    assert_reason(&folder.0.join("new/"), "it is a folder; name a file in it");
    assert_reason(&folder.0.join(".."), "it is a folder; name a file in it");
    assert_reason(
        &folder.0.join("none/chat.db"),
        "its folder does not exist; create it, or name another",
    );
    fs::write(folder.0.join("file"), "").unwrap();
    assert_reason(
        &folder.0.join("file/chat.db"),
        "its folder is a file; name another",
    );
    symlink("pipe", folder.0.join("link")).unwrap();
    assert_reason(
        &folder.0.join("link"),
        &format!("it is a named pipe (FIFO){or_new}"),
    );
}

#[test]
fn unwritable_files_are_reported() {
    let folder = Folder::new();
    let is_root = has_rights_of_root();
    let give = |path: &Path| {
        if is_root {
            chown(path, Some(OTHER_USER), Some(OTHER_USER)).unwrap();
        }
    };
    give(&folder.0);
    fs::write(folder.store(), "").unwrap();
    give(&folder.store());
    let opened = || {
        let mut command = ChildProcess::command("open", &folder.store());
        if is_root {
            command.uid(OTHER_USER).gid(OTHER_USER);
        }
        let mut process = ChildProcess::spawn(command);
        let report = process.read_report();
        process.wait_for_success();
        report
    };
    fs::set_permissions(folder.store(), Permissions::from_mode(0o400)).unwrap();
    let why = opened();
    let reason =
        "this user may not read and write it (its mode is 0400); change that, or name another file";
    assert!(why.ends_with(reason), "{why}");
    fs::set_permissions(folder.store(), Permissions::from_mode(0o600)).unwrap();
    assert_eq!(opened(), "opened");
    fs::remove_file(folder.with_suffix("-lock")).unwrap();
    fs::set_permissions(&folder.0, Permissions::from_mode(0o500)).unwrap();
    let why = opened();
    assert!(
        why.contains("this user may not read and write") && why.contains("chat.db-lock"),
        "{why}"
    );
    fs::set_permissions(&folder.0, Permissions::from_mode(0o700)).unwrap();
}

fn has_rights_of_root() -> bool {
    // SAFETY: it only reads the user id.
    unsafe { libc::geteuid() == 0 }
}

#[test]
fn error_for_a_corrupt_file_hides_its_contents() {
    let folder = Folder::new();
    let secret = "MeuSegredoMuitoSecreto";
    fs::write(folder.store(), format!("{secret} ").repeat(500)).unwrap();
    assert!(!open_error(&folder.store(), &[]).contains(secret));
    fs::remove_file(folder.store()).unwrap();
    drop(open(&folder.store(), &[]).unwrap());
    let file = rusqlite::Connection::open(folder.store()).unwrap();
    file.execute_batch(&format!(
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE {secret} {secret}' WHERE name = 'inbox'"
    ))
    .unwrap();
    drop(file);
    let why = open_error(&folder.store(), &[]);
    assert!(!why.contains(secret), "{why}");
}
