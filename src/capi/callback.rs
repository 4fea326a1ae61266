//! Functions of the application that the library calls.

use std::ffi::c_void;

use crate::capi::event;
use crate::capi::event::omnize_event;
use crate::host;
use crate::receiving::Handler;

/// Is called with an event. The event is valid until this returns; omnize_event_keep gives it for longer.
/// It may call any function of the library. It must return: no C++ exception, longjmp() or pthread_exit() may leave it, and
/// cancellation of its thread waits until it has returned.
pub type omnize_event_callback =
    Option<unsafe extern "C" fn(event: *const omnize_event, user_data: *mut c_void)>;

/// Is called with a message for a log: `level` is an OMNIZE_LOG_ value, `message` UTF-8 text that is valid until this
/// returns. May be called on any thread, also on several at once. It must return, as every callback must.
pub type omnize_log_callback = Option<
    unsafe extern "C" fn(level: i32, message: *const std::ffi::c_char, user_data: *mut c_void),
>;

/// Is called once with the user data of a callback, after its last call, and must return, as that must. May be NULL.
pub type omnize_destroy = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// The application's user data, destroyed as the application asked when nobody needs it any more.
pub struct UserData {
    pointer: *mut c_void,
    destroy: omnize_destroy,
}

// SAFETY: the pointer is never looked behind here; the header tells the application on which threads it comes back.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

impl UserData {
    pub fn new(pointer: *mut c_void, destroy: omnize_destroy) -> Self {
        UserData { pointer, destroy }
    }

    pub fn pointer(&self) -> *mut c_void {
        self.pointer
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy {
            // SAFETY: by the header's rules it is a function of this type, and this is its only call.
            host::fp_environment::with_host_fp_environment(|| unsafe { destroy(self.pointer) });
        }
    }
}

/// A handler that calls the application with an event handle of its own.
pub fn handler(
    callback: unsafe extern "C" fn(*const omnize_event, *mut c_void),
    user_data: UserData,
    encoding: crate::encoding::TextEncoding,
) -> Handler {
    Box::new(move |event| {
        event::lend(event, encoding, |handle| {
            // SAFETY: by the header's rules it is a function of this type; the handle is valid.
            host::fp_environment::with_host_fp_environment(|| unsafe {
                callback(handle, user_data.pointer())
            });
        });
    })
}
