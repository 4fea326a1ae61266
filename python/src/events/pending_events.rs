//! Events that could not be converted to Python objects, for example because of a lack of memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use omnize::{Event, EventLease};

/// Events that a client took from the core and has not delivered. They are delivered before all others.
#[derive(Default)]
pub struct PendingEvents {
    events: Mutex<VecDeque<Arc<Event>>>,
    leases: Mutex<VecDeque<EventLease>>,
}

impl PendingEvents {
    /// Puts an event before all others.
    pub fn push_event(&self, event: Arc<Event>) {
        lock(&self.events).push_front(event);
    }

    /// Takes the next event.
    pub fn pop_event(&self) -> Option<Arc<Event>> {
        lock(&self.events).pop_front()
    }

    /// Puts the lease of an event before all others.
    pub fn push_lease(&self, lease: EventLease) {
        lock(&self.leases).push_front(lease);
    }

    /// Takes the lease of the next event.
    pub fn pop_lease(&self) -> Option<EventLease> {
        lock(&self.leases).pop_front()
    }

    /// Removes all events, which nobody will take. A store redelivers them after a restart.
    pub fn nack_all(&self) {
        let events = std::mem::take(&mut *lock(&self.events));
        for event in &events {
            event.nack();
        }
        let leases = std::mem::take(&mut *lock(&self.leases));
        for lease in &leases {
            lease.event().nack();
        }
    }
}

fn lock<T>(queue: &Mutex<VecDeque<T>>) -> MutexGuard<'_, VecDeque<T>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}
