//! Child processes on Windows: jobs, suspended processes, and pipes that are read without blocking.

pub mod job_object;
pub mod overlapped_reader;
pub mod suspended_process;

use std::io;
use std::os::windows::io::{FromRawHandle, OwnedHandle};
use windows_sys::Win32::Foundation::HANDLE;

/// Takes the handle that a system call has returned, or the error of that call if it is null.
fn owned(handle: HANDLE) -> io::Result<OwnedHandle> {
    if handle.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the callers pass a new handle, which has no other owner.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// Converts the result of a system call.
fn succeeded(result: windows_sys::core::BOOL) -> io::Result<()> {
    if result == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
