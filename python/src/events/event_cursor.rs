//! An iterator over the events that handlers are called with.

use std::sync::{Mutex, MutexGuard, PoisonError};

use omnize::{Consumer, EventLease, TaskId};
use pyo3::prelude::*;

use crate::client::Core;
use crate::events::consumer::parse_consumer;

/// Returns events one after the other, each with the lease to handle it. Holds one lease at a time.
#[pyclass(frozen, module = "omnize._omnize")]
pub struct EventCursor {
    core: Py<Core>,
    consumer: Consumer,
    lease: Mutex<Option<EventLease>>,
}

impl EventCursor {
    fn lease(&self) -> MutexGuard<'_, Option<EventLease>> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end_lease(&self, py: Python<'_>, lease: EventLease) {
        if self.core.get().is_stored() {
            // The last lease that ends closes the store, which waits for the disk.
            py.detach(|| drop(lease));
        }
    }
}

#[pymethods]
impl EventCursor {
    #[new]
    fn new(core: Bound<'_, Core>, consumer: &str) -> PyResult<Self> {
        Ok(EventCursor {
            core: core.unbind(),
            consumer: parse_consumer(consumer)?,
            lease: Mutex::new(None),
        })
    }

    /// Releases the current event and returns the next one. Blocks up to `seconds`; returns `None` if no event came.
    #[pyo3(signature = (seconds))]
    fn next<'py>(
        &self,
        py: Python<'py>,
        seconds: Option<f64>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.release(py);
        let core = self.core.get();
        let wait = |slice| core.client().next_lease(self.consumer, slice);
        let lease = match core.pending_events().pop_lease() {
            Some(lease) => lease,
            None => match core.wait(py, seconds, wait)? {
                Some(lease) => lease,
                None => return Ok(None),
            },
        };
        match core.convert_event(py, lease.event()) {
            Ok(event) => {
                *self.lease() = Some(lease);
                Ok(Some(event))
            }
            Err(error) => {
                core.pending_events().push_lease(lease);
                Err(error)
            }
        }
    }

    /// The number of the current lease, if a task has it.
    #[getter]
    fn lease_number(&self) -> Option<TaskId> {
        self.lease().as_ref().and_then(EventLease::task)
    }

    /// Counts and logs that no handler wants the current event. `has_handlers`: whether the client has any handler.
    fn count_unwanted(&self, has_handlers: bool) {
        if let Some(lease) = &*self.lease() {
            lease.report_unwanted(has_handlers);
        }
    }

    /// Ends the lease of the current event, which was handled.
    fn release(&self, py: Python<'_>) {
        let taken = self.lease().take();
        if let Some(lease) = taken {
            self.end_lease(py, lease);
        }
    }

    /// Leaves the current event unhandled. A store redelivers it after a restart.
    fn abandon(&self, py: Python<'_>) {
        let taken = self.lease().take();
        if let Some(lease) = taken {
            lease.event().nack();
            self.end_lease(py, lease);
        }
    }
}
