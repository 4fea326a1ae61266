//! The `omnize` command, as a function: a program of its own calls it (`main.rs`), and so does the Python module, whose
//! wheel brings the command along. One file per verb; a verb returns the status that the command ends with.

#[cfg(unix)]
mod child_process;
mod console;
mod sandbox;
mod signals;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::io::{self, Write};

/// Customer chat over the Omnize service.
#[derive(Parser)]
#[command(name = "omnize", version)]
struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Sandbox(crate::cli::sandbox::Arguments),
}

/// Why a verb could not do its work.
enum Failure {
    /// The command line asks for something that can't be.
    Usage(String),
    /// Something failed on the way.
    Run(String),
}

const SUCCESS: u8 = 0;
const USAGE: u8 = 2;
const FAILED: u8 = 1;

/// Runs the command and returns the status that its process should end with. The first argument is the command's own
/// name. Reads standard input, writes standard output and error, and blocks until the command is done.
///
/// While a verb runs, SIGINT, SIGTERM and SIGHUP end the verb and not the process; a handler that was there before is
/// called as well. Must not be called on a thread that drives a tokio runtime.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let status = obey(arguments);
    // A process that was not begun by Rust's own runtime ends without doing this. Nobody is left to tell when it fails.
    let _ = io::stdout().flush();
    status
}

fn obey(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let command = match Command::try_parse_from(arguments) {
        Ok(command) => command,
        Err(error) => return refuse(&error),
    };
    let done = match command.verb {
        Verb::Sandbox(arguments) => crate::cli::sandbox::run(arguments),
    };
    match done {
        Ok(status) => status,
        Err(Failure::Usage(error)) => fail(&error, USAGE),
        Err(Failure::Run(error)) => fail(&error, FAILED),
    }
}

/// Prints help and version as they are, and of an error one line: its first paragraph.
fn refuse(error: &clap::Error) -> u8 {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        // Nobody is left to tell when the output can't be written.
        let _ = error.print();
        return SUCCESS;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return fail(
            "a command is missing; omnize --help tells which there are",
            USAGE,
        );
    }
    let text = error.to_string();
    let paragraph: Vec<&str> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let line = paragraph.join(" ");
    fail(line.strip_prefix("error: ").unwrap_or(&line), USAGE)
}

fn fail(error: &str, status: u8) -> u8 {
    eprintln!("omnize: {error}");
    status
}
