//! The `omnize` command, for the package's script of that name.

use std::ffi::OsString;

use pyo3::prelude::*;

/// Runs the command with these arguments, the first of which is its own name, and returns the status that the process
/// should end with. Blocks until it is done.
#[pyfunction]
pub fn run_command(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| omnize::cli::run(arguments))
}
