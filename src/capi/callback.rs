//! Callbacks of the application.

use std::ffi::c_void;

use omnize_calling_convention::calling_convention;

use crate::capi::events::event;
use crate::capi::events::event::omnize_event;
use crate::error::{Error, Result};
use crate::host;
use crate::receiving::Handler;
use crate::status::Status;
use crate::text_encoding::TextEncoding;

/// A callback for an event.
///
/// - The event is valid until the callback returns. omnize_event_keep() extends this.
/// - The callback may call any function of the library.
/// - It must return. No C++ exception, longjmp() or pthread_exit() may leave it.
/// - Cancellation of its thread is deferred until it returns.
#[calling_convention]
pub type omnize_event_callback =
    Option<unsafe extern "C" fn(event: *const omnize_event, user_data: *mut c_void)>;

/// A callback for a log message.
///
/// - `level`: an OMNIZE_LOG_ value.
/// - `message`: UTF-8, valid until the callback returns.
/// - Any thread may call it, also several threads at the same time.
/// - It must return, as omnize_event_callback must.
#[calling_convention]
pub type omnize_log_callback = Option<
    unsafe extern "C" fn(level: i32, message: *const std::ffi::c_char, user_data: *mut c_void),
>;

/// A function that destroys the user data of a callback. It may be NULL.
///
/// - The library calls it once, after the last call of the callback.
/// - It must return, as omnize_event_callback must.
#[calling_convention]
pub type omnize_destroy = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// The application's user data. Dropping it calls the destroy function.
pub struct UserData {
    pointer: *mut c_void,
    destroy: omnize_destroy,
}

// SAFETY: the pointer is never dereferenced here. The header lists the threads of callbacks.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

impl UserData {
    fn new(pointer: *mut c_void, destroy: omnize_destroy) -> Self {
        UserData { pointer, destroy }
    }

    pub fn pointer(&self) -> *mut c_void {
        self.pointer
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy {
            // SAFETY: by the header's rules, it is a function of this type, and this is its only call.
            host::fp_environment::with_host_fp_environment(|| unsafe { destroy(self.pointer) });
        }
    }
}

/// Returns `call` with the user data. Also if the guard does not run it, for example in a forked child, its drop destroys the
/// user data.
pub fn with_user_data<T>(
    pointer: *mut c_void,
    destroy: omnize_destroy,
    call: impl FnOnce(UserData) -> Result<T>,
) -> impl FnOnce() -> Result<T> {
    let user_data = UserData::new(pointer, destroy);
    move || call(user_data)
}

/// Creates a handler that calls the application with a new event handle; fails for NULL.
pub fn handler(
    callback: omnize_event_callback,
    user_data: UserData,
    encoding: TextEncoding,
) -> Result<Handler> {
    let callback =
        callback.ok_or_else(|| Error::new(Status::Argument, "callback is NULL; it is required"))?;
    Ok(Box::new(move |event| {
        event::with_handle(event, encoding, |handle| {
            // SAFETY: by the header's rules, it is a function of this type. The handle is valid.
            host::fp_environment::with_host_fp_environment(|| unsafe {
                callback(handle, user_data.pointer())
            });
        });
    }))
}
