//! Events on their way to the application, in the order in which they came.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::event::Event;
use crate::host::wake::Wake;
use crate::wire::Trigger;

/// Why an event was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// As many wait as may.
    Full,
    /// The client is closed.
    Closed,
}

/// A bounded queue.
#[derive(Debug)]
pub struct Inbox {
    state: Mutex<State>,
    ready: Condvar,
    emptied: Condvar,
    capacity: usize,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Event>,
    last_sequence: u64,
    closed: bool,
    /// Made when the application first asks for it; until then nobody pays for it.
    wake: Option<Arc<Wake>>,
}

impl Inbox {
    /// An empty inbox in which `capacity` events may wait.
    pub fn new(capacity: usize) -> Self {
        Inbox {
            state: Mutex::default(),
            ready: Condvar::new(),
            emptied: Condvar::new(),
            capacity,
        }
    }

    /// Puts a trigger behind those that wait.
    pub fn push(&self, trigger: Trigger) -> Result<(), Turned> {
        let received_at = now();
        let mut state = self.lock();
        if state.closed {
            return Err(Turned::Closed);
        }
        if state.waiting.len() >= self.capacity {
            return Err(Turned::Full);
        }
        state.last_sequence += 1;
        let sequence = state.last_sequence;
        state.waiting.push_back(Event {
            trigger,
            sequence,
            received_at,
        });
        if state.waiting.len() == 1
            && let Some(wake) = &state.wake
        {
            wake.set();
        }
        drop(state);
        self.ready.notify_one();
        Ok(())
    }

    /// Waits until an event is there, the inbox is closed, or `deadline`.
    pub fn wait(&self, deadline: Instant) {
        drop(self.wait_for_event(deadline));
    }

    /// Takes the event that has waited longest, or waits for one until `deadline`; `None` when there is none by then or
    /// the inbox is closed.
    pub fn pop(&self, deadline: Instant) -> Option<Event> {
        let mut state = self.wait_for_event(deadline);
        let event = state.waiting.pop_front()?;
        if state.waiting.is_empty() {
            if let Some(wake) = &state.wake {
                wake.clear();
            }
            self.emptied.notify_all();
        }
        Some(event)
    }

    fn wait_for_event(&self, deadline: Instant) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        while state.waiting.is_empty() && !state.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                break;
            }
            state = self
                .ready
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state
    }

    /// Waits until everything was taken out, or `deadline`.
    pub fn wait_until_empty(&self, deadline: Instant) {
        let mut state = self.lock();
        while !state.waiting.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                break;
            }
            state = self
                .emptied
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// How many events wait.
    pub fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Takes nothing more in; what waits can still be taken out. Whoever waits for an event is woken.
    pub fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_all();
    }

    /// Drops what still waits, and tells how much that was.
    pub fn clear(&self) -> usize {
        let left = std::mem::take(&mut self.lock().waiting);
        left.len()
    }

    /// The wake-up descriptor: readable exactly while events wait.
    pub fn wake(&self) -> io::Result<Arc<Wake>> {
        let mut state = self.lock();
        if let Some(wake) = &state.wake {
            return Ok(wake.clone());
        }
        let wake = Arc::new(Wake::new()?);
        if !state.waiting.is_empty() {
            wake.set();
        }
        state.wake = Some(wake.clone());
        Ok(wake)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds since 1970; 0 on a machine whose clock stands before that.
fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::rest;

    fn trigger(id: u32) -> Trigger {
        rest::decode(
            format!(r#"{{"status":"typing","clientId":{id}}}"#).into(),
            None,
        )
        .unwrap()
    }

    fn at_once() -> Instant {
        Instant::now()
    }

    #[test]
    fn gives_events_in_the_order_of_receipt() {
        let inbox = Inbox::new(10);
        for id in 1..=3 {
            inbox.push(trigger(id)).unwrap();
        }
        for id in 1..=3u64 {
            let event = inbox.pop(at_once()).unwrap();
            assert_eq!(
                (event.sequence, event.trigger.client_id),
                (id, id.to_string())
            );
            assert!(event.received_at > 1_700_000_000_000);
        }
        assert_eq!(inbox.pop(at_once()), None);
    }

    #[test]
    fn takes_as_many_as_it_may_hold() {
        let inbox = Inbox::new(2);
        inbox.push(trigger(1)).unwrap();
        inbox.push(trigger(2)).unwrap();
        assert_eq!(inbox.push(trigger(3)), Err(Turned::Full));
        inbox.pop(at_once()).unwrap();
        inbox.push(trigger(3)).unwrap();
    }

    #[test]
    fn a_closed_inbox_takes_nothing_and_gives_what_it_has() {
        let inbox = Inbox::new(2);
        inbox.push(trigger(1)).unwrap();
        inbox.close();
        assert_eq!(inbox.push(trigger(2)), Err(Turned::Closed));
        let far = Instant::now() + Duration::from_secs(60);
        assert!(inbox.pop(far).is_some());
        assert_eq!(inbox.pop(far), None);
    }

    #[test]
    fn closing_wakes_who_waits() {
        let inbox = Inbox::new(2);
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| inbox.pop(Instant::now() + Duration::from_secs(60)));
            inbox.close();
            assert_eq!(waiter.join().unwrap(), None);
        });
    }
}
