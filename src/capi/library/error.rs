//! The functions of an error.

use std::ffi::c_char;

use omnize_calling_convention::calling_convention;

use crate::capi::abi::error_handle;
use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::guard;
use crate::capi::abi::status_code::omnize_status;
use crate::close_report::CloseReport;
use crate::error::Result;
use crate::status::Status;

/// No request was sent, because the call is not a request.
pub const OMNIZE_DELIVERY_NONE: i32 = 0;
/// The service accepted the request.
pub const OMNIZE_DELIVERY_ACCEPTED: i32 = 1;
/// The service rejected the request.
pub const OMNIZE_DELIVERY_REJECTED: i32 = 2;
/// The service certainly did not receive the request.
pub const OMNIZE_DELIVERY_NOT_SENT: i32 = 3;
/// The service may or may not have received the request.
pub const OMNIZE_DELIVERY_UNKNOWN: i32 = 4;

/// Returns the status of the failed call, or OMNIZE_E_HANDLE if `error` is invalid.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_status(error: *const omnize_error) -> omnize_status {
    guard::always(Status::Handle as omnize_status, || {
        Ok(error_handle::lookup(error)?.error.status() as omnize_status)
    })
}

/// Returns the error message: what was wrong, what was expected and what to do. Returns NULL if `error` is invalid.
///
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is English in UTF-8, and valid until the error is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_message(
    error: *const omnize_error,
    length: *mut i64,
) -> *const c_char {
    guard::always(std::ptr::null(), || {
        Ok(error_handle::lookup(error)?.message.to_c(length))
    })
}

/// Returns the HTTP status of the service's response, or 0 if there was no response.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_http_status(error: *const omnize_error) -> i32 {
    guard::always(0, || {
        Ok(error_handle::lookup(error)?
            .error
            .http_status()
            .map_or(0, i32::from))
    })
}

/// Returns the body of the service's response, or NULL if `error` is invalid.
///
/// - The body is empty if there was no response, or no memory for it.
/// - The token and personal data of the request are replaced by `[redacted]`.
/// - `length` receives the length in bytes. It may be NULL.
/// - The text is valid until the error is freed.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_body(
    error: *const omnize_error,
    length: *mut i64,
) -> *const c_char {
    guard::always(std::ptr::null(), || {
        Ok(error_handle::lookup(error)?.body.to_c(length))
    })
}

/// Returns the delivery of the request, an OMNIZE_DELIVERY_ value.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_delivery(error: *const omnize_error) -> i32 {
    guard::always(OMNIZE_DELIVERY_NONE, || {
        Ok(error_handle::lookup(error)?
            .error
            .delivery()
            .map_or(OMNIZE_DELIVERY_NONE, |delivery| delivery as i32))
    })
}

/// Returns 1 if the application may safely retry the call later, otherwise 0.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_retryable(error: *const omnize_error) -> i32 {
    guard::always(0, || {
        Ok(i32::from(error_handle::lookup(error)?.error.is_retryable()))
    })
}

/// Returns how many milliseconds the application should wait before a retry, or -1 if the service did not specify
/// it.
///
/// The service may specify it in responses with HTTP 429 and 503.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_retry_after(error: *const omnize_error) -> i64 {
    guard::always(-1, || {
        let wait = error_handle::lookup(error)?.error.retry_after();
        Ok(wait.map_or(-1, |wait| {
            i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
        }))
    })
}

/// Returns the number of undelivered events if omnize_client_close() timed out because of a callback, otherwise 0.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_events_left(error: *const omnize_error) -> i64 {
    guard::always(0, || Ok(close_report(error)?.events as i64))
}

/// Returns the number of unsent requests if omnize_client_close() timed out because of a callback, or the number of
/// remaining requests if omnize_client_flush() failed. Otherwise returns 0.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_requests_left(error: *const omnize_error) -> i64 {
    guard::always(0, || Ok(close_report(error)?.requests as i64))
}

fn close_report(error: *const omnize_error) -> Result<CloseReport> {
    Ok(error_handle::lookup(error)?
        .error
        .close_report()
        .unwrap_or_default())
}

/// Frees an error.
///
/// Does nothing if `error` is NULL or freed already.
#[calling_convention]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn omnize_error_free(error: *mut omnize_error) {
    guard::value((), || error_handle::free(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Delivery;

    #[test]
    fn constants_equal_the_deliveries() {
        assert_eq!(OMNIZE_DELIVERY_ACCEPTED, Delivery::Accepted as i32);
        assert_eq!(OMNIZE_DELIVERY_REJECTED, Delivery::Rejected as i32);
        assert_eq!(OMNIZE_DELIVERY_NOT_SENT, Delivery::NotSent as i32);
        assert_eq!(OMNIZE_DELIVERY_UNKNOWN, Delivery::Unknown as i32);
    }
}
