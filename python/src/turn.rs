//! An event that a handler is called with.

use std::sync::{Mutex, PoisonError};

use omnize::By;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::event;

/// An event, and the turn to handle it.
#[pyclass(frozen, module = "omnize._omnize")]
pub struct Turn {
    turn: Mutex<Option<omnize::Turn>>,
    /// What Python sees of it.
    #[pyo3(get)]
    event: Py<PyAny>,
}

impl Turn {
    pub fn new(py: Python<'_>, turn: omnize::Turn, stored: bool) -> PyResult<Self> {
        let event = event::object(py, turn.event(), stored)?.unbind();
        Ok(Turn {
            turn: Mutex::new(Some(turn)),
            event,
        })
    }
}

#[pymethods]
impl Turn {
    /// The event was handled, or nobody wanted it.
    fn done(&self, py: Python<'_>, wanted: bool) {
        let turn = self
            .turn
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(turn) = turn {
            if !wanted {
                turn.unwanted();
            }
            py.detach(|| drop(turn));
        }
    }
}

/// Who runs the handlers.
///
/// # Errors
/// `ValueError` where nobody is called so.
pub fn by(name: &str) -> PyResult<By> {
    match name {
        "poll" => Ok(By::Poll),
        "thread" => Ok(By::Thread),
        "task" => Ok(By::Task),
        _ => Err(PyValueError::new_err("poll, thread or task")),
    }
}
