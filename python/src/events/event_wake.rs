//! A descriptor that becomes readable once, for an event loop that found no event.

use std::sync::Arc;

use omnize::{Client, OneShotNotifier};
use pyo3::prelude::*;

use crate::error::OrRaise;
use crate::threads::wake_descriptor::WakeDescriptor;

/// The descriptor of a client, and the notifier that makes it readable.
pub struct EventWake {
    wake: Arc<WakeDescriptor>,
    notifier: OneShotNotifier,
}

impl EventWake {
    /// Creates the descriptor and the notifier.
    ///
    /// # Errors
    /// No file descriptor is available.
    pub fn new(py: Python<'_>, client: &Client) -> PyResult<Self> {
        let wake = Arc::new(WakeDescriptor::new().or_raise(py)?);
        let awaited = wake.clone();
        let notifier = client
            .one_shot_notifier(Arc::new(move || awaited.set()))
            .or_raise(py)?;
        Ok(EventWake { wake, notifier })
    }

    /// Returns an upper bound of the number of deliverable events. If it is 0, the descriptor becomes readable with the
    /// next event.
    pub fn arm(&self) -> usize {
        // A forked child has no events.
        self.notifier.arm(1).unwrap_or(0)
    }

    /// Makes the descriptor unreadable. Returns an upper bound of the number of deliverable events. If it is less than
    /// `wanted`, the descriptor becomes readable with the next event.
    pub fn clear_and_rearm(&self, wanted: usize) -> usize {
        // A forked child must not change the parent's descriptor.
        if self.notifier.is_of_parent() {
            return 0;
        }
        self.wake.clear();
        self.notifier.arm(wanted).unwrap_or(0)
    }

    /// Returns the descriptor's number.
    pub fn descriptor(&self) -> i64 {
        self.wake.descriptor().unwrap_or(-1)
    }
}
