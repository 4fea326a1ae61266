//! The request queue of one interaction. Blocking and posted requests leave in order, one at a time.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::interrupt;
use crate::sending::outbox::queued_request::QueuedRequest;

/// The waiting requests of one interaction, and whether one is in progress.
#[derive(Debug, Default)]
pub struct Lane {
    state: Mutex<LaneState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct LaneState {
    waiting: VecDeque<LaneEntry>,
    is_busy: bool,
    /// The ticket of the request that waits for its next attempt.
    paused_by: Option<u64>,
    is_closed: bool,
    last_caller: u32,
}

#[derive(Debug)]
enum LaneEntry {
    /// A posted request. A worker of the outbox sends it.
    QueuedRequest(Box<QueuedRequest>),
    /// A blocking call, which sends its request itself.
    Caller(u32),
}

impl LaneEntry {
    fn queued(&self) -> Option<&QueuedRequest> {
        match self {
            LaneEntry::QueuedRequest(queued) => Some(queued),
            LaneEntry::Caller(_) => None,
        }
    }
}

/// The result of a blocking call's wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum LaneWait {
    /// The caller may send its request.
    Acquired,
    /// The deadline has passed.
    TimedOut,
    /// The outbox is closed.
    Closed,
    /// The interrupt hook ended the wait.
    Interrupted(WorkerNeeded),
}

/// Whether the lane needs a worker of the outbox after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum WorkerNeeded {
    /// A posted request can be sent.
    Yes,
    /// No posted request can be sent now.
    No,
}

/// Requests that were removed from a lane.
#[derive(Debug)]
pub struct LaneCancellation {
    /// In their order.
    pub requests: Vec<QueuedRequest>,
    /// Whether the next request can be sent now.
    pub worker_needed: WorkerNeeded,
}

impl Lane {
    /// Waits until `deadline` for the permission to send. After [`LaneWait::Acquired`], the caller must call
    /// [`release`](Self::release).
    pub fn acquire(&self, deadline: Instant) -> LaneWait {
        let mut state = self.lock();
        if !state.is_busy && state.waiting.is_empty() {
            state.is_busy = true;
            return LaneWait::Acquired;
        }
        // Fewer callers wait at the same time than there are numbers.
        state.last_caller = state.last_caller.wrapping_add(1);
        let caller = state.last_caller;
        state.waiting.push_back(LaneEntry::Caller(caller));
        loop {
            let is_first =
                matches!(state.waiting.front(), Some(LaneEntry::Caller(first)) if *first == caller);
            if is_first && !state.is_busy {
                state.waiting.pop_front();
                state.is_busy = true;
                return LaneWait::Acquired;
            }
            let remaining = deadline.saturating_duration_since(Instant::now());
            if state.is_closed || remaining == Duration::ZERO {
                self.remove_caller(&mut state, caller);
                return if state.is_closed {
                    LaneWait::Closed
                } else {
                    LaneWait::TimedOut
                };
            }
            state = self
                .changed
                .wait_timeout(state, interrupt::wait_slice(remaining))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            if interrupt::is_set() {
                drop(state);
                let is_interrupted = interrupt::should_interrupt();
                state = self.lock();
                if is_interrupted {
                    self.remove_caller(&mut state, caller);
                    // If the caller was the first, the next request can be sent now.
                    return LaneWait::Interrupted(Self::needs_worker(&state));
                }
            }
        }
    }

    /// Removes a caller that stops waiting.
    fn remove_caller(&self, state: &mut LaneState, caller: u32) {
        state
            .waiting
            .retain(|entry| !matches!(entry, LaneEntry::Caller(other) if *other == caller));
        // Another caller may be the first now.
        self.changed.notify_all();
    }

    /// Appends a posted request.
    pub fn enqueue(&self, queued: Box<QueuedRequest>) -> WorkerNeeded {
        let mut state = self.lock();
        state.waiting.push_back(LaneEntry::QueuedRequest(queued));
        Self::needs_worker(&state)
    }

    /// Puts a request back to the front for its next attempt, and pauses the lane until [`resume`](Self::resume).
    pub fn requeue(&self, queued: Box<QueuedRequest>) {
        let mut state = self.lock();
        state.is_busy = false;
        state.paused_by = Some(queued.ticket);
        state.waiting.push_front(LaneEntry::QueuedRequest(queued));
    }

    /// Ends the pause of the request with this ticket.
    pub fn resume(&self, ticket: u64) {
        let mut state = self.lock();
        if state.paused_by == Some(ticket) {
            state.paused_by = None;
        }
    }

    /// Removes the waiting request with this ticket; none if it is in progress or has ended. Calls `on_removed` with
    /// it before the next request can be sent. Its pause does not hold for the request behind it.
    pub fn remove(&self, ticket: u64, on_removed: impl Fn(&QueuedRequest)) -> LaneCancellation {
        let mut state = self.lock();
        let has_ticket = |entry: &LaneEntry| {
            entry
                .queued()
                .is_some_and(|q| !q.is_internal && q.ticket == ticket)
        };
        let at = state.waiting.iter().position(has_ticket);
        let removed = at.and_then(|at| state.waiting.remove(at));
        self.end_removal(&mut state, removed, on_removed)
    }

    /// Removes all waiting requests of the application, as [`remove`](Self::remove) does.
    pub fn remove_all(&self, on_removed: impl Fn(&QueuedRequest)) -> LaneCancellation {
        let mut state = self.lock();
        let is_removed = |entry: &LaneEntry| entry.queued().is_some_and(|q| !q.is_internal);
        let (removed, waiting) = std::mem::take(&mut state.waiting)
            .into_iter()
            .partition::<VecDeque<_>, _>(is_removed);
        state.waiting = waiting;
        self.end_removal(&mut state, removed, on_removed)
    }

    fn end_removal(
        &self,
        state: &mut LaneState,
        removed: impl IntoIterator<Item = LaneEntry>,
        on_removed: impl Fn(&QueuedRequest),
    ) -> LaneCancellation {
        let requests: Vec<_> = removed
            .into_iter()
            .filter_map(|entry| match entry {
                LaneEntry::QueuedRequest(queued) => Some(*queued),
                LaneEntry::Caller(_) => None,
            })
            .inspect(|queued| on_removed(queued))
            .collect();
        if requests
            .iter()
            .any(|queued| state.paused_by == Some(queued.ticket))
        {
            state.paused_by = None;
        }
        // A caller may be the first now.
        self.changed.notify_all();
        LaneCancellation {
            requests,
            worker_needed: Self::needs_worker(state),
        }
    }

    /// Stops sending posted requests. Wakes the callers, which would wait in vain.
    pub fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    /// Returns the first request for a worker, if it can be sent now. The worker must call [`release`](Self::release) or
    /// [`requeue`](Self::requeue).
    pub fn dequeue(&self) -> Option<Box<QueuedRequest>> {
        let mut state = self.lock();
        if state.is_busy || state.paused_by.is_some() {
            return None;
        }
        match state.waiting.pop_front() {
            Some(LaneEntry::QueuedRequest(queued)) => {
                state.is_busy = true;
                Some(queued)
            }
            Some(caller) => {
                state.waiting.push_front(caller);
                None
            }
            None => None,
        }
    }

    /// Ends the request in progress, so that the next one can be sent.
    pub fn release(&self) -> WorkerNeeded {
        let mut state = self.lock();
        state.is_busy = false;
        if matches!(state.waiting.front(), Some(LaneEntry::Caller(_))) {
            self.changed.notify_all();
        }
        Self::needs_worker(&state)
    }

    fn needs_worker(state: &LaneState) -> WorkerNeeded {
        match state.waiting.front() {
            Some(LaneEntry::QueuedRequest(_)) if !state.is_busy && state.paused_by.is_none() => {
                WorkerNeeded::Yes
            }
            _ => WorkerNeeded::No,
        }
    }

    fn lock(&self) -> MutexGuard<'_, LaneState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
