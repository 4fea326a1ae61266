//! Where events wait for the application: bounded, and woken by.
//!
//! To wake a thread costs more than all else that an event costs. So whoever puts events in rings for many at once, when
//! there are no more for now.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::alarm::Bell;
use super::event::{Content, Waiting};
use super::flag::Flag;
use super::lanes::Lanes;
use crate::error::Error;
use crate::host::wake::Wake;
use crate::status::Status;

/// Why an event was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// As many wait as may.
    Full,
    /// The client is closed.
    Closed,
}

impl From<Turned> for Error {
    fn from(turned: Turned) -> Self {
        match turned {
            Turned::Full => Error::new(Status::Full, Status::Full.text()).retryable(true),
            Turned::Closed => Error::new(Status::Closed, Status::Closed.text()),
        }
    }
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
    lanes: Lanes,
    /// Places that are promised to triggers on their way to the disk.
    reserved: usize,
    last_sequence: u64,
    /// How many events have come since it last rang.
    owed: usize,
    /// Whether an event was taken since somebody last let the others go first.
    is_busy: bool,
    /// How many threads wait for an event, and how many until none is left. To notify nobody costs a system call too.
    awaiting: usize,
    draining: usize,
    /// Whether it takes no trigger any more. Outcomes still come.
    refuses_triggers: bool,
    closed: bool,
    /// How many events came when it was closed.
    dropped: usize,
    flag: Flag,
    bell: Bell,
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

    /// Puts an event behind those that wait, under the next number. Nobody is told before the next [`ring`](Self::ring).
    pub fn push(&self, content: Content, received_at: i64) -> Result<(), Turned> {
        let mut state = self.lock();
        self.has_room(&state)?;
        let event = state.number(content, received_at);
        state.add(event);
        Ok(())
    }

    /// Puts an event behind those that wait, however many they are, and rings: the application has made the room for it
    /// when it posted. A closed inbox drops it.
    pub fn push_always(&self, content: Content, received_at: i64) {
        let mut state = self.lock();
        let event = state.number(content, received_at);
        self.add_always(state, event);
    }

    /// Promises a place for a trigger that is to be written to disk first. Every promise is followed by one
    /// [`fill`](Self::fill) or [`give_up`](Self::give_up).
    #[cfg(feature = "store")]
    pub fn reserve(&self) -> Result<(), Turned> {
        let mut state = self.lock();
        self.has_room(&state)?;
        state.reserved += 1;
        Ok(())
    }

    /// Puts an event into the place that was promised. A closed inbox drops it, for it comes again from the disk. Nobody is
    /// told before the next [`ring`](Self::ring).
    #[cfg(feature = "store")]
    pub fn fill(&self, event: Waiting) {
        let mut state = self.lock();
        state.reserved -= 1;
        state.add_unless_closed(event);
    }

    /// Takes a promise back.
    #[cfg(feature = "store")]
    pub fn give_up(&self) {
        self.lock().reserved -= 1;
    }

    /// Puts in what is on disk already, however much waits, and rings. A closed inbox drops it, for it comes again from
    /// there.
    #[cfg(feature = "store")]
    pub fn restore(&self, event: Waiting) {
        self.add_always(self.lock(), event);
    }

    fn has_room(&self, state: &State) -> Result<(), Turned> {
        if state.closed || state.refuses_triggers {
            Err(Turned::Closed)
        } else if state.lanes.len() + state.reserved >= self.capacity {
            Err(Turned::Full)
        } else {
            Ok(())
        }
    }

    fn add_always(&self, mut state: MutexGuard<'_, State>, event: Waiting) {
        state.add_unless_closed(event);
        self.ring_for(state);
    }

    /// Tells the application of the events that came since the last ring.
    pub fn ring(&self) {
        self.ring_for(self.lock());
    }

    fn ring_for(&self, mut state: MutexGuard<'_, State>) {
        let owed = std::mem::take(&mut state.owed);
        state.show();
        // Whoever waits goes back to sleep where others have taken all meanwhile.
        let to_wake = owed.min(state.awaiting);
        let bell = state.bell_to_ring();
        drop(state);
        if let Some(bell) = bell {
            bell.set();
        }
        for _ in 0..to_wake {
            self.ready.notify_one();
        }
    }

    /// Waits until an event may go, or `deadline`; `false` when the inbox is closed and no event will come any more.
    pub fn wait(&self, deadline: Instant) -> bool {
        let state = self.wait_for_event(deadline);
        !is_over(&state)
    }

    /// Takes the first event that may go, or waits for one until `deadline`; `None` when there is none by then or the
    /// inbox is closed. Where `hold`, the next ones of its interaction stay back until [`release`](Self::release).
    pub fn pop(&self, deadline: Instant, hold: bool) -> Option<Waiting> {
        self.pop_from(self.wait_for_event(deadline), hold)
    }

    /// As [`pop`](Self::pop), without waiting and without asking the clock.
    pub fn pop_ready(&self, hold: bool) -> Option<Waiting> {
        self.pop_from(self.lock(), hold)
    }

    fn pop_from(&self, mut state: MutexGuard<'_, State>, hold: bool) -> Option<Waiting> {
        let event = state.lanes.pop(hold)?;
        state.is_busy = true;
        state.show();
        if state.lanes.len() == 0 && state.draining > 0 {
            self.emptied.notify_all();
        }
        Some(event)
    }

    /// The event of this interaction that was taken with `hold` was handled.
    pub fn release(&self, client_id: &str) {
        let mut state = self.lock();
        state.lanes.release(client_id);
        state.show();
        let is_awaited = state.lanes.is_ready() && state.awaiting > 0;
        let bell = state.bell_to_ring();
        drop(state);
        if let Some(bell) = bell {
            bell.set();
        }
        if is_awaited {
            self.ready.notify_one();
        }
    }

    fn wait_for_event(&self, deadline: Instant) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        // In a closed inbox, events that are held back still come.
        while !state.lanes.is_ready() && !is_over(&state) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                break;
            }
            if std::mem::take(&mut state.is_busy) {
                // What others bring while they go first costs no waking.
                drop(state);
                std::thread::yield_now();
                state = self.lock();
                continue;
            }
            state.awaiting += 1;
            state = self
                .ready
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.awaiting -= 1;
        }
        state
    }

    /// Waits until everything was taken out, or `deadline`.
    pub fn wait_until_empty(&self, deadline: Instant) {
        let mut state = self.lock();
        while state.lanes.len() > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                break;
            }
            state.draining += 1;
            state = self
                .emptied
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.draining -= 1;
        }
    }

    /// How many events wait.
    pub fn len(&self) -> usize {
        self.lock().lanes.len()
    }

    /// Takes no further trigger in. Outcomes still come, and those triggers that have a place.
    pub fn refuse_triggers(&self) {
        self.lock().refuses_triggers = true;
    }

    /// Takes nothing more in; what waits can still be taken out. Whoever waits for an event is woken.
    pub fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_all();
    }

    /// How many events came after that which nobody can turn away, and were dropped.
    pub fn dropped(&self) -> usize {
        self.lock().dropped
    }

    /// Whether it takes no trigger any more.
    #[cfg(feature = "listener")]
    pub fn is_refusing_triggers(&self) -> bool {
        let state = self.lock();
        state.closed || state.refuses_triggers
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Drops what still waits, and tells how much that was.
    pub fn clear(&self) -> usize {
        let mut state = self.lock();
        let left = std::mem::take(&mut state.lanes);
        state.show();
        drop(state);
        self.ready.notify_all();
        left.len()
    }

    /// The wake-up descriptor: readable exactly while an event may go, from when it has rung for it.
    pub fn wake(&self) -> io::Result<Arc<Wake>> {
        let mut state = self.lock();
        let is_ready = state.lanes.is_ready();
        state.flag.wake(is_ready)
    }

    /// What rings for an [alarm](super::alarm::Alarm).
    pub fn bell(&self) -> io::Result<Arc<Wake>> {
        self.lock().bell.wake()
    }

    /// Tells how many events may go, at the most, and has it ring for the next one where more are waited for.
    pub fn set_bell(&self, waited_for: usize) -> usize {
        let mut state = self.lock();
        let ready = state.lanes.ready();
        if ready < waited_for {
            state.bell.set();
        }
        ready
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn number(&mut self, content: Content, received_at: i64) -> Waiting {
        self.last_sequence += 1;
        Waiting {
            content,
            sequence: self.last_sequence,
            received_at,
            redelivered: false,
        }
    }

    fn add_unless_closed(&mut self, event: Waiting) {
        if self.closed {
            self.dropped += 1;
        } else {
            self.add(event);
        }
    }

    fn add(&mut self, event: Waiting) {
        self.lanes.push(event);
        self.owed += 1;
    }

    fn show(&mut self) {
        self.flag.show(self.lanes.is_ready());
    }

    fn bell_to_ring(&mut self) -> Option<Arc<Wake>> {
        if self.lanes.is_ready() {
            self.bell.ring()
        } else {
            None
        }
    }
}

fn is_over(state: &State) -> bool {
    state.closed && state.lanes.len() == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::rest;

    fn trigger(id: u32) -> Content {
        let body = format!(r#"{{"status":"typing","clientId":{id}}}"#);
        Content::Trigger(rest::decode(body.as_bytes().into(), None).unwrap())
    }

    fn push(inbox: &Inbox, id: u32) -> Result<(), Turned> {
        inbox.push(trigger(id), 0)
    }

    fn pop(inbox: &Inbox) -> Option<u64> {
        inbox.pop(Instant::now(), false).map(|event| event.sequence)
    }

    #[test]
    fn gives_events_in_the_order_of_receipt() {
        let inbox = Inbox::new(10);
        for id in 1..=3 {
            push(&inbox, id).unwrap();
        }
        for sequence in 1..=3 {
            assert_eq!(pop(&inbox), Some(sequence));
        }
        assert_eq!(pop(&inbox), None);
    }

    #[test]
    fn takes_as_many_as_it_may_hold() {
        let inbox = Inbox::new(2);
        push(&inbox, 1).unwrap();
        push(&inbox, 2).unwrap();
        assert_eq!(push(&inbox, 3), Err(Turned::Full));
        pop(&inbox).unwrap();
        push(&inbox, 3).unwrap();
    }

    #[test]
    #[cfg(feature = "store")]
    fn a_promised_place_counts() {
        let inbox = Inbox::new(1);
        inbox.reserve().unwrap();
        assert_eq!(push(&inbox, 1), Err(Turned::Full));
        assert_eq!(inbox.reserve(), Err(Turned::Full));
        inbox.give_up();
        inbox.reserve().unwrap();
        inbox.fill(Waiting {
            content: trigger(1),
            sequence: 9,
            received_at: 0,
            redelivered: false,
        });
        assert_eq!(pop(&inbox), Some(9));
        push(&inbox, 2).unwrap();
    }

    #[test]
    fn a_closed_inbox_takes_nothing_and_gives_what_it_has() {
        let inbox = Inbox::new(2);
        push(&inbox, 1).unwrap();
        inbox.close();
        assert_eq!(push(&inbox, 2), Err(Turned::Closed));
        let far = Instant::now() + Duration::from_secs(60);
        assert!(inbox.pop(far, false).is_some());
        assert!(inbox.pop(far, false).is_none());
    }

    #[test]
    fn what_comes_to_a_closed_inbox_is_counted() {
        let inbox = Inbox::new(2);
        inbox.push_always(trigger(1), 0);
        inbox.close();
        inbox.push_always(trigger(2), 0);
        assert_eq!((inbox.clear(), inbox.dropped()), (1, 1));
    }

    #[test]
    fn closing_wakes_who_waits() {
        let inbox = Inbox::new(2);
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| inbox.pop(Instant::now() + Duration::from_secs(60), false));
            inbox.close();
            assert!(waiter.join().unwrap().is_none());
        });
    }

    #[test]
    fn whoever_waits_for_a_held_interaction_sleeps_when_it_is_closed_too() {
        let inbox = Inbox::new(2);
        push(&inbox, 1).unwrap();
        push(&inbox, 1).unwrap();
        inbox.pop(Instant::now(), true).unwrap();
        inbox.close();
        let begun = Instant::now();
        inbox.wait(begun + Duration::from_millis(50));
        assert!(begun.elapsed() >= Duration::from_millis(50));
        std::thread::scope(|scope| {
            scope.spawn(|| inbox.wait(begun + Duration::from_secs(60)));
            assert_eq!(inbox.clear(), 1);
        });
        assert!(begun.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn one_ring_wakes_as_many_as_there_are_events() {
        let inbox = Inbox::new(2);
        let far = Instant::now() + Duration::from_secs(60);
        std::thread::scope(|scope| {
            let waiters = [(); 2].map(|()| scope.spawn(|| inbox.pop(far, false)));
            while inbox.lock().awaiting < 2 {
                std::thread::yield_now();
            }
            push(&inbox, 1).unwrap();
            push(&inbox, 2).unwrap();
            inbox.ring();
            for waiter in waiters {
                assert!(waiter.join().unwrap().is_some());
            }
        });
    }

    #[test]
    fn releasing_wakes_who_waits() {
        let inbox = Inbox::new(2);
        push(&inbox, 1).unwrap();
        push(&inbox, 1).unwrap();
        inbox.pop(Instant::now(), true).unwrap();
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| inbox.pop(Instant::now() + Duration::from_secs(60), true));
            inbox.release("1");
            assert!(waiter.join().unwrap().is_some());
        });
    }
}
