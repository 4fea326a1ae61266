//! An account of the sandbox in one dialect, and an application that uses it.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use omnize::config::Config;
use omnize::sandbox::{Departments, Direction, Entry, Options, Sandbox};
use omnize::wire::{Address, Dialect, Kind, Trigger};
use omnize::{Client, Content, EventKind};

/// The longest time that a test waits for an event.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// A file that drop removes.
pub struct StoreFile(PathBuf);

impl StoreFile {
    pub fn new(name: &str) -> Self {
        let place =
            StoreFile(std::env::temp_dir().join(format!("omnize-{}-{name}", std::process::id())));
        place.remove();
        place
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn remove(&self) {
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{suffix}", self.path()));
        }
    }
}

impl Drop for StoreFile {
    fn drop(&mut self) {
        self.remove();
    }
}

/// The sandbox, and the settings that its application needs.
pub struct Account {
    pub sandbox: Sandbox,
    pub dialect: Dialect,
}

impl Account {
    /// Starts a sandbox whose agents of department 1 follow this scenario.
    pub fn with_agent(dialect: Dialect, name: &str, scenario: &str) -> Self {
        let file = StoreFile::new(&format!("{name}-{}.json", dialect.name()));
        fs::write(&file.0, scenario).unwrap();
        let mut departments = Departments::default();
        let added = departments.add(&format!("1={}", file.path()));
        assert!(added.is_ok(), "the scenario {scenario} can't be used");
        departments.add("2=unavailable").ok().unwrap();
        let options = Options {
            departments,
            ..Options::default()
        };
        Account {
            sandbox: Sandbox::start(options).unwrap(),
            dialect,
        }
    }

    /// Starts a sandbox whose agents do nothing until the end.
    pub fn silent(dialect: Dialect, name: &str) -> Self {
        let agent = r#"{"rules":[{"on":"finish","steps":["finish"]}]}"#;
        Account::with_agent(dialect, name, agent)
    }

    /// Opens a client with a webhook.
    pub fn client(&self, options: &[(&str, &str)]) -> Client {
        let mut config = Config::new();
        config.set("token", self.sandbox.token()).unwrap();
        config.set("dialect", self.dialect.name()).unwrap();
        let dialect = match self.dialect {
            Dialect::Rest => omnize::sandbox::Dialect::Rest,
            Dialect::Gateway => omnize::sandbox::Dialect::Gateway,
            Dialect::Interactions => omnize::sandbox::Dialect::Interactions,
        };
        config
            .set("base_url", &self.sandbox.base_url(dialect))
            .unwrap();
        config.set("listen", "127.0.0.1:0").unwrap();
        for (name, value) in options {
            config.set(name, value).unwrap();
        }
        let client = Client::open(&config).unwrap();
        self.sandbox
            .set_webhook(client.webhook_url().unwrap())
            .unwrap();
        client
    }

    /// Returns the requests that the service accepted, by kind.
    pub fn requests(&self) -> Vec<Entry> {
        let transcript = self.sandbox.transcript().into_iter();
        transcript
            .filter(|entry| matches!(entry.direction, Direction::Request))
            .collect()
    }
}

/// Returns a customer of this department.
pub fn address(department: &str, client_id: &str) -> Address {
    Address {
        department: department.into(),
        client_id: client_id.into(),
    }
}

/// Waits for the next trigger.
#[track_caller]
pub fn next(client: &Client) -> Trigger {
    let event = client.next(TIMEOUT).unwrap().expect("an event in time");
    match event.content {
        Content::Trigger(ref trigger) => trigger.clone(),
        Content::Outcome(ref outcome) => panic!("{outcome:?}"),
    }
}

/// Waits for the next trigger, which must have this kind.
#[track_caller]
pub fn next_of_kind(client: &Client, kind: Kind) -> Trigger {
    let trigger = next(client);
    assert_eq!(trigger.kind, kind, "{trigger:?}");
    trigger
}

/// Waits for the outcomes of posted requests, and returns the last one.
#[track_caller]
pub fn outcome(client: &Client) -> omnize::Outcome {
    loop {
        let event = client.next(TIMEOUT).unwrap().expect("an event in time");
        if event.content.kind() == EventKind::Outcome {
            return event.outcome().unwrap().clone();
        }
    }
}
