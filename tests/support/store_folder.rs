//! A folder for a test's stores, clients for them, and this test program as a child process.

#![allow(dead_code)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use omnize::config::Config;
use omnize::error::Result;
use omnize::{Client, Event};

/// A folder for the files of one test. Drop removes it.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let name = format!("omnize-store-{}-{number}", std::process::id());
        // Tests compare paths with messages, so the path must not contain links. On Windows, a path without links has a form
        // that accepts no slashes.
        let folder = match cfg!(windows) {
            true => std::path::absolute(std::env::temp_dir()),
            false => std::env::temp_dir().canonicalize(),
        };
        let folder = folder.unwrap().join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    /// Returns the path of the store.
    pub fn store(&self) -> PathBuf {
        self.0.join("chat.db")
    }

    /// Writes a file in the folder, and returns its path.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Returns the path of a file next to the store.
    pub fn with_suffix(&self, suffix: &str) -> PathBuf {
        self.0.join(format!("chat.db{suffix}"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Opens a client with a store at this path.
pub fn open(store: &Path, options: &[(&str, &str)]) -> Result<Client> {
    let mut config = Config::new();
    let store = store.to_str().unwrap();
    let own = [
        ("token", "t"),
        ("base_url", "http://127.0.0.1:1/"),
        ("store", store),
    ];
    for (name, value) in own.iter().chain(options) {
        config.set(name, value)?;
    }
    Client::open(&config)
}

/// Returns the message of the error with which a client cannot be opened.
pub fn open_error(store: &Path, options: &[(&str, &str)]) -> String {
    let error = open(store, options).unwrap_err();
    assert_eq!(error.status(), omnize::status::Status::Store, "{error}");
    error.message().to_owned()
}

/// Delivers a message.
pub fn deliver(client: &Client, text: &str) -> Result<()> {
    let body = format!(r#"{{"message":"{text}","clientId":"12"}}"#);
    client.deliver(body.as_bytes(), None)
}

/// Returns the text of a message event.
pub fn text(event: &Event) -> String {
    event.trigger().unwrap().text.clone().unwrap()
}

/// Returns the texts of all queued messages.
pub fn queued_messages(client: &Client) -> Vec<String> {
    let next = || client.next(Duration::ZERO).unwrap();
    std::iter::from_fn(next).map(|event| text(&event)).collect()
}

/// This program in the role `role`, as a child process that reports line by line.
pub struct ChildProcess {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl ChildProcess {
    pub fn start(role: &str, store: &Path) -> Self {
        Self::spawn(Self::command(role, store))
    }

    pub fn command(role: &str, store: &Path) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "process", "--nocapture"])
            .env("OMNIZE_TEST_ROLE", role)
            .env("OMNIZE_TEST_STORE", store);
        command
    }

    pub fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        ChildProcess { child, lines }
    }

    /// Reads the next report of the child.
    pub fn read_report(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "it has ended");
            if let Some((_, report)) = line.split_once("report: ") {
                return report.trim_end().to_owned();
            }
        }
    }

    /// Ends the child's input, and waits until it has ended with success.
    pub fn wait_for_success(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }

    /// Sends SIGKILL, and waits for the end.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Returns the role and the store of this process, if a test started it.
pub fn child_role() -> Option<(String, PathBuf)> {
    let role = std::env::var("OMNIZE_TEST_ROLE").ok()?;
    Some((role, std::env::var_os("OMNIZE_TEST_STORE").unwrap().into()))
}

pub fn report(what: &str) {
    println!("\nreport: {what}");
}

/// Blocks until the process is killed.
pub fn wait_until_killed() {
    std::io::stdin().lines().for_each(drop);
}
