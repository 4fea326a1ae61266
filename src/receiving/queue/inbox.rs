//! The inbox: the bounded queue of events that wait for the application.
//!
//! Waking a thread costs more than everything else for an event. Therefore producers push several events and then call
//! `notify` once.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::host::wake::{Wake, WindowMessage};
use crate::receiving::queue::event::{Content, QueuedEvent};
use crate::receiving::queue::event_streams::{EventStreams, StreamWaker};
use crate::receiving::queue::interaction_lanes::Lanes;
use crate::receiving::queue::notifier::Notifier;
use crate::receiving::queue::wake_function::{OneShotState, WakeFunction};
use crate::status::Status;

/// The reason why an event was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryPushError {
    /// The queue is full.
    Full,
    /// The client is closed.
    Closed,
}

impl From<TryPushError> for Error {
    fn from(error: TryPushError) -> Self {
        match error {
            TryPushError::Full => {
                Error::new(Status::Full, Status::Full.text()).with_retryable(true)
            }
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
    /// All events instead of `lanes`, after the first conversation has opened its event stream.
    streams: Option<Box<EventStreams>>,
    /// Number of slots that are reserved for triggers until they are stored.
    reserved_slots: usize,
    /// Size in bytes of the queued events and of the reserved slots.
    bytes: usize,
    /// Whether events are held because no subscription exists.
    is_paused: bool,
    last_sequence: u64,
    /// Number of events pushed since the last notification.
    unnotified: usize,
    /// Whether a consumer must yield once to producers before it sleeps, because it popped an event.
    should_yield: bool,
    /// Number of threads that wait for an event, and of those that wait until the queue is empty. A notification
    /// without a waiter would cost a system call.
    waiting_consumers: usize,
    waiting_until_empty: usize,
    /// Whether it rejects triggers. Outcomes are still accepted.
    rejects_triggers: bool,
    closed: bool,
    /// Number of events that arrived after close.
    dropped: usize,
    notifier: Notifier,
    one_shot: OneShotState,
}

impl Inbox {
    /// Creates an inbox for at most `capacity` events with `max_bytes` in total.
    pub fn new(capacity: usize, max_bytes: usize) -> Self {
        Inbox {
            state: Mutex::default(),
            ready: Condvar::new(),
            emptied: Condvar::new(),
            capacity,
            max_bytes,
        }
    }

    /// Adds an event with the next sequence number. Consumers wake at the next [`notify`](Self::notify).
    pub fn push(&self, content: Content, received_at: i64) -> Result<(), TryPushError> {
        let mut state = self.lock();
        self.check_room(&state, content.size())?;
        let event = state.number_event(content, received_at);
        state.push(event);
        Ok(())
    }

    /// Adds an event without a limit, and notifies. The application made the room for it when it posted the request. A
    /// closed inbox drops it.
    pub fn push_always(&self, content: Content, received_at: i64) {
        let mut state = self.lock();
        let event = state.number_event(content, received_at);
        self.push_and_notify(state, event);
    }

    /// Reserves a slot for a trigger of this size, which is stored first. [`push_reserved`](Self::push_reserved) or
    /// [`release_slot`](Self::release_slot) must follow.
    #[cfg(feature = "store")]
    pub fn reserve(&self, size: usize) -> Result<(), TryPushError> {
        let mut state = self.lock();
        self.check_room(&state, size)?;
        state.reserved_slots += 1;
        state.bytes += size;
        Ok(())
    }

    /// Adds an event to its reserved slot. A closed inbox drops it, because the store redelivers it. Consumers wake at
    /// the next [`notify`](Self::notify).
    #[cfg(feature = "store")]
    pub fn push_reserved(&self, event: QueuedEvent) {
        let mut state = self.lock();
        state.release_reservation(event.content.size());
        state.push_unless_closed(event);
    }

    /// Releases the slot of a trigger of this size.
    #[cfg(feature = "store")]
    pub fn release_slot(&self, size: usize) {
        self.lock().release_reservation(size);
    }

    /// Adds a stored event without a limit, and notifies. A closed inbox drops it, because the store redelivers it.
    #[cfg(feature = "store")]
    pub fn restore(&self, event: QueuedEvent) {
        self.push_and_notify(self.lock(), event);
    }

    fn check_room(&self, state: &InboxState, size: usize) -> Result<(), TryPushError> {
        let count = state.len() + state.reserved_slots;
        // An event that is larger than the limit would never be accepted otherwise.
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

    /// Wakes consumers of the events since the last notification.
    pub fn notify(&self) {
        self.notify_locked(self.lock());
    }

    fn notify_locked(&self, mut state: MutexGuard<'_, InboxState>) {
        let unnotified = std::mem::take(&mut state.unnotified);
        state.update_notifier();
        // A consumer that finds no event sleeps again.
        let to_wake = unnotified.min(state.waiting_consumers);
        let one_shot = state.take_one_shot();
        let signalled = state.take_signalled();
        drop(state);
        if let Some(wake) = one_shot {
            wake();
        }
        for _ in 0..to_wake {
            self.ready.notify_one();
        }
        signalled.into_iter().for_each(StreamWaker::wake);
    }

    /// Blocks until an event can be popped, or until `deadline`. Returns `false` if the inbox is closed and empty.
    pub fn wait(&self, deadline: Instant) -> bool {
        let state = self.wait_for_event(deadline);
        !is_drained(&state)
    }

    /// Pops the first event that is not held, and blocks until `deadline` for it. Returns `None` at the deadline
    /// or if the inbox is closed. With `hold`, the next events of its interaction are held until
    /// [`release`](Self::release).
    pub fn pop(&self, deadline: Instant, hold: bool) -> Option<QueuedEvent> {
        self.pop_locked(self.wait_for_event(deadline), hold)
    }

    /// As [`pop`](Self::pop), without blocking.
    pub fn pop_ready(&self, hold: bool) -> Option<QueuedEvent> {
        self.pop_locked(self.lock(), hold)
    }

    fn pop_locked(&self, mut state: MutexGuard<'_, InboxState>, hold: bool) -> Option<QueuedEvent> {
        if state.is_paused {
            return None;
        }
        let event = match &mut state.streams {
            Some(streams) => streams.pop(),
            None => state.lanes.pop(hold),
        }?;
        state.bytes -= event.content.size();
        state.should_yield = true;
        state.update_notifier();
        if state.len() == 0 && state.waiting_until_empty > 0 {
            self.emptied.notify_all();
        }
        Some(event)
    }

    /// Releases the next event of an interaction, after an event that was popped with `hold`.
    pub fn release(&self, client_id: &str) {
        let mut state = self.lock();
        state.lanes.release(client_id);
        state.update_notifier();
        let is_awaited = state.is_ready() && state.waiting_consumers > 0;
        let one_shot = state.take_one_shot();
        drop(state);
        if let Some(wake) = one_shot {
            wake();
        }
        if is_awaited {
            self.ready.notify_one();
        }
    }

    fn wait_for_event(&self, deadline: Instant) -> MutexGuard<'_, InboxState> {
        let mut state = self.lock();
        // Held events of a closed inbox are still delivered.
        while !state.is_ready() && !is_drained(&state) {
            let time_left = deadline.saturating_duration_since(Instant::now());
            if time_left == Duration::ZERO {
                break;
            }
            if std::mem::take(&mut state.should_yield) {
                // Events that producers push now need no wake-up.
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

    /// Blocks until the inbox is empty or paused, or until `deadline`.
    pub fn wait_until_empty(&self, deadline: Instant) {
        let mut state = self.lock();
        while state.len() > 0 && !state.is_paused {
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

    /// Pauses or resumes the delivery of events. Returns the number of queued events, or `None` if nothing changed.
    pub fn set_paused(&self, paused: bool) -> Option<usize> {
        let mut state = self.lock();
        if std::mem::replace(&mut state.is_paused, paused) == paused {
            return None;
        }
        let queued = state.len();
        state.unnotified = queued;
        if state.waiting_until_empty > 0 {
            self.emptied.notify_all();
        }
        self.notify_locked(state);
        Some(queued)
    }

    /// Returns whether an event can be popped.
    pub fn is_ready(&self) -> bool {
        self.lock().is_ready()
    }

    /// Returns whether events are queued and not paused.
    pub fn has_deliverable_events(&self) -> bool {
        let state = self.lock();
        !state.is_paused && state.len() > 0
    }

    /// Returns the number of queued events.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Rejects new triggers. Outcomes and triggers with a reserved slot are still accepted.
    pub fn reject_triggers(&self) {
        self.lock().rejects_triggers = true;
    }

    /// Rejects new events and wakes waiting consumers. Queued events can still be popped.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        if let Some(streams) = &mut state.streams {
            streams.signal_all();
        }
        let signalled = state.take_signalled();
        drop(state);
        self.ready.notify_all();
        signalled.into_iter().for_each(StreamWaker::wake);
    }

    /// Returns the number of events that were dropped because the inbox was closed.
    pub fn dropped(&self) -> usize {
        self.lock().dropped
    }

    /// Returns whether new triggers are rejected.
    #[cfg(feature = "listener")]
    pub fn is_rejecting_triggers(&self) -> bool {
        let state = self.lock();
        state.closed || state.rejects_triggers
    }

    /// Returns whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Drops all queued events and returns their number.
    pub fn clear(&self) -> usize {
        let mut state = self.lock();
        let remaining = std::mem::take(&mut state.lanes);
        let in_streams = state.streams.as_mut().map_or(0, |streams| streams.clear());
        state.bytes = 0;
        state.update_notifier();
        drop(state);
        self.ready.notify_all();
        remaining.len() + in_streams
    }

    /// Returns the object that is signalled while an event can be popped. It is updated at each notification.
    pub fn wake(&self) -> io::Result<Arc<Wake>> {
        let mut state = self.lock();
        let is_ready = state.is_ready();
        state.notifier.wake(is_ready)
    }

    /// Posts this window message when an event can be popped. `None` ends that.
    pub fn set_window_message(&self, message: Option<WindowMessage>) {
        let mut state = self.lock();
        let is_ready = state.is_ready();
        state.notifier.set_message(message, is_ready);
    }

    /// Allows the next window message, at the end of a call that takes events.
    pub fn rearm_window_message(&self) {
        if WindowMessage::IS_SUPPORTED {
            let mut state = self.lock();
            let is_ready = state.is_ready();
            state.notifier.rearm_message(is_ready);
        }
    }

    /// Sets the function of the [one-shot notifier](crate::receiving::queue::one_shot_notifier::OneShotNotifier).
    pub fn set_one_shot(&self, function: WakeFunction) {
        self.lock().one_shot.set(function);
    }

    /// Returns an upper bound of the events that can be popped. If it is less than `wanted`, arms the one-shot
    /// notifier.
    pub fn arm_one_shot(&self, wanted: usize) -> usize {
        let mut state = self.lock();
        let ready = if state.is_paused {
            0
        } else {
            state.ready_count()
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

    #[cfg(feature = "store")]
    fn release_reservation(&mut self, size: usize) {
        self.reserved_slots -= 1;
        // `clear` may have set the sum to 0 in the meantime.
        self.bytes = self.bytes.saturating_sub(size);
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
        let needs_consumer = match &mut self.streams {
            Some(streams) => streams.push(event),
            None => {
                self.lanes.push(event);
                true
            }
        };
        self.unnotified += usize::from(needs_consumer);
    }

    fn update_notifier(&mut self) {
        self.notifier.set_ready(self.is_ready());
    }

    /// Returns whether an event can be popped.
    fn is_ready(&self) -> bool {
        !self.is_paused && self.ready_count() > 0
    }

    /// Returns an upper bound of the events that can be popped, without those of event streams.
    fn ready_count(&self) -> usize {
        match &self.streams {
            Some(streams) => streams.ready_count(),
            None => self.lanes.ready_count(),
        }
    }

    /// Returns the number of queued events that do not belong to event streams.
    fn consumable_count(&self) -> usize {
        match &self.streams {
            Some(streams) => streams.ready_count(),
            None => self.lanes.len(),
        }
    }

    /// Returns the number of queued events, with held ones and those of event streams.
    fn len(&self) -> usize {
        match &self.streams {
            Some(streams) => streams.len(),
            None => self.lanes.len(),
        }
    }

    fn take_signalled(&mut self) -> Vec<StreamWaker> {
        match &mut self.streams {
            Some(streams) => streams.take_signalled(),
            None => Vec::new(),
        }
    }

    fn take_one_shot(&mut self) -> Option<WakeFunction> {
        if self.is_ready() {
            self.one_shot.take_armed()
        } else {
            None
        }
    }
}

fn is_drained(state: &InboxState) -> bool {
    state.closed && (state.is_paused || state.consumable_count() == 0)
}

pub(crate) mod streams;
#[cfg(test)]
mod tests;
