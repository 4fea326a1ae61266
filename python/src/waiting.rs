//! Waits that Ctrl-C ends.
//!
//! Python runs the handlers of signals on its main thread, and only when that thread runs Python. So a wait of the main
//! thread is cut into slices, with a look at what signals there are between them.

use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// How long a signal may have to wait for its handler.
const SLICE: Duration = Duration::from_millis(40);

/// Waits up to `timeout` (for ever where it is `None`) by calling `wait` for a slice at a time, without the interpreter's
/// lock, until it gives something.
///
/// # Errors
/// What a signal's handler raises, and what `wait` ends with.
pub fn in_slices<T: Send, E: Send>(
    py: Python<'_>,
    timeout: Option<Duration>,
    mut wait: impl FnMut(Duration) -> Result<Option<T>, E> + Send,
    raise: impl Fn(Python<'_>, E) -> PyErr,
) -> PyResult<Option<T>> {
    // A time that the clock can't reach is for ever.
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let slice = left.map_or(SLICE, |left| left.min(SLICE));
        let outcome = py
            .detach(|| wait(slice))
            .map_err(|error| raise(py, error))?;
        if outcome.is_some() {
            return Ok(outcome);
        }
        py.check_signals()?;
        if left.is_some_and(|left| left <= slice) {
            return Ok(None);
        }
    }
}

/// A timeout in seconds, as Python gives it: `None` is for ever.
///
/// # Errors
/// `ValueError` where it is negative or no number.
pub fn timeout(seconds: Option<f64>) -> PyResult<Option<Duration>> {
    let Some(seconds) = seconds else {
        return Ok(None);
    };
    if seconds.is_nan() || seconds < 0.0 {
        return Err(pyo3::exceptions::PyValueError::new_err(format!(
            "the timeout is {seconds}; pass seconds, or None for no bound"
        )));
    }
    // What does not fit is for ever.
    Ok(Duration::try_from_secs_f64(seconds).ok())
}
