//! Errors, as C sees them.

use std::ffi::c_char;
use std::sync::Arc;

use once_cell::sync::Lazy;

use crate::capi::guard;
use crate::capi::handle::{Table, Type};
use crate::capi::status::omnize_status;
use crate::capi::strings::OutText;
use crate::close_report::CloseReport;
use crate::error::{Error, Result};
use crate::host;
use crate::status::Status;

/// Why a call failed. The application owns it and frees it with omnize_error_free. It holds no token and nothing
/// personal, so it can be logged. Every function of an error can be called from any thread and never blocks.
pub struct omnize_error {
    _opaque: [u8; 0],
}

/// No request was made.
pub const OMNIZE_DELIVERY_NONE: i32 = 0;
/// The service accepted the request.
pub const OMNIZE_DELIVERY_ACCEPTED: i32 = 1;
/// The service refused the request.
pub const OMNIZE_DELIVERY_REJECTED: i32 = 2;
/// The service surely has not received the request.
pub const OMNIZE_DELIVERY_NOT_SENT: i32 = 3;
/// The service may or may not have received the request.
pub const OMNIZE_DELIVERY_UNKNOWN: i32 = 4;

static ERRORS: Table<omnize_error, Object> = Table::new(Type::Error);

struct Object {
    error: Error,
    message: OutText,
    body: OutText,
}

/// The one error of a forked child. It stands beside the table, whose lock a thread of the parent may hold for ever there.
static FORKED: Lazy<Arc<Object>> = Lazy::new(|| Arc::new(Object::new(host::fork::error())));

impl Object {
    fn new(error: Error) -> Self {
        Object {
            message: OutText::new(error.message().as_bytes()),
            body: OutText::new(error.body()),
            error,
        }
    }
}

/// What stands behind a handle, in a forked child too.
fn find(error: *const omnize_error) -> Result<Arc<Object>> {
    if error == ERRORS.reserved().cast_const() {
        return Ok(FORKED.clone());
    }
    host::fork::check()?;
    ERRORS.get(error)
}

impl omnize_error {
    /// Gives an error to the application, where it asked for one.
    pub(crate) fn hand_over(error: Error, place: *mut *mut omnize_error) {
        if place.is_null() {
            return;
        }
        let handle = if error.status() == Status::Forked {
            ERRORS.reserved()
        } else {
            // Where no handle can be had, the status alone tells.
            let object = Arc::new(Object::new(error));
            ERRORS.insert(object).unwrap_or(std::ptr::null_mut())
        };
        // SAFETY: it is not NULL, and by the header's rules it points to writable memory then.
        unsafe { place.write(handle) };
    }

    #[cfg(test)]
    pub(crate) fn text_of(error: *const omnize_error) -> String {
        ERRORS.get(error).unwrap().error.message().to_owned()
    }
}

/// The status that the failed call returned; OMNIZE_E_HANDLE where `error` is no error.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_status(error: *const omnize_error) -> omnize_status {
    guard::always(Status::Handle as omnize_status, || {
        Ok(find(error)?.error.status() as omnize_status)
    })
}

/// What was wrong, what was expected and what to do: a sentence of English in UTF-8. NULL where `error` is no error. Valid
/// until the error is freed. `length` may be NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_message(
    error: *const omnize_error,
    length: *mut i64,
) -> *const c_char {
    guard::always(std::ptr::null(), || Ok(find(error)?.message.give(length)))
}

/// The HTTP status of the service's answer; 0 where there was none.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_http_status(error: *const omnize_error) -> i32 {
    guard::always(0, || {
        Ok(find(error)?.error.http_status().map_or(0, i32::from))
    })
}

/// The body of the service's answer, empty where there was none; what the request held of token and personal data is
/// replaced by `[redacted]`. NULL where `error` is no error. Valid until the error is freed. `length` may be NULL; it
/// receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_body(
    error: *const omnize_error,
    length: *mut i64,
) -> *const c_char {
    guard::always(std::ptr::null(), || Ok(find(error)?.body.give(length)))
}

/// What became of the request: an OMNIZE_DELIVERY_ value.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_delivery(error: *const omnize_error) -> i32 {
    guard::always(OMNIZE_DELIVERY_NONE, || {
        Ok(find(error)?
            .error
            .delivery()
            .map_or(OMNIZE_DELIVERY_NONE, |delivery| delivery as i32))
    })
}

/// 1 where the same call may succeed later and making it again does no harm, else 0.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_retryable(error: *const omnize_error) -> i32 {
    guard::always(0, || Ok(i32::from(find(error)?.error.is_retryable())))
}

/// How many milliseconds the service asks to wait before the request is made again, which it does with HTTP 429 and 503; -1
/// where it does not say.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_retry_after(error: *const omnize_error) -> i64 {
    guard::always(-1, || {
        let wait = find(error)?.error.retry_after();
        Ok(wait.map_or(-1, |wait| {
            i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
        }))
    })
}

/// How many events closing a client has left, where a callback ran longer than closing might take; else 0.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_events_left(error: *const omnize_error) -> i64 {
    guard::always(0, || Ok(left(error)?.events as i64))
}

/// How many requests closing a client has left, where a callback ran longer than closing might take; else 0.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_requests_left(error: *const omnize_error) -> i64 {
    guard::always(0, || Ok(left(error)?.requests as i64))
}

fn left(error: *const omnize_error) -> Result<CloseReport> {
    Ok(find(error)?.error.close_report().unwrap_or_default())
}

/// Frees an error. NULL, and an error that was freed before, do nothing.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_free(error: *mut omnize_error) {
    guard::value((), || ERRORS.remove(error).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Delivery;

    #[test]
    fn the_constants_are_the_deliveries() {
        assert_eq!(OMNIZE_DELIVERY_ACCEPTED, Delivery::Accepted as i32);
        assert_eq!(OMNIZE_DELIVERY_REJECTED, Delivery::Rejected as i32);
        assert_eq!(OMNIZE_DELIVERY_NOT_SENT, Delivery::NotSent as i32);
        assert_eq!(OMNIZE_DELIVERY_UNKNOWN, Delivery::Unknown as i32);
    }
}
