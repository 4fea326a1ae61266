//! The log callback of the library.

use std::cell::Cell;
use std::ffi::{CString, c_void};
use std::sync::{Arc, Once, PoisonError, RwLock};

use log::{Level, LevelFilter, Log, Metadata, Record};
use omnize_calling_convention::calling_convention;

use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::status_code::omnize_status;
use crate::capi::callback::{UserData, omnize_destroy, omnize_log_callback, with_user_data};
use crate::error::{Error, Result};
use crate::host;
use crate::status::Status;

/// No messages.
pub const OMNIZE_LOG_OFF: i32 = 0;
/// An error that needs attention.
pub const OMNIZE_LOG_ERROR: i32 = 1;
/// A problem that the library handled.
pub const OMNIZE_LOG_WARN: i32 = 2;
/// A rare event of normal operation.
pub const OMNIZE_LOG_INFO: i32 = 3;
/// Each request and each trigger.
pub const OMNIZE_LOG_DEBUG: i32 = 4;

/// Sets the log callback of the whole library. It replaces an earlier callback.
///
/// - `level`: the highest OMNIZE_LOG_ value that is logged. OMNIZE_LOG_OFF, or a NULL `callback`, ends the log.
/// - Messages contain no token and no personal data.
/// - Calls of the library inside the callback are not logged.
/// - `destroy` is called once with `user_data`, after the last call of `callback`. It is also called if this
///   function fails. It may be NULL.
///
/// Fails with:
/// - OMNIZE_E_ARGUMENT: `level` is unknown.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_log_set(
    level: i32,
    callback: omnize_log_callback,
    user_data: *mut c_void,
    destroy: omnize_destroy,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(
        error,
        with_user_data(user_data, destroy, |user_data| {
            let level = filter(level)?;
            let sink = callback
                .filter(|_| level != LevelFilter::Off)
                .map(|callback| {
                    Arc::new(Sink {
                        callback,
                        user_data,
                        level,
                    })
                });
            install();
            log::set_max_level(if sink.is_some() {
                level
            } else {
                LevelFilter::Off
            });
            let previous = {
                let mut current = SINK.write().unwrap_or_else(PoisonError::into_inner);
                std::mem::replace(&mut *current, sink)
            };
            // Runs the destroy function of the previous callback, so after the lock.
            drop(previous);
            Ok(())
        }),
    )
}

#[calling_convention]
struct Sink {
    callback: unsafe extern "C" fn(i32, *const std::ffi::c_char, *mut c_void),
    user_data: UserData,
    level: LevelFilter,
}

static SINK: RwLock<Option<Arc<Sink>>> = RwLock::new(None);

thread_local! {
    /// Whether this thread is inside the callback.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Passes the library's own messages to the callback. Messages of other crates are dropped, because they may contain personal
/// data.
struct ToCallback;

impl Log for ToCallback {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with(env!("CARGO_PKG_NAME"))
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) || INSIDE.get() {
            return;
        }
        let sink = SINK.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(sink) = sink.filter(|sink| record.level() <= sink.level) else {
            return;
        };
        // A NUL would cut the message.
        let message =
            CString::new(record.args().to_string().replace('\0', "\u{FFFD}")).unwrap_or_default();
        INSIDE.set(true);
        // SAFETY: by the header's rules, it is a function of this type. The message is valid during the call.
        let call = || unsafe {
            (sink.callback)(
                number(record.level()),
                message.as_ptr(),
                sink.user_data.pointer(),
            )
        };
        host::fp_environment::with_host_fp_environment(call);
        INSIDE.set(false);
    }

    fn flush(&self) {}
}

fn install() {
    static ONCE: Once = Once::new();
    // It fails if a Rust application has its own logger, which then gets the messages.
    ONCE.call_once(|| drop(log::set_logger(&ToCallback)));
}

fn filter(level: i32) -> Result<LevelFilter> {
    match level {
        OMNIZE_LOG_OFF => Ok(LevelFilter::Off),
        OMNIZE_LOG_ERROR => Ok(LevelFilter::Error),
        OMNIZE_LOG_WARN => Ok(LevelFilter::Warn),
        OMNIZE_LOG_INFO => Ok(LevelFilter::Info),
        OMNIZE_LOG_DEBUG => Ok(LevelFilter::Debug),
        _ => Err(Error::new(
            Status::Argument,
            format!("there is no log level {level}; pass an OMNIZE_LOG_ value"),
        )),
    }
}

fn number(level: Level) -> i32 {
    match level {
        Level::Error => OMNIZE_LOG_ERROR,
        Level::Warn => OMNIZE_LOG_WARN,
        Level::Info => OMNIZE_LOG_INFO,
        Level::Debug | Level::Trace => OMNIZE_LOG_DEBUG,
    }
}
