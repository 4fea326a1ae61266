//! The event streams of an inbox: each pops only the events of one client id.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::receiving::queue::event::QueuedEvent;
use crate::receiving::queue::event_streams::{EventStreams, StreamWaker, WakerId};
use crate::receiving::queue::inbox::{Inbox, InboxState};

/// The result of waiting for the next event of a stream.
#[derive(Debug)]
pub enum StreamResult {
    /// The event.
    Event(QueuedEvent),
    /// None came until the deadline.
    TimedOut,
    /// There is no event, and the interaction has ended, or the conversation was freed.
    Ended,
    /// There is no event, and the inbox is closed.
    Closed,
}

impl Inbox {
    /// Opens the stream of a client id. From now on, other consumers do not pop its events.
    pub fn open_stream(&self, client_id: &Arc<str>) {
        let mut state = self.lock();
        state.streams_mut().open(client_id);
        state.update_notifier();
    }

    /// Closes the stream that a conversation opened, and wakes its waiters. The remaining events are for other consumers.
    pub fn close_stream(&self, client_id: &Arc<str>) {
        let mut state = self.lock();
        let released = state.streams_mut().close(client_id);
        state.unnotified += released;
        self.notify_locked(state);
    }

    /// Passes triggers that contain only this hash to the stream of its client id, if there is one.
    pub fn adopt(&self, hash: &str, client_id: &str) {
        let mut state = self.lock();
        if let Some(streams) = &mut state.streams {
            streams.adopt(hash, client_id);
            self.notify_locked(state);
        }
    }

    /// Wakes the waiters of a stream.
    pub fn signal_stream(&self, client_id: &str) {
        let mut state = self.lock();
        if let Some(streams) = &mut state.streams {
            streams.signal(client_id);
            self.notify_locked(state);
        }
    }

    /// Pops the next event of a stream, and blocks until `deadline` for it. Without a deadline, it does not block. `is_freed` and `is_ended` are set before the
    /// waiters are woken.
    pub fn pop_of(
        &self,
        client_id: &str,
        deadline: Option<Instant>,
        is_freed: &AtomicBool,
        is_ended: &AtomicBool,
    ) -> StreamResult {
        let mut state = self.lock();
        loop {
            if is_freed.load(Ordering::Acquire) {
                return StreamResult::Ended;
            }
            if let Some(event) = state.streams_mut().pop_of(client_id) {
                state.bytes -= event.content.size();
                return StreamResult::Event(event);
            }
            if state.closed {
                return StreamResult::Closed;
            }
            if is_ended.load(Ordering::Acquire) {
                return StreamResult::Ended;
            }
            let time_left = deadline.map_or(Duration::ZERO, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            if time_left == Duration::ZERO {
                return StreamResult::TimedOut;
            }
            state = self.wait_for_stream(state, client_id, time_left);
        }
    }

    fn wait_for_stream<'a>(
        &self,
        mut state: MutexGuard<'a, InboxState>,
        client_id: &str,
        time_left: Duration,
    ) -> MutexGuard<'a, InboxState> {
        // Its own condition variable, because an event of one stream must not wake the waiters of the others.
        let woken = Arc::new(Condvar::new());
        let waker = StreamWaker::Thread(woken.clone());
        let id = state.streams_mut().add_waker(client_id, waker);
        let (mut state, _) = woken
            .wait_timeout(state, time_left)
            .unwrap_or_else(PoisonError::into_inner);
        state.streams_mut().remove_waker(client_id, id);
        state
    }

    /// Calls `wake` once, when an event of the stream can be popped or it ends. Calls it now if that is the case already.
    pub fn wake_for_stream(
        &self,
        client_id: &str,
        is_over: impl Fn() -> bool,
        wake: Box<dyn FnOnce() + Send>,
    ) -> WakerId {
        let mut state = self.lock();
        let is_closed = state.closed;
        let streams = state.streams_mut();
        if is_closed || is_over() || streams.has_event(client_id) {
            drop(state);
            wake();
            return 0;
        }
        let id = streams.add_waker(client_id, StreamWaker::Function(wake));
        self.notify_locked(state);
        id
    }

    /// Ends the wait for a call of `wake`.
    pub fn cancel_wake(&self, client_id: &str, id: WakerId) {
        let removed = self.lock().streams_mut().remove_waker(client_id, id);
        drop(removed);
    }
}

impl InboxState {
    /// Returns the streams. Moves all events there at the first call. None is held: streams exist only in the delivery mode
    /// next.
    fn streams_mut(&mut self) -> &mut EventStreams {
        let lanes = &mut self.lanes;
        self.streams
            .get_or_insert_with(|| Box::new(EventStreams::new(std::mem::take(lanes))))
    }
}
