//! An event object of Windows that is signalled while events are queued, for `WaitForMultipleObjects` and similar functions.

use std::ffi::c_void;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr::{self, NonNull};

use windows_sys::Win32::System::Threading::{CreateEventW, ResetEvent, SetEvent};

/// A manual-reset event.
#[derive(Debug)]
pub struct Wake(OwnedHandle);

impl Wake {
    /// Creates an event that is not signalled.
    ///
    /// # Errors
    /// The process can't have more handles.
    pub fn new() -> io::Result<Self> {
        // SAFETY: without attributes and name. Programs that this process starts do not inherit the handle.
        let handle = unsafe { CreateEventW(ptr::null(), 1, 0, ptr::null()) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle is new and has no other owner.
        Ok(Wake(unsafe { OwnedHandle::from_raw_handle(handle) }))
    }

    /// Makes it signalled.
    pub fn set(&self) {
        // SAFETY: the handle is open, and belongs to an event.
        unsafe { SetEvent(self.0.as_raw_handle()) };
    }

    /// Makes it not signalled.
    pub fn clear(&self) {
        // SAFETY: as in `set`.
        unsafe { ResetEvent(self.0.as_raw_handle()) };
    }

    /// Returns whether it is signalled.
    #[cfg(test)]
    pub fn is_set(&self) -> bool {
        use windows_sys::Win32::Foundation::WAIT_OBJECT_0;
        use windows_sys::Win32::System::Threading::WaitForSingleObject;

        // SAFETY: the handle is open.
        unsafe { WaitForSingleObject(self.0.as_raw_handle(), 0) == WAIT_OBJECT_0 }
    }

    /// Returns `None`, because Windows has no descriptors for loops.
    pub fn descriptor(&self) -> Option<i64> {
        None
    }

    /// Returns the event's HANDLE. The library closes it.
    pub fn handle(&self) -> Option<NonNull<c_void>> {
        NonNull::new(self.0.as_raw_handle())
    }
}
