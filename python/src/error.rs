//! The core's errors as Python's exceptions.

use omnize::error::{Delivery, Error};
use omnize::status::Status;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;

static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Imports what makes exceptions. A later import could fail: it reads a file, and there may be no descriptor left.
///
/// # Errors
/// The import has failed.
pub fn import_maker(py: Python<'_>) -> PyResult<()> {
    MAKE.import(py, "omnize._errors", "_of_status").map(drop)
}

/// The exception that tells of `error`; the package decides which class it is of.
pub fn exception(py: Python<'_>, error: &Error) -> PyErr {
    let body = PyBytes::new_with(py, error.body().len(), |bytes| {
        bytes.copy_from_slice(error.body());
        Ok(())
    });
    let body = match body {
        Ok(body) => body,
        Err(no_memory) => return no_memory,
    };
    let arguments = (
        error.status().name(),
        error.message(),
        error.delivery().map(Delivery::name),
        error.http_status(),
        body,
        error.is_retryable(),
        error.retry_after().map(|wait| wait.as_secs_f64()),
        error
            .close_report()
            .map(|left| (left.events, left.requests)),
    );
    MAKE.import(py, "omnize._errors", "_of_status")
        .and_then(|make| make.call1(arguments))
        .map_or_else(|error| error, PyErr::from_value)
}

/// The operating system has refused a thread or a descriptor.
pub fn refused(py: Python<'_>, error: &std::io::Error) -> PyErr {
    let message = format!("the operating system refused what the client needs: {error}");
    exception(py, &Error::new(Status::System, message))
}

/// What a call of the core ended with, for Python.
pub trait OrRaise<T> {
    /// The value, or the exception.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for omnize::error::Result<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| exception(py, &error))
    }
}

impl<T> OrRaise<T> for std::io::Result<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| refused(py, &error))
    }
}
