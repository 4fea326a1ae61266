//! Runs the command of the user with the sandbox.
//!
//! If the command prints a webhook or bot URL, this file sets it in the portal, as an operator would. It then writes a
//! newline to the command's standard input. With scripted customers, it ends the command after their scripts.

use crate::cli::command_error::{CommandError, FAILED};
use crate::cli::console::{Console, PrintedUrl, lock_console};
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

/// The time between SIGTERM and SIGKILL.
const EXIT_GRACE_PERIOD: Duration = Duration::from_secs(2);

/// Runs the command. Returns its exit status, or 128 plus the number of the signal that ended it.
pub fn run(
    sandbox: &Sandbox,
    console: &Arc<Mutex<Console>>,
    command: &[String],
    dialect: Dialect,
) -> Result<u8, CommandError> {
    let failed =
        |error: io::Error| CommandError::Run(format!("running the command failed: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    runtime.block_on(async {
        let signals = Signals::listen().map_err(failed)?;
        let child = spawn(sandbox, command, dialect).map_err(|error| {
            CommandError::Run(format!(
                "running {:?} failed: {error}",
                command.first().map_or("", String::as_str)
            ))
        })?;
        let status = supervise(sandbox, console, child, signals).await;
        lock_console(console).flush();
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
        // Its own process group, so that Ctrl-C reaches the command and its children once, through this process.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

async fn supervise(
    sandbox: &Sandbox,
    console: &Arc<Mutex<Console>>,
    mut child: Child,
    mut signals: Signals,
) -> Result<u8, CommandError> {
    let failed =
        |error: io::Error| CommandError::Run(format!("supervising the command failed: {error}"));
    let group = process_group(&child);
    let (mut stdin, output) = pipes(&mut child).map_err(failed)?;
    let found = Arc::new(Notify::new());
    forward_output(console, output, &found).map_err(failed)?;
    loop {
        tokio::select! {
            status = child.wait() => {
                let status = status.map(exit_status).map_err(failed)?;
                return final_status(sandbox, status);
            }
            () = sandbox.wait_for_customers() => {
                terminate(&mut child, group).await;
                return final_status(sandbox, 0);
            }
            signal = signals.next() => forward_signal(signal, group),
            () = found.notified() => {}
        }
        // A separate statement, so that the console is unlocked while the sandbox, which may print an entry, is called.
        let urls = lock_console(console).take_urls();
        for printed_url in urls {
            let (name, url, result) = match &printed_url {
                PrintedUrl::Webhook(url) => ("webhook", url, sandbox.set_webhook(url)),
                PrintedUrl::Bot(url) => ("bot", url, sandbox.set_bot(url)),
            };
            if let Err(error) = result {
                terminate(&mut child, group).await;
                return Err(CommandError::Run(format!(
                    "the command was ended, because the URL in its line \"{name}: {url}\" is invalid: {error}; expected for example \
                     {name}: http://127.0.0.1:8080/path"
                )));
            }
            // Fails if the command has closed its standard input; it then needs no newline.
            let _ = stdin.write_all(b"\n");
        }
    }
}

/// Sends SIGTERM to the command. If it does not exit within the grace period, the drop of `child` kills it.
async fn terminate(child: &mut Child, group: Option<Pid>) {
    forward_signal(Signal::Terminate, group);
    let _ = tokio::time::timeout(EXIT_GRACE_PERIOD, child.wait()).await;
}

/// Returns the command's exit status, or an error if a customer's script failed or did not end.
fn final_status(sandbox: &Sandbox, status: u8) -> Result<u8, CommandError> {
    if status != 0 {
        return Ok(status);
    }
    if sandbox.pending_customers() > 0 {
        return Err(CommandError::Run(
            "the command ended before every customer's department had a bot".to_owned(),
        ));
    }
    for (at, customer) in sandbox.customer_reports().into_iter().enumerate() {
        let number = at + 1;
        match (customer.state, customer.error) {
            ("done", _) => {}
            (_, Some(error)) => {
                return Err(CommandError::Run(format!("customer {number}: {error}")));
            }
            _ => {
                return Err(CommandError::Run(format!(
                    "the command ended before the script of customer {number} ended"
                )));
            }
        }
    }
    Ok(status)
}

/// Returns the command's standard input, and its standard output in non-blocking mode.
fn pipes(child: &mut Child) -> io::Result<(File, OwnedFd)> {
    let missing = || io::Error::other("it has no standard input or output");
    let stdin = child.stdin.take().ok_or_else(missing)?.into_owned_fd()?;
    let stdout = child.stdout.take().ok_or_else(missing)?.into_owned_fd()?;
    fcntl_setfl(&stdout, fcntl_getfl(&stdout)? | OFlags::NONBLOCK)?;
    Ok((File::from(stdin), stdout))
}

/// Forwards the command's output as it arrives. A thread polls the pipe, because the sandbox's thread reads the pipe too,
/// and only a poll sees its current state.
fn forward_output(
    console: &Arc<Mutex<Console>>,
    output: OwnedFd,
    found: &Arc<Notify>,
) -> io::Result<()> {
    let pipe = output.try_clone()?;
    lock_console(console).attach(File::from(output), Arc::clone(found));
    let console = Arc::clone(console);
    std::thread::Builder::new()
        .name("omnize-output".to_owned())
        .spawn(move || {
            loop {
                let result = poll(&mut [PollFd::new(&pipe, PollFlags::IN)], None);
                let interrupted = result == Err(rustix::io::Errno::INTR);
                if !interrupted && (result.is_err() || !lock_console(&console).forward_lines()) {
                    return;
                }
            }
        })?;
    Ok(())
}

fn process_group(child: &Child) -> Option<Pid> {
    child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw)
}

fn forward_signal(signal: Signal, group: Option<Pid>) {
    let signal = match signal {
        Signal::Interrupt => rustix::process::Signal::INT,
        Signal::Terminate => rustix::process::Signal::TERM,
        Signal::Hangup => rustix::process::Signal::HUP,
    };
    // Fails if the process group has ended; the wait for the command reports that.
    let _ = group.map(|group| kill_process_group(group, signal));
}

fn exit_status(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(FAILED)
}
