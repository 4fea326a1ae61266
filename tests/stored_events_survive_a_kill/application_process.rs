//! The application under test: this test program in another role, in its own process, so that it can be killed.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use omnize::Event;

use super::{open, text};

/// A running application process.
pub struct ApplicationProcess {
    process: Child,
    stdin: Option<ChildStdin>,
    /// Kept open, so that the application can write at its end.
    _stdout: BufReader<ChildStdout>,
    host: String,
    path: String,
}

impl ApplicationProcess {
    /// Starts an application that records the events that it handles.
    pub fn start(store: &Path, ledger: &Path) -> Self {
        let mut command = Self::command(store);
        command.env("OMNIZE_TEST_LEDGER", ledger);
        Self::spawn(command)
    }

    /// Starts an application that accepts triggers, handles none, and cannot create files larger than this many KiB.
    pub fn start_limited(store: &Path, kib: u32) -> Self {
        let own = Self::command(store);
        let mut command = Command::new("sh");
        // dash counts in blocks of 512 bytes. The signal of a larger write must become an error.
        command
            .arg("-c")
            .arg(format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", kib * 2))
            .arg("sh");
        command.arg(own.get_program()).args(own.get_args());
        command.envs(
            own.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        Self::spawn(command)
    }

    fn command(store: &Path) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "application_process::application", "--nocapture"])
            .env("OMNIZE_TEST_STORE", store);
        command
    }

    fn spawn(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let url = loop {
            let mut line = String::new();
            assert!(
                stdout.read_line(&mut line).unwrap() > 0,
                "the application ended"
            );
            if let Some((_, url)) = line.split_once("webhook: http://") {
                break url.trim_end().to_owned();
            }
        };
        let (host, path) = url.split_once('/').unwrap();
        ApplicationProcess {
            stdin: process.stdin.take(),
            _stdout: stdout,
            process,
            host: host.to_owned(),
            path: format!("/{path}"),
        }
    }

    /// Connects to its webhook. Returns `None` if it does not listen.
    pub fn connect(&self) -> Option<WebhookConnection> {
        let stream = TcpStream::connect(&self.host).ok()?;
        stream.set_nodelay(true).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        Some(WebhookConnection {
            responses: BufReader::new(stream.try_clone().unwrap()),
            stream,
            path: self.path.clone(),
        })
    }

    /// Posts a trigger. Returns the status of the response, or `None` without one.
    pub fn post(&self, body: &str) -> Option<u16> {
        self.connect()?.post(body)
    }

    /// Sends SIGKILL at once.
    pub fn send_kill(&self) {
        let status = Command::new("kill")
            .arg("-9")
            .arg(self.process.id().to_string())
            .status();
        assert!(status.unwrap().success());
    }

    /// Kills the process if it still runs.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        self.process.wait().unwrap();
    }

    /// Lets it handle its events and close.
    pub fn finish(&mut self) {
        drop(self.stdin.take());
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for ApplicationProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A connection to the application's webhook.
pub struct WebhookConnection {
    stream: TcpStream,
    responses: BufReader<TcpStream>,
    path: String,
}

impl WebhookConnection {
    /// Returns the status of the response, or `None` without one.
    pub fn post(&mut self, body: &str) -> Option<u16> {
        let request = format!(
            "POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
            self.path,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).ok()?;
        let mut status = None;
        loop {
            let mut line = String::new();
            if self.responses.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if status.is_none() {
                status = line.get(9..12)?.parse().ok();
            }
            if line == "\r\n" {
                return status;
            }
        }
    }
}

/// The application that other tests start and kill. In a normal run, this test returns at once.
#[test]
fn application() {
    let Ok(store) = std::env::var("OMNIZE_TEST_STORE") else {
        return;
    };
    let options = [("listen", "127.0.0.1:0"), ("dispatch.threads", "2")];
    let client = open(Path::new(&store), &options).unwrap();
    if let Ok(ledger) = std::env::var("OMNIZE_TEST_LEDGER") {
        let ledger = std::sync::Mutex::new(fs::File::create(ledger).unwrap());
        let handler = move |event: &Arc<Event>| {
            let line = format!(
                "{} {} {}\n",
                event.trigger().unwrap().client_id,
                text(event),
                u8::from(event.redelivered)
            );
            ledger.lock().unwrap().write_all(line.as_bytes()).unwrap();
        };
        client
            .subscribe(Default::default(), Box::new(handler))
            .unwrap();
        client.dispatch().unwrap();
    }
    println!("\nwebhook: {}", client.webhook_url().unwrap());
    std::io::stdin().lines().for_each(drop);
    let left = client.close(Duration::from_secs(60)).unwrap();
    assert_eq!(left.events, 0);
}
