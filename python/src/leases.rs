//! Events that handlers are called with, one after the other.

use std::sync::{Mutex, MutexGuard, PoisonError};

use omnize::Consumer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::client::Core;

/// Hands out events with the turn to handle each. It has one in hand at a time: asking for the next one ends it.
#[pyclass(frozen, module = "omnize._omnize")]
pub struct EventCursor {
    core: Py<Core>,
    by: Consumer,
    in_hand: Mutex<Option<omnize::EventLease>>,
}

impl EventCursor {
    pub fn new(core: Py<Core>, by: Consumer) -> Self {
        EventCursor {
            core,
            by,
            in_hand: Mutex::new(None),
        }
    }

    fn in_hand(&self) -> MutexGuard<'_, Option<omnize::EventLease>> {
        self.in_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl EventCursor {
    /// Ends the turn in hand, and waits so many seconds for an event and the turn to handle it.
    #[pyo3(signature = (seconds))]
    fn next<'py>(
        &self,
        py: Python<'py>,
        seconds: Option<f64>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.end(py);
        let core = self.core.get();
        let wait = |slice| core.client().next_lease(self.by, slice);
        let turn = match core.undelivered().take_turn() {
            Some(turn) => turn,
            None => match core.wait(py, seconds, wait)? {
                Some(turn) => turn,
                None => return Ok(None),
            },
        };
        match core.event(py, turn.event()) {
            Ok(event) => {
                *self.in_hand() = Some(turn);
                Ok(Some(event))
            }
            Err(error) => {
                core.undelivered().keep_turn(turn);
                Err(error)
            }
        }
    }

    /// Nobody wants the event in hand.
    fn unwanted(&self) {
        if let Some(turn) = &*self.in_hand() {
            turn.report_unwanted();
        }
    }

    /// The event in hand was handled.
    fn end(&self, py: Python<'_>) {
        let Some(turn) = self.in_hand().take() else {
            return;
        };
        if self.core.get().is_stored() {
            // The last one to end closes the store, and waits for the disk.
            py.detach(|| drop(turn));
        }
    }

    /// The event in hand will never be handled here: a store keeps it for the next start.
    fn give_up(&self) {
        std::mem::forget(self.in_hand().take());
    }
}

/// Who runs the handlers.
///
/// # Errors
/// `ValueError` where nobody is called so.
pub fn by(name: &str) -> PyResult<Consumer> {
    match name {
        "poll" => Ok(Consumer::Poll),
        "thread" => Ok(Consumer::Thread),
        "task" => Ok(Consumer::Task),
        "polling task" => Ok(Consumer::PollingTask),
        _ => Err(PyValueError::new_err("poll, thread, task or polling task")),
    }
}
