//! The `omnize` command as a function. The program in `main.rs` calls it, and so does the Python module, whose wheel contains
//! the command.
//!
//! `run` parses the arguments and calls a subcommand. The only subcommand is `sandbox_command`: it starts a sandbox and, in
//! `child_process`, the command of the user. `console` prints the requests and triggers and the output of that command.
//! `platform` has processes, pipes, signals and terminals. Each subcommand returns an exit status or a `CommandError`.

mod child_process;
mod command_error;
mod console;
mod platform;
mod sandbox_command;

use crate::cli::command_error::{CommandError, FAILED, SUCCESS, USAGE};
use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::io::{self, Write};

/// Customer chat over the Omnize service.
#[derive(Parser)]
#[command(name = "omnize", version)]
struct Command {
    #[command(subcommand)]
    subcommand: CliSubcommand,
}

#[derive(Subcommand)]
enum CliSubcommand {
    Sandbox(crate::cli::sandbox_command::Arguments),
}

/// Runs the command and returns the exit status for the process: 0 to 255, and on Windows any number. The first argument is the name of the command. It reads
/// standard input, writes to standard output and standard error, and blocks until the command has ended.
///
/// While a subcommand runs, SIGINT, SIGTERM and SIGHUP, or on Windows the events of the console, end the subcommand and not the
/// process. Existing signal handlers are called too. This function must not be called on a thread that runs a tokio runtime.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> i32 {
    let status = run_subcommand(arguments);
    // Rust's runtime flushes only in a Rust program, and the Python module calls this function too. Errors are ignored,
    // because there is no other output to report them to.
    let _ = io::stdout().flush();
    status
}

fn run_subcommand(arguments: impl IntoIterator<Item = OsString>) -> i32 {
    let command = match Command::try_parse_from(arguments) {
        Ok(command) => command,
        Err(error) => return print_clap_error(&error),
    };
    let result = match command.subcommand {
        CliSubcommand::Sandbox(arguments) => crate::cli::sandbox_command::run(arguments),
    };
    match result {
        Ok(status) => status,
        Err(CommandError::Usage(error)) => print_error(&error, USAGE),
        Err(CommandError::Run(error)) => print_error(&error, FAILED),
    }
}

/// Prints help and version unchanged. Prints an error as one line: its first paragraph.
fn print_clap_error(error: &clap::Error) -> i32 {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        // Errors are ignored, because there is no other output to report them to.
        let _ = error.print();
        return SUCCESS;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let status = print_error(
            "a subcommand is missing; omnize --help lists the subcommands",
            USAGE,
        );
        platform::hold_own_window();
        return status;
    }
    let text = error.to_string();
    let paragraph: Vec<&str> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let line = paragraph.join(" ");
    print_error(line.strip_prefix("error: ").unwrap_or(&line), USAGE)
}

fn print_error(error: &str, status: i32) -> i32 {
    eprintln!("omnize: {error}");
    status
}
