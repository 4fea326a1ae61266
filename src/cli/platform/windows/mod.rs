//! The parts of the command that depend on Windows.
//!
//! `process_group` starts the command of the user in a job. `program_path` finds the command by PATH and PATHEXT.
//! `output_pipe` reads its output without blocking. `console_writer` writes to a console in its code page. `signals` are the
//! events of the console.

mod console_writer;
mod output_pipe;
mod process_group;
mod program_path;
mod signals;

pub use console_writer::{hold_own_window, open_output};
pub use output_pipe::{OutputPipe, OutputWatcher};
pub use process_group::ProcessGroup;
pub use program_path::find_program;
pub use signals::Signals;

/// The line that the sandbox writes to the command after a webhook was set. Old runtimes require both characters.
pub const EMPTY_LINE: &[u8] = b"\r\n";
