//! Events that were taken from the core and could not be made into objects of Python's, where memory has run out for example.
//! They are the next ones that are handed out.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use omnize::{Event, EventLease};

/// What a client has taken and not handed out.
#[derive(Default)]
pub struct Undelivered {
    events: Mutex<VecDeque<Arc<Event>>>,
    turns: Mutex<VecDeque<EventLease>>,
}

impl Undelivered {
    /// Puts an event before all others.
    pub fn keep_event(&self, event: Arc<Event>) {
        lock(&self.events).push_front(event);
    }

    /// The next event.
    pub fn take_event(&self) -> Option<Arc<Event>> {
        lock(&self.events).pop_front()
    }

    /// Puts an event, with the turn to handle it, before all others.
    pub fn keep_turn(&self, turn: EventLease) {
        lock(&self.turns).push_front(turn);
    }

    /// The next event, with the turn to handle it.
    pub fn take_turn(&self) -> Option<EventLease> {
        lock(&self.turns).pop_front()
    }

    /// Nobody will take what is left. A store keeps it for the next start.
    pub fn refuse_all(&self) {
        let events = std::mem::take(&mut *lock(&self.events));
        for event in &events {
            event.nack();
        }
        let turns = std::mem::take(&mut *lock(&self.turns));
        for turn in &turns {
            turn.event().nack();
        }
    }
}

fn lock<T>(queue: &Mutex<VecDeque<T>>) -> MutexGuard<'_, VecDeque<T>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}
