//! Errors, as C sees them.

use std::ffi::{CStr, c_char};
use std::sync::Arc;

use super::guard;
use super::handle::{Table, Type};
use super::status::omnize_status;
use super::strings::{self, OutText};
use crate::error::Error;
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

/// The one error of a forked child. It stands in no table, for a thread that stayed behind in the parent may have held the
/// table's lock for ever.
const FORKED: *mut omnize_error = Table::<omnize_error, Object>::beyond(Type::Error);
/// Its message, the text of its status: a constant, for nothing may be made in the child.
const FORKED_MESSAGE: &CStr =
    c"This process was forked from one that uses the library. Use the library in the parent, or load it after the fork.";

/// What a function of an error returns where it is not run, in a forked child or because its handle is bad.
fn otherwise<T>(error: *const omnize_error, of_forked: T, of_bad: T) -> T {
    if error == FORKED.cast_const() {
        of_forked
    } else {
        of_bad
    }
}

/// As `otherwise`, for texts.
fn text_otherwise(
    error: *const omnize_error,
    of_forked: &'static CStr,
    length: *mut i64,
) -> *const c_char {
    if error != FORKED.cast_const() {
        return std::ptr::null();
    }
    if let Ok(length) = strings::out("length", length) {
        *length = of_forked.count_bytes() as i64;
    }
    of_forked.as_ptr()
}

struct Object {
    error: Error,
    message: OutText,
    body: OutText,
}

impl omnize_error {
    /// Gives an error to the application, where it asked for one.
    pub(super) fn hand_over(error: Error, place: *mut *mut omnize_error) {
        if place.is_null() {
            return;
        }
        if error.status() == Status::Forked {
            // SAFETY: as below.
            return unsafe { place.write(FORKED) };
        }
        let object = Object {
            message: OutText::new(error.message().as_bytes()),
            body: OutText::new(error.body()),
            error,
        };
        // Where no handle can be had, the status alone tells.
        let handle = ERRORS
            .insert(Arc::new(object))
            .unwrap_or(std::ptr::null_mut());
        // SAFETY: it is not NULL, and by the header's rules it points to writable memory then.
        unsafe { place.write(handle) };
    }

    #[cfg(test)]
    pub(super) fn text_of(error: *const omnize_error) -> String {
        ERRORS.get(error).unwrap().error.message().to_owned()
    }
}

/// The status that the failed call returned; OMNIZE_E_HANDLE where `error` is no error.
#[unsafe(no_mangle)]
pub extern "C" fn omnize_error_status(error: *const omnize_error) -> omnize_status {
    guard::value(
        otherwise(error, Status::Forked, Status::Handle) as omnize_status,
        || Ok(ERRORS.get(error)?.error.status() as omnize_status),
    )
}

/// What was wrong, what was expected and what to do: a sentence of English in UTF-8. NULL where `error` is no error. Valid
/// until the error is freed. `length` may be NULL; it receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn omnize_error_message(
    error: *const omnize_error,
    length: *mut i64,
) -> *const c_char {
    guard::value(text_otherwise(error, FORKED_MESSAGE, length), || {
        Ok(ERRORS.get(error)?.message.give(length))
    })
}

/// The HTTP status of the service's answer; 0 where there was none.
#[unsafe(no_mangle)]
pub extern "C" fn omnize_error_http_status(error: *const omnize_error) -> i32 {
    guard::value(0, || {
        Ok(ERRORS.get(error)?.error.http_status().map_or(0, i32::from))
    })
}

/// The body of the service's answer, empty where there was none; what the request held of token and personal data is
/// replaced by `[redacted]`. NULL where `error` is no error. Valid until the error is freed. `length` may be NULL; it
/// receives the length in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn omnize_error_body(error: *const omnize_error, length: *mut i64) -> *const c_char {
    guard::value(text_otherwise(error, c"", length), || {
        Ok(ERRORS.get(error)?.body.give(length))
    })
}

/// What became of the request: an OMNIZE_DELIVERY_ value.
#[unsafe(no_mangle)]
pub extern "C" fn omnize_error_delivery(error: *const omnize_error) -> i32 {
    guard::value(OMNIZE_DELIVERY_NONE, || {
        Ok(ERRORS
            .get(error)?
            .error
            .delivery()
            .map_or(OMNIZE_DELIVERY_NONE, |delivery| delivery as i32))
    })
}

/// 1 where the same call may succeed later and making it again does no harm, else 0.
#[unsafe(no_mangle)]
pub extern "C" fn omnize_error_retryable(error: *const omnize_error) -> i32 {
    guard::value(0, || Ok(i32::from(ERRORS.get(error)?.error.is_retryable())))
}

/// Frees an error. NULL, and an error that was freed before, do nothing.
#[unsafe(no_mangle)]
pub extern "C" fn omnize_error_free(error: *mut omnize_error) {
    guard::value((), || ERRORS.remove(error).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Delivery;

    #[test]
    fn a_forked_child_reads_the_text_of_the_status() {
        assert_eq!(FORKED_MESSAGE.to_str().unwrap(), Status::Forked.text());
        let mut error = std::ptr::null_mut();
        omnize_error::hand_over(
            Error::new(Status::Forked, Status::Forked.text()),
            &raw mut error,
        );
        let mut length = 0;
        assert_eq!(omnize_error_status(error), Status::Forked as omnize_status);
        assert_eq!(
            omnize_error_message(error, &raw mut length),
            FORKED_MESSAGE.as_ptr()
        );
        assert_eq!(length as usize, Status::Forked.text().len());
        assert_eq!(omnize_error_delivery(error), OMNIZE_DELIVERY_NONE);
        omnize_error_free(error);
    }

    #[test]
    fn the_constants_are_the_deliveries() {
        assert_eq!(OMNIZE_DELIVERY_ACCEPTED, Delivery::Accepted as i32);
        assert_eq!(OMNIZE_DELIVERY_REJECTED, Delivery::Rejected as i32);
        assert_eq!(OMNIZE_DELIVERY_NOT_SENT, Delivery::NotSent as i32);
        assert_eq!(OMNIZE_DELIVERY_UNKNOWN, Delivery::Unknown as i32);
    }
}
