//! Error handles: where the error of a failed call is stored for the application.

use std::sync::Arc;

use crate::capi::abi::handle::{HandleTable, HandleType};
use crate::capi::abi::static_table::StaticTable;
use crate::capi::abi::text::OutText;
use crate::error::{Error, Result};
use crate::host;
use crate::status::Status;

/// The reason why a call failed.
///
/// - The application owns it and frees it with omnize_error_free().
/// - The message contains no token and no personal data, so the application may log it.
/// - The functions of an error are thread-safe and do not block.
pub struct omnize_error {
    _opaque: [u8; 0],
}

static ERRORS: HandleTable<omnize_error, ErrorObject> = HandleTable::new(HandleType::Error);

/// An error, and its texts for C.
pub(crate) struct ErrorObject {
    pub error: Error,
    pub message: OutText,
    pub body: OutText,
}

/// The error of calls in a forked child. It is not in the table, because the lock of the table may be locked forever in the
/// child.
static FORKED: StaticTable<Arc<ErrorObject>> =
    StaticTable::new(|| Arc::new(ErrorObject::new(host::fork::error())));

impl ErrorObject {
    fn new(error: Error) -> Self {
        ErrorObject {
            message: OutText::new(error.message().as_bytes()),
            // The service chose its size. Without memory for it, the error is still useful.
            body: OutText::copy(error.body()).unwrap_or_else(|_| OutText::new(b"")),
            error,
        }
    }
}

/// Returns the object of a handle. Works in a forked child, too.
pub(crate) fn lookup(error: *const omnize_error) -> Result<Arc<ErrorObject>> {
    if error == ERRORS.reserved().cast_const() {
        return Ok(FORKED.clone());
    }
    host::fork::check()?;
    ERRORS.get(error)
}

/// Writes a new handle of the error, unless the pointer is NULL.
pub(crate) fn write(error: Error, out: *mut *mut omnize_error) {
    if out.is_null() {
        return;
    }
    let handle = if error.status() == Status::Forked {
        ERRORS.reserved()
    } else {
        // If there is no free handle, the application has only the status.
        let object = Arc::new(ErrorObject::new(error));
        ERRORS.insert(object).unwrap_or(std::ptr::null_mut())
    };
    // SAFETY: it is not NULL, so by the header's rules it points to writable memory.
    unsafe { out.write(handle) };
}

/// Frees a handle.
pub(crate) fn free(error: *const omnize_error) -> Result<()> {
    ERRORS.remove(error).map(drop)
}
