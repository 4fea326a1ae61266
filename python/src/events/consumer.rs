//! The names of the consumers of events.

use omnize::Consumer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Returns the consumer with this name.
///
/// # Errors
/// `ValueError` if the name is unknown.
pub fn parse_consumer(name: &str) -> PyResult<Consumer> {
    match name {
        "poll" => Ok(Consumer::Poll),
        "thread" => Ok(Consumer::Thread),
        "task" => Ok(Consumer::Task),
        "polling task" => Ok(Consumer::PollingTask),
        _ => Err(PyValueError::new_err(
            "pass poll, thread, task or polling task",
        )),
    }
}
