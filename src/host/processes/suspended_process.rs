//! The start of a process in two steps, so that it can be put into a job before it runs.

use crate::host::processes::{owned, succeeded};
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First, Thread32Next,
};
use windows_sys::Win32::System::Threading::{OpenThread, ResumeThread, THREAD_SUSPEND_RESUME};

pub use windows_sys::Win32::System::Threading::CREATE_SUSPENDED;

/// Resumes a process that was created suspended. The standard library does not return the handle of its thread, so a snapshot
/// of all threads is searched for it.
pub fn resume(process_id: u32) -> io::Result<()> {
    let mut resumed = false;
    for thread in threads(process_id)? {
        // SAFETY: the call has no pointers.
        let handle = owned(unsafe { OpenThread(THREAD_SUSPEND_RESUME, 0, thread) })?;
        // SAFETY: the handle is open, and it may resume the thread.
        if unsafe { ResumeThread(handle.as_raw_handle()) } == u32::MAX {
            return Err(io::Error::last_os_error());
        }
        resumed = true;
    }
    if resumed {
        Ok(())
    } else {
        Err(io::Error::other("the new process has no thread"))
    }
}

/// Returns the ids of the threads of a process.
fn threads(process_id: u32) -> io::Result<Vec<u32>> {
    // SAFETY: the call has no pointers.
    let snapshot = unsafe { CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0) };
    if snapshot == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle is new and has no other owner.
    let snapshot = unsafe { OwnedHandle::from_raw_handle(snapshot) };
    let mut entry = THREADENTRY32 {
        dwSize: size_of::<THREADENTRY32>() as u32,
        ..Default::default()
    };
    // SAFETY: the snapshot is open, and `entry` has its size in its first field.
    succeeded(unsafe { Thread32First(snapshot.as_raw_handle(), &mut entry) })?;
    let mut threads = Vec::new();
    loop {
        if entry.th32OwnerProcessID == process_id {
            threads.push(entry.th32ThreadID);
        }
        // SAFETY: as above. The call fails after the last thread.
        if unsafe { Thread32Next(snapshot.as_raw_handle(), &mut entry) } == 0 {
            return Ok(threads);
        }
    }
}
