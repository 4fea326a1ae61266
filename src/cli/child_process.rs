//! Runs the command of the user with the sandbox.
//!
//! If the command prints a webhook or bot URL, this file sets it in the portal, as an operator would. It then writes a
//! newline to the command's standard input. With scripted customers, it ends the command after their scripts.

use crate::cli::command_error::CommandError;
use crate::cli::console::{Console, PrintedUrl, lock_console};
use crate::cli::platform::{
    EMPTY_LINE, OutputPipe, OutputWatcher, ProcessGroup, Signals, find_program,
};
use crate::sandbox::{Dialect, Sandbox};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use tokio::process::{Child, Command};
use tokio::sync::Notify;

/// Runs the command. Returns its exit status.
pub fn run(
    sandbox: &Sandbox,
    console: &Arc<Mutex<Console>>,
    command: &[OsString],
    dialect: Dialect,
) -> Result<i32, CommandError> {
    let failed =
        |error: io::Error| CommandError::Run(format!("running the command failed: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    runtime.block_on(async {
        let signals = Signals::listen().map_err(failed)?;
        let (child, group) = start(sandbox, command, dialect).map_err(|error| {
            CommandError::Run(format!(
                "running {:?} failed: {error}",
                command
                    .first()
                    .map_or_else(Default::default, |name| name.to_string_lossy())
            ))
        })?;
        let status = supervise(sandbox, console, (child, group), signals).await;
        lock_console(console).flush();
        status
    })
}

fn start(
    sandbox: &Sandbox,
    command: &[OsString],
    dialect: Dialect,
) -> io::Result<(Child, ProcessGroup)> {
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no command"))?;
    let mut command = Command::new(find_program(program)?);
    command
        .args(arguments)
        .env("OMNIZE_TOKEN", sandbox.token())
        .env("OMNIZE_BASE_URL", sandbox.base_url(dialect))
        .env("OMNIZE_DIALECT", dialect.name())
        .env("OMNIZE_SANDBOX_URL", sandbox.url())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    ProcessGroup::start(&mut command)
}

async fn supervise(
    sandbox: &Sandbox,
    console: &Arc<Mutex<Console>>,
    (mut child, group): (Child, ProcessGroup),
    mut signals: Signals,
) -> Result<i32, CommandError> {
    let failed =
        |error: io::Error| CommandError::Run(format!("supervising the command failed: {error}"));
    let (mut input, output) = pipes(&mut child).map_err(failed)?;
    let found = Arc::new(Notify::new());
    forward_output(console, output, &found).map_err(failed)?;
    loop {
        tokio::select! {
            status = child.wait() => {
                let status = status.map(|status| group.release(status)).map_err(failed)?;
                return final_status(sandbox, status);
            }
            () = sandbox.wait_for_customers() => {
                group.terminate(&mut child, input).await;
                return final_status(sandbox, 0);
            }
            signal = signals.next() => group.forward(signal),
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
                group.terminate(&mut child, input).await;
                return Err(CommandError::Run(format!(
                    "the command was ended, because the URL in its line \"{name}: {url}\" is invalid: {error}; expected for example \
                     {name}: http://127.0.0.1:8080/path"
                )));
            }
            // Fails if the command has closed its standard input; it then needs no newline.
            let _ = input.write_all(EMPTY_LINE);
        }
    }
}

/// Returns the command's exit status, or an error if a customer's script failed or did not end.
fn final_status(sandbox: &Sandbox, status: i32) -> Result<i32, CommandError> {
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

/// Returns the command's standard input and output.
fn pipes(child: &mut Child) -> io::Result<(File, OutputPipe)> {
    let missing = || io::Error::other("it has no standard input or output");
    let stdin = child.stdin.take().ok_or_else(missing)?;
    let stdout = child.stdout.take().ok_or_else(missing)?;
    Ok((ProcessGroup::input(stdin)?, OutputPipe::new(stdout)?))
}

/// Forwards the command's output as it arrives. A thread waits for the pipe, because the sandbox's thread reads the pipe too,
/// and only a read without blocking sees its current state.
fn forward_output(
    console: &Arc<Mutex<Console>>,
    output: OutputPipe,
    found: &Arc<Notify>,
) -> io::Result<()> {
    let watcher = output.watcher()?;
    lock_console(console).attach(Box::new(output), Arc::clone(found));
    let console = Arc::clone(console);
    std::thread::Builder::new()
        .name("omnize-output".to_owned())
        .spawn(move || forward_until_the_end(&console, &watcher))?;
    Ok(())
}

fn forward_until_the_end(console: &Mutex<Console>, watcher: &OutputWatcher) {
    while watcher.wait().is_ok() && lock_console(console).forward_lines() {}
}
