//! The files of a store on Windows: private, protected from removal, and usable next to programs that open them for a short time.
//! An error names the reason if the path can't be that of a store.

#![cfg(all(feature = "store", windows))]

#[path = "support/store_folder.rs"]
mod store_folder;

use std::fs::{self, File, OpenOptions};
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::OpenOptionsExt;
use std::path::Path;
use std::ptr;
use std::time::{Duration, Instant};

use omnize::status::Status;
use store_folder::{
    ChildProcess, Folder, deliver, open, open_error, queued_messages, report, wait_until_killed,
};
use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::Security::Authorization::{
    ConvertSecurityDescriptorToStringSecurityDescriptorW, GetNamedSecurityInfoW, SDDL_REVISION_1,
    SE_FILE_OBJECT,
};
use windows_sys::Win32::Security::DACL_SECURITY_INFORMATION;

const SUFFIXES: [&str; 3] = ["", "-wal", "-lock"];

/// The other program, which the tests start.
#[test]
fn process() {
    let Some((role, path)) = store_folder::child_role() else {
        return;
    };
    let with_suffix = |suffix: &str| path.with_file_name(format!("chat.db{suffix}"));
    match &*role {
        "remove" => {
            let removed = SUFFIXES.map(|suffix| fs::remove_file(with_suffix(suffix)).is_ok());
            report(&format!("{removed:?}"));
        }
        "rename" => {
            let renamed = SUFFIXES
                .map(|suffix| fs::rename(with_suffix(suffix), path.with_file_name("old")).is_ok());
            report(&format!("{renamed:?}"));
        }
        "replace" => {
            let replaced = SUFFIXES.map(|suffix| {
                let new = path.with_file_name("new");
                fs::write(&new, "").unwrap();
                fs::rename(new, with_suffix(suffix)).is_ok()
            });
            report(&format!("{replaced:?}"));
        }
        "write rows" => {
            let other = rusqlite::Connection::open(&path).unwrap();
            let written = other.execute("INSERT INTO aside (place) VALUES ('x')", []);
            report(&format!("{:?}", written.unwrap_err().sqlite_error_code()));
        }
        "deliver and wait" => {
            let client = open(&path, &[]).unwrap();
            deliver(&client, "kept").unwrap();
            report("delivered");
            wait_until_killed();
        }
        // As a virus scanner does, without sharing.
        "hold" => {
            let held = OpenOptions::new().read(true).share_mode(0).open(&path);
            report(&format!("{}", held.is_ok()));
            wait_until_killed();
        }
        _ => unreachable!("{role}"),
    }
}

fn run(role: &str, path: &Path) -> String {
    let mut process = ChildProcess::start(role, path);
    let reported = process.read_report();
    process.wait_for_success();
    reported
}

/// Returns the permissions of a file in their text form.
fn permissions(path: &Path) -> String {
    let name: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
    let (mut descriptor, mut text) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: the name ends with a zero, and the results are freed after their use.
    unsafe {
        let failed = GetNamedSecurityInfoW(
            name.as_ptr(),
            SE_FILE_OBJECT,
            DACL_SECURITY_INFORMATION,
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            &raw mut descriptor,
        );
        assert_eq!(failed, 0, "{path:?}");
        let converted = ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor,
            SDDL_REVISION_1,
            DACL_SECURITY_INFORMATION,
            &raw mut text,
            ptr::null_mut(),
        );
        assert_ne!(converted, 0);
        let length = (0..).take_while(|index| *text.add(*index) != 0).count();
        let copied = String::from_utf16(std::slice::from_raw_parts(text, length)).unwrap();
        LocalFree(text.cast());
        LocalFree(descriptor);
        copied
    }
}

/// Returns whether everybody or all users have permissions of a file.
fn is_shared(path: &Path) -> bool {
    let permissions = permissions(path);
    println!("{}: {permissions}", path.display());
    ["WD", "BU", "AU", "S-1-1-0", "S-1-5-11", "S-1-5-32-545"]
        .iter()
        .any(|everybody| permissions.contains(&format!(";{everybody})")))
}

#[test]
fn files_are_private() {
    let folder = Folder::new();
    let other = folder.write("other", "text");
    assert!(
        is_shared(Path::new(&other)),
        "the folder's files are shared by default"
    );
    let client = open(&folder.store(), &[]).unwrap();
    // The log is empty until the first write.
    for suffix in SUFFIXES {
        assert!(!is_shared(&folder.with_suffix(suffix)), "{suffix}");
    }
    deliver(&client, "kept").unwrap();
    drop(client);
    assert!(!is_shared(&folder.store()));
}

#[test]
fn an_existing_file_keeps_its_permissions() {
    let folder = Folder::new();
    folder.write("chat.db", "");
    let client = open(&folder.store(), &[]).unwrap();
    assert!(is_shared(&folder.store()));
    assert!(!is_shared(&folder.with_suffix("-wal")));
    deliver(&client, "kept").unwrap();
}

#[test]
fn open_files_cannot_be_removed_renamed_or_replaced() {
    let folder = Folder::new();
    let client = open(&folder.store(), &[]).unwrap();
    deliver(&client, "1").unwrap();
    for role in ["remove", "rename", "replace"] {
        assert_eq!(
            run(role, &folder.store()),
            "[false, false, false]",
            "{role}"
        );
        deliver(&client, role).unwrap();
    }
    drop(client);
    // The log has ended with the client.
    assert!(!folder.with_suffix("-wal").exists());
    let client = open(&folder.store(), &[]).unwrap();
    assert_eq!(
        queued_messages(&client),
        ["1", "remove", "rename", "replace"]
    );
}

#[test]
fn another_sqlite_cannot_open_the_store() {
    let folder = Folder::new();
    let client = open(&folder.store(), &[]).unwrap();
    deliver(&client, "1").unwrap();
    // On other systems, this releases SQLite's locks.
    drop(File::open(folder.store()).unwrap());
    assert_eq!(run("write rows", &folder.store()), "Some(DatabaseBusy)");
    deliver(&client, "2").unwrap();
    assert_eq!(queued_messages(&client), ["1", "2"]);
}

#[test]
fn a_terminated_process_releases_the_store() {
    let folder = Folder::new();
    for number in 1..4 {
        let mut process = ChildProcess::start("deliver and wait", &folder.store());
        process.read_report();
        let why = open_error(&folder.store(), &[]);
        assert!(why.contains("another client"), "{why}");
        process.kill();
        let client = open(&folder.store(), &[("ack", "manual")]).unwrap();
        assert_eq!(queued_messages(&client).len(), number);
    }
}

#[test]
fn a_user_without_a_profile_can_use_a_store() {
    let folder = Folder::new();
    let mut command = ChildProcess::command("deliver and wait", &folder.store());
    for name in [
        "APPDATA",
        "HOME",
        "HOMEDRIVE",
        "HOMEPATH",
        "LOCALAPPDATA",
        "TEMP",
        "TMP",
        "USERPROFILE",
    ] {
        command.env_remove(name);
    }
    let mut process = ChildProcess::spawn(command);
    assert_eq!(process.read_report(), "delivered");
    process.kill();
    assert_eq!(
        queued_messages(&open(&folder.store(), &[]).unwrap()),
        ["kept"]
    );
}

#[test]
fn a_file_that_is_held_for_a_while_delays_the_open() {
    for suffix in ["", "-lock"] {
        let folder = Folder::new();
        drop(open(&folder.store(), &[]).unwrap());
        let mut scanner = ChildProcess::start("hold", &folder.with_suffix(suffix));
        assert_eq!(scanner.read_report(), "true");
        let begun = Instant::now();
        let opened = std::thread::scope(|scope| {
            let opened = scope.spawn(|| open(&folder.store(), &[]));
            std::thread::sleep(Duration::from_millis(400));
            scanner.kill();
            opened.join().unwrap()
        });
        deliver(&opened.unwrap(), "kept").unwrap();
        assert!(begun.elapsed() >= Duration::from_millis(400));
    }
}

#[test]
fn a_file_that_is_held_forever_is_reported() {
    for (suffix, what) in [("", "it"), ("-lock", "chat.db-lock")] {
        let folder = Folder::new();
        drop(open(&folder.store(), &[]).unwrap());
        let mut scanner = ChildProcess::start("hold", &folder.with_suffix(suffix));
        assert_eq!(scanner.read_report(), "true");
        let begun = Instant::now();
        let why = open_error(&folder.store(), &[]);
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "{:?}",
            begun.elapsed()
        );
        let expected = format!(
            "{what} open and does not share it; end that program, or exclude the folder from virus scans and backups"
        );
        assert!(why.ends_with(&expected), "{why}");
        scanner.kill();
        deliver(&open(&folder.store(), &[]).unwrap(), "kept").unwrap();
    }
}

#[test]
#[ignore = "wine does not apply locks of bytes to reads and writes; this test is for Windows"]
fn locked_bytes_stop_one_commit_only() {
    use std::os::windows::io::AsRawHandle;
    use windows_sys::Win32::Storage::FileSystem::{LockFile, UnlockFile};

    let folder = Folder::new();
    let client = open(&folder.store(), &[]).unwrap();
    deliver(&client, "1").unwrap();
    let log = File::options()
        .read(true)
        .write(true)
        .open(folder.with_suffix("-wal"))
        .unwrap();
    // SAFETY: the handle is open.
    assert_ne!(
        unsafe { LockFile(log.as_raw_handle(), 0, 0, 1 << 30, 0) },
        0
    );
    assert_eq!(deliver(&client, "2").unwrap_err().status(), Status::Store);
    // SAFETY: as above.
    assert_ne!(
        unsafe { UnlockFile(log.as_raw_handle(), 0, 0, 1 << 30, 0) },
        0
    );
    // The writer may still be busy with the failed commit's rollback.
    let begun = Instant::now();
    while deliver(&client, "3").is_err() {
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
    client.close(Duration::from_secs(5)).unwrap();
    drop(client);
    assert_eq!(
        queued_messages(&open(&folder.store(), &[]).unwrap()),
        ["1", "3"]
    );
}

#[test]
fn paths_may_be_unicode_and_long() {
    let deep: String = "a long name of a folder, "
        .repeat(6)
        .trim_end_matches(", ")
        .to_owned();
    for name in [
        "opção ç ã.db".to_owned(),
        "Кириллица.db".to_owned(),
        "𝄞 and 😀.db".to_owned(),
        "olá %41 'x'.db".to_owned(),
        "-".to_owned(),
        ".db".to_owned(),
        format!(r"ã\{deep}\{deep}\{deep}\chat.db"),
        format!(r"{0}\{0}\{0}\{0}\{0}\{0}\{0}\{0}\чат.db", "ж".repeat(120)),
    ] {
        let folder = Folder::new();
        let path = folder.0.join(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let client = open(&path, &[]).unwrap();
        deliver(&client, "kept").unwrap();
        let why = open_error(&path, &[]);
        assert!(why.contains("another client"), "{why}");
        drop(client);
        assert!(path.exists(), "{name}");
        assert_eq!(
            queued_messages(&open(&path, &[]).unwrap()),
            ["kept"],
            "{name}"
        );
    }
}

#[test]
fn each_form_of_a_path_leads_to_the_same_store() {
    let folder = Folder::new();
    let client = open(&folder.store(), &[]).unwrap();
    let path = folder.store().to_str().unwrap().to_owned();
    let (drive, below) = path.split_at(2);
    assert_eq!(&drive[1..], ":");
    let here = std::env::current_dir().unwrap();
    let mut forms = vec![
        path.replace('\\', "/"),
        path.to_uppercase(),
        format!(r"\\?\{path}"),
        format!(r"{}\.\x\..\chat.db", folder.0.display()),
    ];
    if here.to_str().unwrap().starts_with(drive) {
        let up = here.components().skip(2).map(|_| "..");
        let up: Vec<_> = up.collect();
        forms.push(below.to_owned());
        forms.push(format!(r"{drive}{}{below}", up.join(r"\")));
        forms.push(format!(r"{}{below}", up.join(r"\")));
    }
    for form in forms {
        let why = open_error(Path::new(&form), &[]);
        assert!(why.contains("another client"), "{why}");
    }
    deliver(&client, "1").unwrap();
}

#[test]
fn unusable_paths_are_reported() {
    let folder = Folder::new();
    let device = "Windows reserves its name for a device; name a file";
    let character = "which Windows does not allow; name another file";
    let network = "it is on a network drive or share, whose locks and flushes are not reliable; name a file on a local disk";
    for (name, expected) in [
        ("NUL", device),
        ("con.db", device),
        ("Com1", device),
        ("lpt9.chat.db", device),
        ("nul .db", device),
        ("COM¹", device),
        ("chat.db:stream", character),
        ("chat?.db", character),
        ("chat\u{1}.db", character),
        ("chat.db.", character),
        ("chat.db ", character),
        (r"\\server\share\chat.db", network),
        ("//server/share/chat.db", network),
        (r"\\?\UNC\server\share\chat.db", network),
        (r"\\.\pipe\chat", "it is a device or a pipe; name a file"),
        (r"\\.\COM1", "it is a device or a pipe; name a file"),
        (r"new\", "it is a folder; name a file in it"),
        ("new/", "it is a folder; name a file in it"),
        (
            r"none\chat.db",
            "its folder does not exist; create it, or name another",
        ),
        (
            r"%APPDATA%\chat.db",
            "create it, or name another; variables such as %APPDATA% are not replaced",
        ),
    ] {
        let begun = Instant::now();
        let why = open_error(&folder.0.join(name), &[]);
        assert!(why.ends_with(expected), "{name}: {why}");
        // Without a connection to a server.
        assert!(begun.elapsed() < Duration::from_secs(1), "{name}");
    }
    for name in ["COM", "COM12", "console.db", "nulls", "LPTX.db"] {
        open(&folder.0.join(name), &[]).unwrap();
    }
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 10);
}
