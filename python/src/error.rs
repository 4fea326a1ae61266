//! Converts the core's errors to Python exceptions.

use omnize::error::{Delivery, Error};
use omnize::status::Status;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;

use crate::python_message;

static ERROR_OF_STATUS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

fn error_of_status(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    ERROR_OF_STATUS.import(py, "omnize._errors", "_error_of_status")
}

/// Imports the function that creates exceptions. A later import could fail because no file descriptor is available.
///
/// # Errors
/// The import failed.
pub fn import_maker(py: Python<'_>) -> PyResult<()> {
    error_of_status(py).map(drop)
}

/// Converts an error. The package chooses the class of the exception.
pub fn exception(py: Python<'_>, error: &Error) -> PyErr {
    exception_with(py, error, &python_message::convert(error.message()))
}

/// Converts an error, with this message.
pub fn exception_with(py: Python<'_>, error: &Error, message: &str) -> PyErr {
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
        message,
        error.delivery().map(Delivery::name),
        error.http_status(),
        body,
        error.is_retryable(),
        error.retry_after().map(|wait| wait.as_secs_f64()),
        error
            .close_report()
            .map(|left| (left.events, left.requests)),
    );
    error_of_status(py)
        .and_then(|make| make.call1(arguments))
        .map_or_else(|error| error, PyErr::from_value)
}

/// Returns the exception for a thread or descriptor that the operating system refused.
fn system_exception(py: Python<'_>, error: &std::io::Error) -> PyErr {
    let message = format!("the operating system refused what the client needs: {error}");
    exception(py, &Error::new(Status::System, message))
}

/// Converts the result of a call of the core.
pub trait OrRaise<T> {
    /// Returns the value, or the exception for the error.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for omnize::error::Result<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| exception(py, &error))
    }
}

impl<T> OrRaise<T> for std::io::Result<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| system_exception(py, &error))
    }
}
