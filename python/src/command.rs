//! The `omnize` command, for the package's script of the same name.

use std::ffi::OsString;

use pyo3::prelude::*;

/// Runs the command. `arguments` begins with the name of the command. Returns the exit status of the process. Blocks until the
/// command ends.
#[pyfunction]
pub fn run_command(py: Python<'_>, arguments: Vec<OsString>) -> i32 {
    py.detach(|| omnize::cli::run(arguments))
}
