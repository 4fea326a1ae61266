//! Event loops: a descriptor, an event HANDLE of Windows, and window messages.

use std::ffi::c_void;
use std::ptr::NonNull;

use omnize_calling_convention::calling_convention;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::status_code::omnize_status;
use crate::capi::abi::text;
use crate::capi::client;
use crate::capi::client::omnize_client;

/// Writes a file descriptor to `descriptor` that is readable exactly while events are queued.
///
/// - It is for select, poll, epoll, kqueue, GLib, Qt and similar loops. Call omnize_client_poll() or
///   omnize_client_next() when it is readable.
/// - The client owns the descriptor. Do not read or close it.
/// - Stop watching it before the client is freed.
///
/// Fails with:
/// - OMNIZE_E_UNSUPPORTED: Windows has no such descriptors. Use omnize_client_wake_handle() there.
/// - OMNIZE_E_SYSTEM: the process has no free descriptor.
/// - OMNIZE_E_ARGUMENT: `descriptor` is NULL.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_wake_fd(
    client: *mut omnize_client,
    descriptor: *mut i64,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = client::lookup(client)?;
        let out = text::required_out("descriptor", descriptor)?;
        *out = object.client.event_descriptor()?.descriptor().unwrap_or(-1);
        Ok(())
    })
}

/// Writes the HANDLE of an event of Windows to `handle`. It is signalled exactly while events are queued.
///
/// - It is for WaitForSingleObject, WaitForMultipleObjects and MsgWaitForMultipleObjects. Call omnize_client_poll() or
///   omnize_client_next() when it is signalled.
/// - The client owns the handle. Do not set, reset or close it.
/// - End all waits for it before the client is freed.
///
/// Fails with:
/// - OMNIZE_E_UNSUPPORTED: only Windows has such handles. Use omnize_client_wake_fd() on other systems.
/// - OMNIZE_E_SYSTEM: the process can't have more handles.
/// - OMNIZE_E_ARGUMENT: `handle` is NULL.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_wake_handle(
    client: *mut omnize_client,
    handle: *mut *mut c_void,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let object = client::lookup(client)?;
        let out = text::required_out("handle", handle)?;
        let event = object.client.event_handle()?;
        *out = event.handle().map_or(std::ptr::null_mut(), NonNull::as_ptr);
        Ok(())
    })
}

/// Posts a message to a window of Windows when events are queued, as PostMessage does.
///
/// - `window`: the HWND of a window. NULL ends the messages. A later call replaces window and message.
/// - `message`: its number, from WM_USER (1024) to 65535, for example WM_APP (32768). wParam and lParam are 0.
/// - The window's procedure calls omnize_client_poll() or omnize_client_next() with a timeout of 0.
/// - After a message, the library posts no other one before the application calls omnize_client_poll() or
///   omnize_client_next(). If events are queued when that call returns, the library posts the message again.
///   Otherwise, it posts it with the next event.
/// - So a procedure may take one event or all events for each message. If it calls omnize_client_next() repeatedly,
///   later messages may find no event.
/// - The call posts the message at once if events are queued already.
/// - Call it with NULL before the window is destroyed. Windows may give its HWND to another window.
/// - Loads user32.dll.
///
/// Fails with:
/// - OMNIZE_E_UNSUPPORTED: only Windows has windows. Use omnize_client_wake_fd() on other systems.
/// - OMNIZE_E_SYSTEM: user32.dll can't be loaded.
/// - OMNIZE_E_ARGUMENT: `window` is not an existing window, or `message` is out of range.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_client_wake_message(
    client: *mut omnize_client,
    window: *mut c_void,
    message: u32,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        client::lookup(client)?
            .client
            .set_window_message(window, message)
    })
}
