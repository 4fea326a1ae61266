//! The error of a subcommand, and the exit statuses of `omnize`.

pub const SUCCESS: i32 = 0;
pub const FAILED: i32 = 1;
pub const USAGE: i32 = 2;

/// The reason why a subcommand has failed.
pub enum CommandError {
    /// The command line is wrong. The exit status is `USAGE`.
    Usage(String),
    /// The command line is right, but the execution failed. The exit status is `FAILED`.
    Run(String),
}
