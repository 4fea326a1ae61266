//! The parts of the command that depend on the system. `unix` and `windows` have the same items: the start and the end of the
//! command of the user, its output, the search for it, signals, and the terminal.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;
