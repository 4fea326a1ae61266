//! The application under test: this test program in another role, in its own process, so that it can be killed.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use omnize::config::Config;
use omnize::status::Status;
use omnize::wire::{Address, Request};
use omnize::{Client, Event};

use super::Folder;
use super::application_records::{Ledger, Written};
use super::random::Random;

/// The number of threads that post. Each has its own interactions, so that their order is known.
const POSTING_THREADS: usize = 8;

/// The settings that all processes of a run share.
pub struct RunSettings<'a> {
    pub folder: &'a Folder,
    pub base_url: &'a str,
    pub on_unknown: &'a str,
    pub messages: usize,
    pub interactions: usize,
}

impl RunSettings<'_> {
    /// Starts the application. The last process posts the remaining messages, waits for all outcomes, and closes.
    pub fn start(&self, is_last: bool) -> ApplicationProcess {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "application_process::application", "--nocapture"])
            .env("OMNIZE_TEST_FOLDER", &self.folder.0)
            .env("OMNIZE_TEST_BASE_URL", self.base_url)
            .env("OMNIZE_TEST_ON_UNKNOWN", self.on_unknown)
            .env("OMNIZE_TEST_MESSAGES", self.messages.to_string())
            .env("OMNIZE_TEST_INTERACTIONS", self.interactions.to_string())
            .env("OMNIZE_TEST_LAST", if is_last { "1" } else { "0" })
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        ApplicationProcess(command.spawn().unwrap())
    }
}

/// A running application process.
pub struct ApplicationProcess(Child);

impl ApplicationProcess {
    /// Sends SIGKILL. When it returns, the connections are closed.
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        self.0.wait().unwrap();
    }

    /// Returns whether the process succeeded; `None` while it runs.
    pub fn exit_success(&mut self) -> Option<bool> {
        self.0.try_wait().unwrap().map(|status| status.success())
    }
}

impl Drop for ApplicationProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

fn environment_value(name: &str) -> String {
    std::env::var(name).unwrap()
}

/// The application that other tests start and kill. In a normal run, this test returns at once.
#[test]
fn application() {
    let Ok(folder) = std::env::var("OMNIZE_TEST_FOLDER") else {
        return;
    };
    let folder = Path::new(&folder);
    let path = folder.join("ledger");
    let before = Written::read(&path);
    let ledger = Arc::new(Ledger::open(&path));
    let client = open(folder);
    let outcomes = ledger.clone();
    let handler = move |event: &Arc<Event>| outcomes.record_outcome(event);
    client
        .subscribe(Default::default(), Box::new(handler))
        .unwrap();
    client.dispatch().unwrap();
    post(&client, &ledger, &before);
    if environment_value("OMNIZE_TEST_LAST") == "0" {
        // Blocks until it is killed, or until its parent ends.
        std::io::stdin().lines().for_each(drop);
        return;
    }
    let left = client.close(Duration::from_secs(300)).unwrap();
    assert_eq!((left.events, left.requests), (0, 0));
}

fn open(folder: &Path) -> Client {
    let mut config = Config::new();
    let store = folder.join("store.db");
    for (name, value) in [
        ("token", "t"),
        ("store", store.to_str().unwrap()),
        ("base_url", &environment_value("OMNIZE_TEST_BASE_URL")),
        ("on_unknown", &environment_value("OMNIZE_TEST_ON_UNKNOWN")),
        ("timeout", "500"),
        ("retry.posted", "1500"),
        // Small enough to be full now and then.
        ("outbox.capacity", "500"),
        ("outbox.connections", "16"),
        ("dispatch.threads", "2"),
    ] {
        config.set(name, value).unwrap();
    }
    Client::open(&config).unwrap()
}

/// Posts the messages that earlier processes did not post.
fn post(client: &Client, ledger: &Ledger, before: &Written) {
    let interactions: usize = environment_value("OMNIZE_TEST_INTERACTIONS")
        .parse()
        .unwrap();
    let messages: usize = environment_value("OMNIZE_TEST_MESSAGES").parse().unwrap();
    let posted = AtomicUsize::new(before.tried);
    thread::scope(|scope| {
        for poster in 0..POSTING_THREADS {
            let posted = &posted;
            scope.spawn(move || {
                let own: Vec<_> = (poster..interactions)
                    .step_by(POSTING_THREADS)
                    .map(|interaction| {
                        let address = Address {
                            department: "1".into(),
                            client_id: interaction.to_string(),
                        };
                        client.attach(address).unwrap()
                    })
                    .collect();
                let mut last: Vec<_> = (poster..interactions)
                    .step_by(POSTING_THREADS)
                    .map(|interaction| before.last_tried.get(&interaction).copied().unwrap_or(0))
                    .collect();
                let mut random = Random::new((before.tried * POSTING_THREADS + poster) as u64);
                while posted.fetch_add(1, Ordering::Relaxed) < messages {
                    let pick = random.below(own.len());
                    let interaction = poster + pick * POSTING_THREADS;
                    last[pick] += 1;
                    ledger.tries(interaction, last[pick]);
                    let ticket = loop {
                        match own[pick].post(Request::Message(last[pick].to_string().into())) {
                            Ok(ticket) => break ticket,
                            Err(error) if error.status() == Status::Full => {
                                thread::sleep(Duration::from_millis(5));
                            }
                            Err(error) => panic!("{error}"),
                        }
                    };
                    ledger.posted(interaction, last[pick], ticket);
                }
            });
        }
    });
}
