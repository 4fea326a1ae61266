//! One interaction's way out: its requests leave in the order in which they were made, one at a time, whether the caller
//! waits for them or has posted them.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::interrupt;
use crate::sending::outbox::queued_request::QueuedRequest;

/// The requests of one interaction that wait, and whether one is on its way.
#[derive(Debug, Default)]
pub struct Lane {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Waiting>,
    busy: bool,
    /// Whether the first request waits for its next try.
    paused: bool,
    closed: bool,
    last_caller: u32,
}

#[derive(Debug)]
enum Waiting {
    /// A request that a worker of the outbox is to send.
    QueuedRequest(Box<QueuedRequest>),
    /// A caller that waits for its turn to send a request itself.
    Caller(u32),
}

/// How a caller's wait for its turn has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum LaneWait {
    /// It is the caller's turn.
    Ours,
    /// It has not come in time.
    Late,
    /// It never comes, for the outbox is closed.
    Closed,
    /// The caller has ended the wait.
    Interrupted(Next),
}

/// What a lane needs of the outbox after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Next {
    /// A worker: a posted request may go.
    Worker,
    /// Nothing.
    Nothing,
}

impl Lane {
    /// Waits until `deadline` for a caller's turn. Every one that comes ends with [`done`](Self::done).
    pub fn enter(&self, deadline: Instant) -> LaneWait {
        let mut state = self.lock();
        if !state.busy && state.waiting.is_empty() {
            state.busy = true;
            return LaneWait::Ours;
        }
        // Never as many wait at once as there are numbers.
        state.last_caller = state.last_caller.wrapping_add(1);
        let me = state.last_caller;
        state.waiting.push_back(Waiting::Caller(me));
        loop {
            let is_first =
                matches!(state.waiting.front(), Some(Waiting::Caller(first)) if *first == me);
            if is_first && !state.busy {
                state.waiting.pop_front();
                state.busy = true;
                return LaneWait::Ours;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if state.closed || left == Duration::ZERO {
                self.give_up(&mut state, me);
                return if state.closed {
                    LaneWait::Closed
                } else {
                    LaneWait::Late
                };
            }
            state = self
                .moved
                .wait_timeout(state, interrupt::slice(left))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            if interrupt::is_set() {
                drop(state);
                let ends = interrupt::asks_to_end();
                state = self.lock();
                if ends {
                    self.give_up(&mut state, me);
                    // Its turn may have come meanwhile, and then it is that of what stood behind.
                    return LaneWait::Interrupted(Self::next(&state));
                }
            }
        }
    }

    /// A caller waits no longer.
    fn give_up(&self, state: &mut State, me: u32) {
        state
            .waiting
            .retain(|waiting| !matches!(waiting, Waiting::Caller(caller) if *caller == me));
        // Another caller may be the first one now.
        self.moved.notify_all();
    }

    /// Puts a posted request behind what waits.
    pub fn post(&self, posted: Box<QueuedRequest>) -> Next {
        let mut state = self.lock();
        state.waiting.push_back(Waiting::QueuedRequest(posted));
        Self::next(&state)
    }

    /// Puts a request that could not be sent yet back in front, where it stays until [`resume`](Self::resume), whatever is
    /// posted meanwhile.
    pub fn put_back(&self, posted: Box<QueuedRequest>) {
        let mut state = self.lock();
        state.busy = false;
        state.paused = true;
        state.waiting.push_front(Waiting::QueuedRequest(posted));
    }

    /// The first request may be tried again.
    pub fn resume(&self) {
        self.lock().paused = false;
    }

    /// No posted request leaves any more, so that callers behind one wait in vain: they are woken.
    pub fn close(&self) {
        self.lock().closed = true;
        self.moved.notify_all();
    }

    /// Takes the first request for a worker, if it may go. Every one that is taken ends with [`done`](Self::done) or
    /// [`put_back`](Self::put_back).
    pub fn take(&self) -> Option<Box<QueuedRequest>> {
        let mut state = self.lock();
        if state.busy || state.paused {
            return None;
        }
        match state.waiting.pop_front() {
            Some(Waiting::QueuedRequest(posted)) => {
                state.busy = true;
                Some(posted)
            }
            Some(caller) => {
                state.waiting.push_front(caller);
                None
            }
            None => None,
        }
    }

    /// The request that was on its way has ended.
    pub fn done(&self) -> Next {
        let mut state = self.lock();
        state.busy = false;
        if matches!(state.waiting.front(), Some(Waiting::Caller(_))) {
            self.moved.notify_all();
        }
        Self::next(&state)
    }

    fn next(state: &State) -> Next {
        match state.waiting.front() {
            Some(Waiting::QueuedRequest(_)) if !state.busy && !state.paused => Next::Worker,
            _ => Next::Nothing,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
