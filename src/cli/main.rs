//! The `omnize` command. One file per verb; a verb returns the status that the command ends with.

#![deny(unsafe_code)]

#[cfg(unix)]
mod operator;
mod sandbox;
mod screen;
mod signals;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Customer chat over the Omnize service.
#[derive(Parser)]
#[command(name = "omnize", version)]
struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Sandbox(sandbox::Arguments),
}

/// Why a verb could not do its work.
enum Failure {
    /// The command line asks for something that can't be.
    Usage(String),
    /// Something failed on the way.
    Run(String),
}

const USAGE: u8 = 2;
const FAILED: u8 = 1;

fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => return refuse(&error),
    };
    let done = match command.verb {
        Verb::Sandbox(arguments) => sandbox::run(arguments),
    };
    match done {
        Ok(status) => ExitCode::from(status),
        Err(Failure::Usage(error)) => fail(&error, USAGE),
        Err(Failure::Run(error)) => fail(&error, FAILED),
    }
}

/// Prints help and version as they are, and of an error one line: its first paragraph.
fn refuse(error: &clap::Error) -> ExitCode {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        // Nobody is left to tell when the output can't be written.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return fail(
            "a verb is missing; omnize --help tells which there are",
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

fn fail(error: &str, status: u8) -> ExitCode {
    eprintln!("omnize: {error}");
    ExitCode::from(status)
}
