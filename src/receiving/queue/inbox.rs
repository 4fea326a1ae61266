//! Where events wait for the application: bounded, and woken by.
//!
//! To wake a thread costs more than all else that an event costs. So whoever puts events in rings for many at once, when
//! there are no more for now.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::host::wake_fd::Wake;
use crate::receiving::queue::event::{Content, QueuedEvent};
use crate::receiving::queue::interaction_lanes::Lanes;
use crate::receiving::queue::notifier::Notifier;
use crate::receiving::queue::notifier::OneShotState;
use crate::status::Status;

/// Why an event was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryPushError {
    /// As many wait as may.
    Full,
    /// The client is closed.
    Closed,
}

impl From<TryPushError> for Error {
    fn from(error: TryPushError) -> Self {
        match error {
            TryPushError::Full => Error::new(Status::Full, Status::Full.text()).retryable(true),
            TryPushError::Closed => Error::new(Status::Closed, Status::Closed.text()),
        }
    }
}

/// A bounded queue.
#[derive(Debug)]
pub struct Inbox {
    state: Mutex<InboxState>,
    ready: Condvar,
    emptied: Condvar,
    capacity: usize,
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct InboxState {
    lanes: Lanes,
    /// Places that are promised to triggers on their way to the disk.
    reserved_slots: usize,
    /// How many bytes all of these have.
    bytes: usize,
    /// Whether none may go, for nobody is there who could want one.
    is_paused: bool,
    last_sequence: u64,
    /// How many events have come since it last rang.
    unnotified: usize,
    /// Whether an event was taken since somebody last let the others go first.
    should_yield: bool,
    /// How many threads wait for an event, and how many until none is left. To notify nobody costs a system call too.
    waiting_consumers: usize,
    waiting_until_empty: usize,
    /// Whether it takes no trigger any more. Outcomes still come.
    rejects_triggers: bool,
    closed: bool,
    /// How many events came when it was closed.
    dropped: usize,
    notifier: Notifier,
    one_shot: OneShotState,
}

impl Inbox {
    /// An empty inbox in which `capacity` events may wait, of `max_bytes` together.
    pub fn new(capacity: usize, max_bytes: usize) -> Self {
        Inbox {
            state: Mutex::default(),
            ready: Condvar::new(),
            emptied: Condvar::new(),
            capacity,
            max_bytes,
        }
    }

    /// Puts an event behind those that wait, under the next number. Nobody is told before the next [`ring`](Self::notify).
    pub fn push(&self, content: Content, received_at: i64) -> Result<(), TryPushError> {
        let mut state = self.lock();
        self.check_room(&state, content.size())?;
        let event = state.number_event(content, received_at);
        state.push(event);
        Ok(())
    }

    /// Puts an event behind those that wait, however many they are, and rings: the application has made the room for it
    /// when it posted. A closed inbox drops it.
    pub fn push_always(&self, content: Content, received_at: i64) {
        let mut state = self.lock();
        let event = state.number_event(content, received_at);
        self.push_and_notify(state, event);
    }

    /// Promises a place for a trigger of this size that is to be written to disk first. Every promise is followed by one
    /// [`fill`](Self::push_reserved) or [`release_slot`](Self::release_slot).
    #[cfg(feature = "store")]
    pub fn reserve(&self, size: usize) -> Result<(), TryPushError> {
        let mut state = self.lock();
        self.check_room(&state, size)?;
        state.reserved_slots += 1;
        state.bytes += size;
        Ok(())
    }

    /// Puts an event into the place that was promised. A closed inbox drops it, for it comes again from the disk. Nobody is
    /// told before the next [`ring`](Self::notify).
    #[cfg(feature = "store")]
    pub fn push_reserved(&self, event: QueuedEvent) {
        let mut state = self.lock();
        state.reserved_slots -= 1;
        state.bytes -= event.content.size();
        state.push_unless_closed(event);
    }

    /// Takes the promise for a trigger of this size back.
    #[cfg(feature = "store")]
    pub fn release_slot(&self, size: usize) {
        let mut state = self.lock();
        state.reserved_slots -= 1;
        state.bytes -= size;
    }

    /// Puts in what is on disk already, however much waits, and rings. A closed inbox drops it, for it comes again from
    /// there.
    #[cfg(feature = "store")]
    pub fn restore(&self, event: QueuedEvent) {
        self.push_and_notify(self.lock(), event);
    }

    fn check_room(&self, state: &InboxState, size: usize) -> Result<(), TryPushError> {
        let count = state.lanes.len() + state.reserved_slots;
        // One that is larger than all may be together would never be taken.
        let is_too_large = count > 0 && state.bytes.saturating_add(size) > self.max_bytes;
        if state.closed || state.rejects_triggers {
            Err(TryPushError::Closed)
        } else if count >= self.capacity || is_too_large {
            Err(TryPushError::Full)
        } else {
            Ok(())
        }
    }

    fn push_and_notify(&self, mut state: MutexGuard<'_, InboxState>, event: QueuedEvent) {
        state.push_unless_closed(event);
        self.notify_locked(state);
    }

    /// Tells the application of the events that came since the last ring.
    pub fn notify(&self) {
        self.notify_locked(self.lock());
    }

    fn notify_locked(&self, mut state: MutexGuard<'_, InboxState>) {
        let unnotified = std::mem::take(&mut state.unnotified);
        state.update_notifier();
        // Whoever waits goes back to sleep where others have taken all meanwhile.
        let to_wake = unnotified.min(state.waiting_consumers);
        let one_shot = state.take_one_shot();
        drop(state);
        if let Some(wake) = one_shot {
            wake.set();
        }
        for _ in 0..to_wake {
            self.ready.notify_one();
        }
    }

    /// Waits until an event may go, or `deadline`; `false` when the inbox is closed and no event will come any more.
    pub fn wait(&self, deadline: Instant) -> bool {
        let state = self.wait_for_event(deadline);
        !is_drained(&state)
    }

    /// Takes the first event that may go, or waits for one until `deadline`; `None` when there is none by then or the
    /// inbox is closed. Where `hold`, the next ones of its interaction stay back until [`release`](Self::release).
    pub fn pop(&self, deadline: Instant, hold: bool) -> Option<QueuedEvent> {
        self.pop_locked(self.wait_for_event(deadline), hold)
    }

    /// As [`pop`](Self::pop), without waiting and without asking the clock.
    pub fn pop_ready(&self, hold: bool) -> Option<QueuedEvent> {
        self.pop_locked(self.lock(), hold)
    }

    fn pop_locked(&self, mut state: MutexGuard<'_, InboxState>, hold: bool) -> Option<QueuedEvent> {
        if state.is_paused {
            return None;
        }
        let event = state.lanes.pop(hold)?;
        state.bytes -= event.content.size();
        state.should_yield = true;
        state.update_notifier();
        if state.lanes.len() == 0 && state.waiting_until_empty > 0 {
            self.emptied.notify_all();
        }
        Some(event)
    }

    /// The event of this interaction that was taken with `hold` was handled.
    pub fn release(&self, client_id: &str) {
        let mut state = self.lock();
        state.lanes.release(client_id);
        state.update_notifier();
        let is_awaited = state.is_ready() && state.waiting_consumers > 0;
        let one_shot = state.take_one_shot();
        drop(state);
        if let Some(wake) = one_shot {
            wake.set();
        }
        if is_awaited {
            self.ready.notify_one();
        }
    }

    fn wait_for_event(&self, deadline: Instant) -> MutexGuard<'_, InboxState> {
        let mut state = self.lock();
        // In a closed inbox, events that are held back still come.
        while !state.is_ready() && !is_drained(&state) {
            let time_left = deadline.saturating_duration_since(Instant::now());
            if time_left == Duration::ZERO {
                break;
            }
            if std::mem::take(&mut state.should_yield) {
                // What others bring while they go first costs no waking.
                drop(state);
                std::thread::yield_now();
                state = self.lock();
                continue;
            }
            state.waiting_consumers += 1;
            state = self
                .ready
                .wait_timeout(state, time_left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.waiting_consumers -= 1;
        }
        state
    }

    /// Waits until everything was taken out, or `deadline`.
    pub fn wait_until_empty(&self, deadline: Instant) {
        let mut state = self.lock();
        while state.lanes.len() > 0 && !state.is_paused {
            let time_left = deadline.saturating_duration_since(Instant::now());
            if time_left == Duration::ZERO {
                break;
            }
            state.waiting_until_empty += 1;
            state = self
                .emptied
                .wait_timeout(state, time_left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.waiting_until_empty -= 1;
        }
    }

    /// Lets no event go from now on, for nobody is there who could want one, or lets them go again. How many wait; `None`
    /// where that is as it was.
    pub fn set_paused(&self, paused: bool) -> Option<usize> {
        let mut state = self.lock();
        if std::mem::replace(&mut state.is_paused, paused) == paused {
            return None;
        }
        let queued = state.lanes.len();
        state.unnotified = queued;
        if state.waiting_until_empty > 0 {
            self.emptied.notify_all();
        }
        self.notify_locked(state);
        Some(queued)
    }

    /// Whether an event may go.
    pub fn is_ready(&self) -> bool {
        self.lock().is_ready()
    }

    /// Whether events wait that somebody may still want.
    pub fn has_deliverable_events(&self) -> bool {
        let state = self.lock();
        !state.is_paused && state.lanes.len() > 0
    }

    /// How many events wait.
    pub fn len(&self) -> usize {
        self.lock().lanes.len()
    }

    /// Takes no further trigger in. Outcomes still come, and those triggers that have a place.
    pub fn reject_triggers(&self) {
        self.lock().rejects_triggers = true;
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
    pub fn is_rejecting_triggers(&self) -> bool {
        let state = self.lock();
        state.closed || state.rejects_triggers
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Drops what still waits, and tells how much that was.
    pub fn clear(&self) -> usize {
        let mut state = self.lock();
        let remaining = std::mem::take(&mut state.lanes);
        state.bytes = 0;
        state.update_notifier();
        drop(state);
        self.ready.notify_all();
        remaining.len()
    }

    /// The wake-up descriptor: readable exactly while an event may go, from when it has rung for it.
    pub fn wake(&self) -> io::Result<Arc<Wake>> {
        let mut state = self.lock();
        let is_ready = state.is_ready();
        state.notifier.wake(is_ready)
    }

    /// What rings for an [alarm](crate::receiving::queue::one_shot_notifier::OneShotNotifier).
    pub fn one_shot_wake(&self) -> io::Result<Arc<Wake>> {
        self.lock().one_shot.wake()
    }

    /// Tells how many events may go, at the most, and has it ring for the next one where more are waited for.
    pub fn arm_one_shot(&self, wanted: usize) -> usize {
        let mut state = self.lock();
        let ready = if state.is_paused {
            0
        } else {
            state.lanes.ready_count()
        };
        if ready < wanted {
            state.one_shot.arm();
        }
        ready
    }

    fn lock(&self) -> MutexGuard<'_, InboxState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InboxState {
    fn number_event(&mut self, content: Content, received_at: i64) -> QueuedEvent {
        self.last_sequence += 1;
        QueuedEvent {
            content,
            sequence: self.last_sequence,
            received_at,
            redelivered: false,
        }
    }

    fn push_unless_closed(&mut self, event: QueuedEvent) {
        if self.closed {
            self.dropped += 1;
        } else {
            self.push(event);
        }
    }

    fn push(&mut self, event: QueuedEvent) {
        self.bytes += event.content.size();
        self.lanes.push(event);
        self.unnotified += 1;
    }

    fn update_notifier(&mut self) {
        self.notifier.set_readable(self.is_ready());
    }

    /// Whether an event may go.
    fn is_ready(&self) -> bool {
        !self.is_paused && self.lanes.is_ready()
    }

    fn take_one_shot(&mut self) -> Option<Arc<Wake>> {
        if self.is_ready() {
            self.one_shot.take_armed()
        } else {
            None
        }
    }
}

fn is_drained(state: &InboxState) -> bool {
    state.closed && (state.is_paused || state.lanes.len() == 0)
}

#[cfg(test)]
mod tests;
