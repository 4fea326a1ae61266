//! Standard output as a console of Windows.

use std::io;
use std::os::windows::io::AsRawHandle;
use windows_sys::Win32::System::Console::{
    ENABLE_VIRTUAL_TERMINAL_PROCESSING, GetConsoleMode, GetConsoleProcessList, SetConsoleMode,
};

/// Returns whether standard output is a console, and not a file or a pipe.
pub fn is_console() -> bool {
    mode().is_some()
}

/// Switches on the escape sequences for colours. Returns false if the console has none, as on Windows 7.
pub fn enable_colours() -> bool {
    let Some(mode) = mode() else {
        return false;
    };
    let handle = io::stdout().as_raw_handle();
    // SAFETY: an invalid handle is an error.
    mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0
        || unsafe { SetConsoleMode(handle, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) } != 0
}

/// Returns whether no other process uses the console of this process.
pub fn is_only_process() -> bool {
    let mut processes = [0; 2];
    // SAFETY: the array has two elements.
    unsafe { GetConsoleProcessList(processes.as_mut_ptr(), 2) == 1 }
}

fn mode() -> Option<u32> {
    let mut mode = 0;
    // SAFETY: `mode` is writable, and an invalid handle is an error.
    let result = unsafe { GetConsoleMode(io::stdout().as_raw_handle(), &mut mode) };
    (result != 0).then_some(mode)
}
