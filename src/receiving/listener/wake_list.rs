//! Whom the listener owes a ring: those it has given triggers to.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::receiving::receiver::Receiver;

/// How many triggers may share a ring. A listener that is never idle rings when so many have come.
const MAX_TRIGGERS: usize = 32;

/// The rings that are pending.
#[derive(Debug, Default)]
pub struct WakeList(Mutex<PendingWakeups>);

#[derive(Debug, Default)]
struct PendingWakeups {
    triggers: usize,
    receivers: Vec<Weak<Receiver>>,
}

impl WakeList {
    /// Owes `receiver` a ring for a trigger.
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

    /// Rings.
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
            // One that is gone waits for nothing.
            if let Some(receiver) = receiver.upgrade() {
                receiver.notify();
            }
        }
    }
}
