//! The parts of the command that depend on a Unix-like system.
//!
//! `process_group` starts the command of the user and forwards the signals of `signals` to it. `output_pipe` reads its output
//! without blocking. `program_path` and `terminal` need no work here; Windows has its own.

mod output_pipe;
mod process_group;
mod signals;

pub use output_pipe::{OutputPipe, OutputWatcher};
pub use process_group::ProcessGroup;
pub use signals::Signals;

use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

/// The line that the sandbox writes to the command after a webhook was set.
pub const EMPTY_LINE: &[u8] = b"\n";

/// Returns the program as it is: the system searches PATH.
pub fn find_program(name: &OsStr) -> io::Result<PathBuf> {
    Ok(PathBuf::from(name))
}

/// Returns standard output, and whether it can show colours.
pub fn open_output() -> (Box<dyn Write + Send>, bool) {
    let out = io::stdout();
    let is_terminal = out.is_terminal();
    (Box::new(out), is_terminal)
}

/// Does nothing: a terminal stays open after the command.
pub fn hold_own_window() {}
