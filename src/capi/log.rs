//! The library's log, as C sees it.

use std::cell::Cell;
use std::ffi::{CString, c_void};
use std::sync::{Arc, Once, PoisonError, RwLock};

use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::capi::callback::{UserData, omnize_destroy, omnize_log_callback};
use crate::capi::error::omnize_error;
use crate::capi::guard;
use crate::capi::status::omnize_status;
use crate::error::{Error, Result};
use crate::host;
use crate::status::Status;

/// No messages.
pub const OMNIZE_LOG_OFF: i32 = 0;
/// Something is broken.
pub const OMNIZE_LOG_ERROR: i32 = 1;
/// Something did not go as it should, and was dealt with.
pub const OMNIZE_LOG_WARN: i32 = 2;
/// Something that happens once in a while.
pub const OMNIZE_LOG_INFO: i32 = 3;
/// Every request and every trigger.
pub const OMNIZE_LOG_DEBUG: i32 = 4;

/// Has `callback` called with the library's messages up to `level`, an OMNIZE_LOG_ value, in the place of any callback
/// before; OMNIZE_LOG_OFF or NULL ends it. There is one log for the whole library. Messages hold no token and nothing
/// personal. What the library does inside the callback is not logged. `destroy` is called once with `user_data`, after
/// the last call of `callback`; also where this function fails. Statuses: OMNIZE_E_ARGUMENT where there is no such level.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_log_set(
    level: i32,
    callback: omnize_log_callback,
    user_data: *mut c_void,
    destroy: omnize_destroy,
    error: *mut *mut omnize_error,
) -> omnize_status {
    guard::status(error, || {
        let user_data = UserData::new(user_data, destroy);
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
        let before = {
            let mut current = SINK.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *current, sink)
        };
        // Runs the destroy function of the callback before, so after the lock.
        drop(before);
        Ok(())
    })
}

struct Sink {
    callback: unsafe extern "C" fn(i32, *const std::ffi::c_char, *mut c_void),
    user_data: UserData,
    level: LevelFilter,
}

static SINK: RwLock<Option<Arc<Sink>>> = RwLock::new(None);

thread_local! {
    /// Whether this thread is in the callback.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Hands the library's own messages to the callback; those of the crates below it are not held to its rules of what may
/// be said.
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
        // A NUL would cut the message; there is none in what the library writes itself.
        let message =
            CString::new(record.args().to_string().replace('\0', "\u{FFFD}")).unwrap_or_default();
        INSIDE.set(true);
        // SAFETY: by the header's rules it is a function of this type; the message lives through the call.
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
    // It fails where a Rust application has set a logger of its own, which gets the messages then.
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
