//! Clients to wake after a batch of triggers.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::receiving::receiver::Receiver;

/// Largest batch. A listener that never idles wakes its clients after this many triggers.
const MAX_TRIGGERS: usize = 32;

/// The clients to wake, and the number of their new triggers.
#[derive(Debug, Default)]
pub struct WakeList(Mutex<PendingWakeups>);

#[derive(Debug, Default)]
struct PendingWakeups {
    triggers: usize,
    receivers: Vec<Weak<Receiver>>,
}

impl WakeList {
    /// Adds the receiver of a trigger.
    pub fn push(&self, receiver: &Arc<Receiver>) {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_last = |last: &Weak<Receiver>| std::ptr::eq(last.as_ptr(), Arc::as_ptr(receiver));
        if !pending.receivers.last().is_some_and(is_last) {
            pending.receivers.push(Arc::downgrade(receiver));
        }
        pending.triggers += 1;
        if pending.triggers >= MAX_TRIGGERS {
            pending.wake_all();
        }
    }

    /// Wakes all receivers of the batch.
    pub fn wake_all(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .wake_all();
    }
}

impl PendingWakeups {
    fn wake_all(&mut self) {
        self.triggers = 0;
        for receiver in self.receivers.drain(..) {
            // A freed receiver has no consumers.
            if let Some(receiver) = receiver.upgrade() {
                receiver.notify();
            }
        }
    }
}
