//! A message that is posted to a window of the application, as `PostMessage` does.
//!
//! `user32.dll` is loaded when the application asks for messages. A program without windows, such as a service, never loads it.

use std::ffi::c_void;
use std::io;
use std::mem;

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_INVALID_WINDOW_HANDLE, GetLastError,
};
use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LoadLibraryW};
use windows_sys::core::{BOOL, PCSTR, s, w};

use crate::error::{Error, Result};
use crate::host::wake::PostResult;
use crate::status::Status;

/// The first and the last number of an application's own messages: `WM_USER`, and the end of registered messages.
const FIRST_MESSAGE: u32 = 0x0400;
const LAST_MESSAGE: u32 = 0xFFFF;

type IsWindow = unsafe extern "system" fn(*mut c_void) -> BOOL;
type PostMessage = unsafe extern "system" fn(*mut c_void, u32, usize, isize) -> BOOL;

/// A message for a window of the application.
#[derive(Debug)]
pub struct WindowMessage {
    window: *mut c_void,
    message: u32,
    post: PostMessage,
}

// SAFETY: a window's handle is a number, and every thread may post to a window.
unsafe impl Send for WindowMessage {}

impl WindowMessage {
    /// Whether this system has window messages.
    pub const IS_SUPPORTED: bool = true;

    /// Creates a message for a window; `None` for no window.
    ///
    /// # Errors
    /// [`Status::Argument`]: the window does not exist, or the number belongs to the system's messages. [`Status::System`]: the
    /// process can't load `user32.dll`.
    pub fn new(window: *mut c_void, message: u32) -> Result<Option<Self>> {
        if window.is_null() {
            return Ok(None);
        }
        if !(FIRST_MESSAGE..=LAST_MESSAGE).contains(&message) {
            return Err(Error::new(
                Status::Argument,
                format!(
                    "message is {message}; pass a number from WM_USER (1024) to 65535, for example WM_APP (32768)"
                ),
            ));
        }
        // SAFETY: both functions have these types in every version of Windows.
        let (is_window, post) = unsafe {
            (
                mem::transmute::<unsafe extern "system" fn() -> isize, IsWindow>(function(s!(
                    "IsWindow"
                ))?),
                mem::transmute::<unsafe extern "system" fn() -> isize, PostMessage>(function(s!(
                    "PostMessageW"
                ))?),
            )
        };
        // SAFETY: the function takes any value.
        if unsafe { is_window(window) } == 0 {
            return Err(Error::new(
                Status::Argument,
                "window is not the handle of an existing window; pass the HWND of a window, or NULL to end the messages",
            ));
        }
        Ok(Some(WindowMessage {
            window,
            message,
            post,
        }))
    }

    /// Posts the message.
    pub fn post(&self) -> PostResult {
        // SAFETY: the function takes any value for a window, and reports a wrong one.
        if unsafe { (self.post)(self.window, self.message, 0, 0) } != 0 {
            return PostResult::Posted;
        }
        // SAFETY: it takes nothing.
        match unsafe { GetLastError() } {
            ERROR_INVALID_WINDOW_HANDLE | ERROR_ACCESS_DENIED => PostResult::NoWindow,
            // The window's thread has 10 000 messages to handle.
            _ => PostResult::Full,
        }
    }
}

/// Returns a function of `user32.dll`, which stays loaded.
fn function(name: PCSTR) -> Result<unsafe extern "system" fn() -> isize> {
    // Windows loads this name from its own folder only, because it is one of the known libraries.
    // SAFETY: the name ends with a NUL.
    let library = unsafe { LoadLibraryW(w!("user32.dll")) };
    let found = if library.is_null() {
        None
    } else {
        // SAFETY: the library is loaded, and the name ends with a NUL.
        unsafe { GetProcAddress(library, name) }
    };
    found.ok_or_else(|| {
        Error::new(
            Status::System,
            format!(
                "user32.dll can't be loaded, and window messages need it: {}",
                io::Error::last_os_error()
            ),
        )
    })
}
