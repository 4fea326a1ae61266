//! Runs a command against the sandbox, and plays the operator who pastes the URLs that it prints into the portal and
//! presses Enter. With scripted customers, ends it when they have gone.

use crate::cli::Failure;
use crate::cli::console::{Address, Screen, locked};
use crate::cli::signals::{Signal, Signals};
use crate::sandbox::{Dialect, Sandbox};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, kill_process_group};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::Notify;

/// What a command that gave no webhook that can be set is left to end by itself.
const EXIT_GRACE_PERIOD: Duration = Duration::from_secs(2);

/// Runs it with `dialect` for its own when there is one. Returns the command's exit status; 128 and the signal's number when a signal ended it.
pub fn run(
    sandbox: &Sandbox,
    screen: &Arc<Mutex<Screen>>,
    command: &[String],
    dialect: Dialect,
) -> Result<u8, Failure> {
    let failed = |error: io::Error| Failure::Run(format!("the command can't be run: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    runtime.block_on(async {
        let signals = Signals::listen().map_err(failed)?;
        let child = spawn(sandbox, command, dialect).map_err(|error| {
            Failure::Run(format!(
                "{:?} can't be run: {error}",
                command.first().map_or("", String::as_str)
            ))
        })?;
        let status = attend(sandbox, screen, child, signals).await;
        locked(screen).finish();
        status
    })
}

fn spawn(sandbox: &Sandbox, command: &[String], dialect: Dialect) -> io::Result<Child> {
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no command"))?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("OMNIZE_TOKEN", sandbox.token())
        .env("OMNIZE_BASE_URL", sandbox.base_url(dialect))
        .env("OMNIZE_DIALECT", dialect.name())
        .env("OMNIZE_SANDBOX_URL", sandbox.url())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // A group of its own: a Ctrl-C then comes to it once, from here, and to all that it has started.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

async fn attend(
    sandbox: &Sandbox,
    screen: &Arc<Mutex<Screen>>,
    mut child: Child,
    mut signals: Signals,
) -> Result<u8, Failure> {
    let failed =
        |error: io::Error| Failure::Run(format!("the command can't be attended to: {error}"));
    let group = group_of(&child);
    let (mut keyboard, output) = pipes(&mut child).map_err(failed)?;
    let found = Arc::new(Notify::new());
    pass_on_lines(screen, output, &found).map_err(failed)?;
    loop {
        tokio::select! {
            status = child.wait() => {
                let status = status.map(exit_status).map_err(failed)?;
                return judge(sandbox, status);
            }
            () = sandbox.customers_gone() => {
                end(&mut child, group).await;
                return judge(sandbox, 0);
            }
            signal = signals.next() => pass(signal, group),
            () = found.notified() => {}
        }
        // Apart, so that the screen is not held while the sandbox, which may be showing an entry, is asked.
        let addresses = locked(screen).take_addresses();
        for address in addresses {
            let (what, url, set) = match &address {
                Address::Webhook(url) => ("webhook", url, sandbox.set_webhook(url)),
                Address::Bot(url) => ("bot", url, sandbox.set_bot(url)),
            };
            if let Err(error) = set {
                end(&mut child, group).await;
                return Err(Failure::Run(format!(
                    "the command was ended, for the line \"{what}: {url}\" that it printed can't be used: {error}; expected \
                     such as {what}: http://127.0.0.1:8080/path"
                )));
            }
            // A command that does not wait for Enter may have closed its standard input.
            let _ = keyboard.write_all(b"\n");
        }
    }
}

/// Asks the command to end. What is still there after it is killed as it is dropped.
async fn end(child: &mut Child, group: Option<Pid>) {
    pass(Signal::Terminate, group);
    let _ = tokio::time::timeout(EXIT_GRACE_PERIOD, child.wait()).await;
}

/// The status, unless a scripted customer got something else than the script says.
fn judge(sandbox: &Sandbox, status: u8) -> Result<u8, Failure> {
    if status != 0 {
        return Ok(status);
    }
    if sandbox.customers_waiting() > 0 {
        return Err(Failure::Run(
            "the command ended before there was a bot for each customer".to_owned(),
        ));
    }
    for (at, customer) in sandbox.customers().into_iter().enumerate() {
        let number = at + 1;
        match (customer.state, customer.error) {
            ("done", _) => {}
            (_, Some(error)) => {
                return Err(Failure::Run(format!("customer {number}: {error}")));
            }
            _ => {
                return Err(Failure::Run(format!(
                    "the command ended before customer {number} was done"
                )));
            }
        }
    }
    Ok(status)
}

/// The command's standard input, and its standard output without waiting.
fn pipes(child: &mut Child) -> io::Result<(File, OwnedFd)> {
    let missing = || io::Error::other("it has no standard input and output");
    let stdin = child.stdin.take().ok_or_else(missing)?.into_owned_fd()?;
    let stdout = child.stdout.take().ok_or_else(missing)?.into_owned_fd()?;
    fcntl_setfl(&stdout, fcntl_getfl(&stdout)? | OFlags::NONBLOCK)?;
    Ok((File::from(stdin), stdout))
}

/// Shows the command's lines as they come. Waits on a thread: a line may be read by the sandbox's thread too, and only
/// a poll that looks at the pipe itself is never confused by that.
fn pass_on_lines(
    screen: &Arc<Mutex<Screen>>,
    output: OwnedFd,
    found: &Arc<Notify>,
) -> io::Result<()> {
    let pipe = output.try_clone()?;
    locked(screen).attach(File::from(output), Arc::clone(found));
    let screen = Arc::clone(screen);
    std::thread::Builder::new()
        .name("omnize-output".to_owned())
        .spawn(move || {
            loop {
                let waited = poll(&mut [PollFd::new(&pipe, PollFlags::IN)], None);
                let interrupted = waited == Err(rustix::io::Errno::INTR);
                if !interrupted && (waited.is_err() || !locked(&screen).pass_on()) {
                    return;
                }
            }
        })?;
    Ok(())
}

fn group_of(child: &Child) -> Option<Pid> {
    child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw)
}

fn pass(signal: Signal, group: Option<Pid>) {
    let signal = match signal {
        Signal::Interrupt => rustix::process::Signal::INT,
        Signal::Terminate => rustix::process::Signal::TERM,
        Signal::Hangup => rustix::process::Signal::HUP,
    };
    // A group that is gone has ended, which the wait for the command tells.
    let _ = group.map(|group| kill_process_group(group, signal));
}

fn exit_status(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(crate::cli::FAILED)
}
