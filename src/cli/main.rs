//! The `omnize` program.

#![deny(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(omnize::cli::run(std::env::args_os()))
}
