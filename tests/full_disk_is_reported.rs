//! If the store's disk is full, each call reports it. A completed outcome is not repeated after a restart, and no call
//! blocks forever. The process limit on file sizes simulates a full disk, so this test starts itself as a new process.

#![cfg(all(feature = "store", unix))]

#[path = "support/http_server.rs"]
mod http_server;
#[path = "support/store_folder.rs"]
mod store_folder;
#[path = "support/test_client.rs"]
mod test_client;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use http_server::{Server, http};
use omnize::config::Config;
use omnize::error::{Delivery, Result};
use omnize::status::Status;
use omnize::wire::Request;
use omnize::{Client, Conversation};
use store_folder::Folder;
use test_client::{attach, next_event};

fn client(base_url: &str, store: &str) -> Client {
    let mut config = Config::new();
    for (name, value) in [("token", "t"), ("base_url", base_url), ("store", store)] {
        config.set(name, value).unwrap();
    }
    Client::open(&config).unwrap()
}

/// A server that responds after a delay.
fn delayed_server() -> Server {
    Server::start(|mut stream, read| {
        while read(&mut stream).is_some() {
            thread::sleep(Duration::from_millis(2500));
            let _ = stream.write_all(http("200 OK", "").as_bytes());
        }
    })
}

/// Starts this program in a role, and waits until it is ready. Returns its last printed line.
fn start_process(role: &str, base_url: &str, folder: &Folder) -> (Child, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "application", "--nocapture"])
        .env("OMNIZE_TEST_ROLE", role)
        .env("OMNIZE_TEST_BASE_URL", base_url)
        .env("OMNIZE_TEST_STORE", folder.store())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let printed = BufReader::new(child.stdout.take().unwrap());
    let ready = |line: std::io::Result<String>| {
        let line = line.unwrap();
        line.split_once("ready")
            .map(|(_, printed)| printed.to_owned())
    };
    let printed = printed.lines().find_map(ready).expect("it is ready");
    (child, printed)
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Makes writes to files of this process fail, or succeed again.
fn set_full(full: bool) {
    let limit = libc::rlimit {
        rlim_cur: if full { 0 } else { libc::RLIM_INFINITY },
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: the limit lives through the call.
    assert_eq!(
        unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) },
        0
    );
}

/// The application that the tests below start. In a normal run, this test returns at once.
#[test]
fn application() {
    let printed = |name: &str| std::env::var(name).unwrap();
    let Ok(role) = std::env::var("OMNIZE_TEST_ROLE") else {
        return;
    };
    // SAFETY: like the standard library for SIGPIPE; no handler is set.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    let client = client(
        &printed("OMNIZE_TEST_BASE_URL"),
        &printed("OMNIZE_TEST_STORE"),
    );
    match &*role {
        "log" => use_client_in_log_callback(client),
        "panic" => use_client_after_store_panic(client),
        _ => block_outcome_write(client, &role),
    }
    std::io::stdin().lines().for_each(drop);
}

fn block_outcome_write(client: Client, role: &str) {
    let chat = attach(&client, "12");
    chat.post(Request::Message("oi".into())).unwrap();
    thread::sleep(Duration::from_millis(1200));
    set_full(true);
    let event = next_event(&client);
    let outcome = event.outcome().expect("an outcome");
    assert_eq!(outcome.delivery, Delivery::Accepted as i32, "{outcome:?}");
    let refused = chat.post(Request::Message("no room".into())).unwrap_err();
    assert_eq!(refused.status(), Status::Store);
    let event = (role != "handled").then_some(event);
    set_full(false);
    if role == "closed" {
        client.close(Duration::from_secs(5)).unwrap();
    } else {
        thread::sleep(Duration::from_millis(1500));
    }
    println!("ready");
    std::mem::forget(event);
    // The process is killed in this state.
    std::io::stdin().lines().for_each(drop);
}

#[test]
fn outcome_handled_on_a_full_disk_is_not_redelivered() {
    let (folder, server) = (Folder::new(), delayed_server());
    let (child, _) = start_process("handled", &server.url, &folder);
    kill(child);
    let client = client(&server.url, folder.store().to_str().unwrap());
    assert!(client.next(Duration::from_secs(1)).unwrap().is_none());
    assert_eq!(server.requests(), 1);
}

#[test]
fn unhandled_outcome_is_redelivered_unchanged() {
    for role in ["unhandled", "closed"] {
        let (folder, server) = (Folder::new(), delayed_server());
        let (child, _) = start_process(role, &server.url, &folder);
        kill(child);
        let client = client(&server.url, folder.store().to_str().unwrap());
        let event = next_event(&client);
        let outcome = event.outcome().expect("an outcome");
        assert_eq!(outcome.delivery, Delivery::Accepted as i32, "{outcome:?}");
        assert!(event.redelivered);
        assert!(client.next(Duration::from_millis(300)).unwrap().is_none());
        assert_eq!(server.requests(), 1);
    }
}

static CLIENT: OnceLock<(Client, Conversation)> = OnceLock::new();
static REPORTS: Mutex<Option<mpsc::Sender<String>>> = Mutex::new(None);

/// A logger whose callback uses the client, on any thread.
struct ClientUsingLog;

impl log::Log for ClientUsingLog {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let message = record.args().to_string();
        if !message.contains("cannot write to the store") {
            return;
        }
        let (client, chat) = CLIENT.get().unwrap();
        if std::env::var("OMNIZE_TEST_ROLE").is_ok_and(|role| role == "panic") {
            panic!("on the store's thread");
        }
        let begun = Instant::now();
        let status =
            |result: Result<()>| result.map_or_else(|error| error.status(), |()| Status::Ok);
        let delivered = status(client.deliver(br#"{"status":"typing","clientId":"1"}"#, None));
        let posted = status(chat.post(Request::Typing).map(drop));
        let closed = status(client.close(Duration::from_secs(1)).map(drop));
        let in_time = begun.elapsed() < Duration::from_secs(4);
        let printed = format!(
            "{} {} {} {in_time}",
            delivered.name(),
            posted.name(),
            closed.name()
        );
        if let Some(sender) = REPORTS.lock().unwrap().take() {
            sender.send(printed).unwrap();
        }
    }

    fn flush(&self) {}
}

fn set_log(client: Client) -> &'static (Client, Conversation) {
    log::set_logger(&ClientUsingLog).unwrap();
    log::set_max_level(log::LevelFilter::Error);
    let chat = attach(&client, "12");
    CLIENT.get_or_init(|| (client, chat))
}

fn use_client_after_store_panic(client: Client) {
    let (client, chat) = set_log(client);
    set_full(true);
    let refused = client.deliver(br#"{"status":"typing","clientId":"1"}"#, None);
    assert_eq!(refused.unwrap_err().status(), Status::Store);
    set_full(false);
    let mut printed = String::new();
    let begun = Instant::now();
    // The thread may still be ending.
    for _ in 0..2 {
        let post = chat.post(Request::Typing).unwrap_err();
        let deliver = client.deliver(br#"{"status":"typing","clientId":"1"}"#, None);
        printed = format!(
            "{} {}",
            post.status().name(),
            deliver.unwrap_err().status().name()
        );
    }
    client.close(Duration::from_secs(5)).unwrap();
    println!(
        "ready{printed} {}",
        begun.elapsed() < Duration::from_secs(4)
    );
}

#[test]
fn calls_do_not_block_after_a_panic_of_the_store_thread() {
    let (folder, server) = (Folder::new(), delayed_server());
    let (child, printed) = start_process("panic", &server.url, &folder);
    kill(child);
    assert_eq!(printed, "OMNIZE_E_STORE OMNIZE_E_STORE true");
}

fn use_client_in_log_callback(client: Client) {
    let (sender, reports) = mpsc::channel();
    *REPORTS.lock().unwrap() = Some(sender);
    let (client, chat) = set_log(client);
    chat.post(Request::Message("on its way".into())).unwrap();
    chat.post(Request::Message("waits".into())).unwrap();
    thread::sleep(Duration::from_millis(1200));
    set_full(true);
    let refused = client.deliver(br#"{"status":"typing","clientId":"1"}"#, None);
    assert_eq!(refused.unwrap_err().status(), Status::Store);
    println!(
        "ready{}",
        reports.recv_timeout(Duration::from_secs(30)).unwrap()
    );
}

#[test]
fn log_callback_on_the_store_thread_may_close_the_client() {
    let (folder, server) = (Folder::new(), delayed_server());
    let (child, printed) = start_process("log", &server.url, &folder);
    kill(child);
    assert_eq!(printed, "OMNIZE_E_STORE OMNIZE_E_STORE OMNIZE_OK true");
}
