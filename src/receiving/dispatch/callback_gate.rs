//! The delivery mode of a client, and the permits to run callbacks.
//!
//! Events are delivered by callbacks in `poll`, one by one by `next`, or by callbacks on dispatch threads. The first
//! use chooses the mode of the client.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::host;
use crate::host::fork::Origin;
use crate::host::thread::ThreadId;
use crate::status::Status;

/// How a client's events reach the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryMode {
    /// Callbacks on the thread that polls.
    Poll,
    /// Events, returned one by one.
    Next,
    /// Callbacks on threads of the library.
    Dispatch,
}

impl DeliveryMode {
    fn name(self) -> &'static str {
        match self {
            DeliveryMode::Poll => "poll",
            DeliveryMode::Next => "next",
            DeliveryMode::Dispatch => "dispatch",
        }
    }
}

/// Enforces the delivery mode, and limits the number of threads that run callbacks: one, or `dispatch.threads`.
#[derive(Debug)]
pub struct CallbackGate {
    origin: Origin,
    state: Mutex<GateState>,
    changed: Condvar,
    dispatch_threads: usize,
}

#[derive(Debug, Default)]
struct GateState {
    mode: Option<DeliveryMode>,
    /// The threads that run callbacks.
    callback_threads: Vec<ThreadId>,
    /// The tasks that run callbacks.
    callback_tasks: HashSet<TaskId>,
    last_task: TaskId,
    /// Number of threads that wait for a change. A notification without a waiter would cost a system call.
    waiting_threads: usize,
    /// The thread that closes the client from inside a callback.
    closing_thread: Option<ThreadId>,
    closed: bool,
    /// The threads whose callbacks ran past the close deadline, and the tasks whose callbacks the close did not wait for.
    overdue_threads: Vec<ThreadId>,
    overdue_tasks: HashSet<TaskId>,
}

/// The number of a task's permit. A client never reuses one.
pub type TaskId = u64;

/// Whether closing waits for the callbacks of tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tasks {
    /// Closing waits for tasks, except for the one that closes. None of them may be on the thread that waits.
    Awaited {
        /// The task whose callback closes the client.
        closing: Option<TaskId>,
    },
    /// Closing waits only for threads.
    Ignored,
}

impl Tasks {
    /// Returns the task whose callback closes the client.
    pub fn closing(self) -> Option<TaskId> {
        match self {
            Tasks::Awaited { closing } => closing,
            Tasks::Ignored => None,
        }
    }
}

impl CallbackGate {
    /// Creates a gate with a limit for dispatch threads.
    pub fn new(dispatch_threads: usize) -> Self {
        CallbackGate {
            origin: Origin::here(),
            state: Mutex::default(),
            changed: Condvar::new(),
            dispatch_threads,
        }
    }

    /// Fails in a forked child process.
    ///
    /// # Errors
    /// [`Status::Forked`].
    pub fn check_origin(&self) -> Result<()> {
        self.origin.check()
    }

    /// Chooses the delivery mode, or confirms the chosen one.
    ///
    /// # Errors
    /// [`Status::Mode`]: another mode was chosen. [`Status::Closed`]: after [`close`](Self::close).
    /// [`Status::Forked`].
    pub fn choose_mode(&self, mode: DeliveryMode) -> Result<()> {
        self.check_origin()?;
        let mut state = self.lock();
        if state.closed {
            return Err(Error::new(Status::Closed, Status::Closed.text()));
        }
        match *state.mode.get_or_insert(mode) {
            chosen if chosen == mode => Ok(()),
            chosen => Err(Error::new(
                Status::Mode,
                format!(
                    "this client delivers events by {}, so {} is not allowed; use one delivery mode for the whole life of a client",
                    chosen.name(),
                    mode.name()
                ),
            )),
        }
    }

    /// Blocks until `deadline` for a permit to run callbacks; returns `None` at the deadline.
    ///
    /// # Errors
    /// [`Status::Mode`]: this thread runs a callback. [`Status::Closed`]: after [`close`](Self::close).
    pub fn acquire(&self, deadline: Instant) -> Result<Option<CallbackPermit<'_>>> {
        let this_thread = host::thread::id();
        let mut state = self.lock();
        loop {
            if state.closed {
                return Err(Error::new(Status::Closed, Status::Closed.text()));
            }
            if state.callback_threads.contains(&this_thread) {
                return Err(Error::new(
                    Status::Mode,
                    "a callback must not poll its own client; return from the callback to get the next event",
                ));
            }
            let limit = match state.mode {
                Some(DeliveryMode::Dispatch) => self.dispatch_threads,
                _ => 1,
            };
            if state.callback_threads.len() < limit {
                state.callback_threads.push(this_thread);
                return Ok(Some(CallbackPermit(self, this_thread)));
            }
            match self.wait(state, deadline) {
                Ok(woken) => state = woken,
                Err(_) => return Ok(None),
            }
        }
    }

    /// Allows a task to run callbacks, without a limit, until [`release_task`](Self::release_task).
    ///
    /// # Errors
    /// [`Status::Closed`]: after [`close`](Self::close).
    pub fn acquire_for_task(&self) -> Result<TaskId> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::new(Status::Closed, Status::Closed.text()));
        }
        state.last_task += 1;
        let task = state.last_task;
        state.callback_tasks.insert(task);
        Ok(task)
    }

    /// Ends the permit of a task.
    pub fn release_task(&self, task: TaskId) {
        let mut state = self.lock();
        state.callback_tasks.remove(&task);
        if state.waiting_threads > 0 {
            self.changed.notify_all();
        }
    }

    /// Records that this thread closes the client. Its callback, if it runs one, is no longer counted.
    pub fn begin_closing(&self) {
        let this_thread = host::thread::id();
        let mut state = self.lock();
        if state.callback_threads.contains(&this_thread) {
            state.closing_thread = Some(this_thread);
        }
    }

    /// Returns whether a callback runs, except one that closes the client.
    pub fn has_callbacks(&self) -> bool {
        self.lock().has_callbacks(Tasks::Awaited { closing: None })
    }

    /// Blocks until no callback runs. Returns `false` at `deadline`.
    pub fn wait_for_callbacks(&self, tasks: Tasks, deadline: Instant) -> bool {
        self.wait_until_no_callbacks(self.lock(), tasks, deadline)
            .is_ok()
    }

    /// Rejects new permits. Blocks until no callback runs, except one that closes the client. Returns `false` at
    /// `deadline`. All callbacks that still run then are overdue, ignored tasks included.
    pub fn close(&self, tasks: Tasks, deadline: Instant) -> bool {
        let mut state = self.lock();
        state.closed = true;
        self.changed.notify_all();
        let (mut state, have_returned) = match self.wait_until_no_callbacks(state, tasks, deadline)
        {
            Ok(state) => (state, true),
            Err(state) => (state, false),
        };
        let closing_thread = state.closing_thread;
        state.overdue_threads = state.callback_threads.clone();
        state
            .overdue_threads
            .retain(|thread| Some(*thread) != closing_thread);
        state.overdue_tasks = state.callback_tasks.clone();
        if let Some(closing) = tasks.closing() {
            state.overdue_tasks.remove(&closing);
        }
        have_returned
    }

    fn wait_until_no_callbacks<'a>(
        &self,
        mut state: MutexGuard<'a, GateState>,
        tasks: Tasks,
        deadline: Instant,
    ) -> std::result::Result<MutexGuard<'a, GateState>, MutexGuard<'a, GateState>> {
        while state.has_callbacks(tasks) {
            state = self.wait(state, deadline)?;
        }
        Ok(state)
    }

    /// Returns whether the callback of this thread ran past the close deadline.
    pub fn is_overdue(&self, thread: ThreadId) -> bool {
        self.lock().overdue_threads.contains(&thread)
    }

    /// Returns whether the callback of this task still ran at the end of the close.
    pub fn is_task_overdue(&self, task: TaskId) -> bool {
        self.lock().overdue_tasks.contains(&task)
    }

    /// Returns whether dispatch threads deliver the events.
    pub fn is_dispatching(&self) -> bool {
        self.lock().mode == Some(DeliveryMode::Dispatch)
    }

    /// Ends the permit of a thread.
    pub fn release(&self, thread: ThreadId) {
        let mut state = self.lock();
        state.callback_threads.retain(|other| *other != thread);
        if state.waiting_threads > 0 {
            self.changed.notify_all();
        }
    }

    /// Returns whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Returns whether it is closed and no permit is held.
    pub fn is_finished(&self) -> bool {
        let state = self.lock();
        state.closed && state.callback_threads.is_empty() && state.callback_tasks.is_empty()
    }

    /// Returns whether this thread runs a callback.
    pub fn is_in_callback(&self) -> bool {
        self.lock().callback_threads.contains(&host::thread::id())
    }

    /// Blocks until a change; `Err` at the deadline.
    fn wait<'a>(
        &self,
        state: MutexGuard<'a, GateState>,
        deadline: Instant,
    ) -> std::result::Result<MutexGuard<'a, GateState>, MutexGuard<'a, GateState>> {
        let time_left = deadline.saturating_duration_since(Instant::now());
        if time_left == Duration::ZERO {
            return Err(state);
        }
        let mut state = state;
        state.waiting_threads += 1;
        let (mut state, _) = self
            .changed
            .wait_timeout(state, time_left)
            .unwrap_or_else(PoisonError::into_inner);
        state.waiting_threads -= 1;
        Ok(state)
    }

    fn lock(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl GateState {
    fn has_callbacks(&self, tasks: Tasks) -> bool {
        let mut threads = self.callback_threads.iter();
        let mut running = self.callback_tasks.iter();
        threads.any(|thread| Some(*thread) != self.closing_thread)
            || match tasks {
                Tasks::Awaited { closing } => running.any(|task| Some(*task) != closing),
                Tasks::Ignored => false,
            }
    }
}

/// The right to run callbacks. Its drop ends it.
#[derive(Debug)]
pub struct CallbackPermit<'a>(&'a CallbackGate, ThreadId);

impl CallbackPermit<'_> {
    /// Returns the thread and keeps the permit. [`CallbackGate::release`] ends it.
    pub fn into_thread(self) -> ThreadId {
        let thread = self.1;
        std::mem::forget(self);
        thread
    }
}

impl Drop for CallbackPermit<'_> {
    fn drop(&mut self) {
        self.0.release(self.1);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn the_first_delivery_mode_is_the_only_one() {
        let gate = CallbackGate::new(1);
        gate.choose_mode(DeliveryMode::Next).unwrap();
        gate.choose_mode(DeliveryMode::Next).unwrap();
        let error = gate.choose_mode(DeliveryMode::Poll).unwrap_err();
        assert_eq!(error.status(), Status::Mode);
        assert!(error.message().contains("next"), "{error}");
    }

    #[test]
    fn one_thread_at_a_time_has_a_permit() {
        let gate = CallbackGate::new(1);
        let permit = gate.acquire(Instant::now()).unwrap().unwrap();
        thread::scope(|scope| {
            let other = scope.spawn(|| gate.acquire(Instant::now()).unwrap().is_none());
            assert!(other.join().unwrap());
        });
        assert_eq!(
            gate.acquire(Instant::now()).unwrap_err().status(),
            Status::Mode
        );
        drop(permit);
        assert!(gate.acquire(Instant::now()).unwrap().is_some());
    }

    #[test]
    fn it_is_finished_after_the_last_task_releases() {
        let gate = CallbackGate::new(1);
        let tasks = [(); 2].map(|()| gate.acquire_for_task().unwrap());
        assert!(gate.close(Tasks::Ignored, Instant::now()));
        assert_eq!(
            gate.acquire_for_task().unwrap_err().status(),
            Status::Closed
        );
        gate.release_task(tasks[0]);
        assert!(!gate.is_finished());
        gate.release_task(tasks[1]);
        assert!(gate.is_finished());
    }

    #[test]
    fn ignored_tasks_are_overdue() {
        let gate = CallbackGate::new(1);
        let task = gate.acquire_for_task().unwrap();
        assert!(gate.close(Tasks::Ignored, Instant::now()));
        assert!(gate.is_task_overdue(task));
    }

    #[test]
    fn the_closing_task_is_neither_awaited_nor_overdue() {
        let gate = &CallbackGate::new(1);
        let closing = gate.acquire_for_task().unwrap();
        let tasks = Tasks::Awaited {
            closing: Some(closing),
        };
        assert!(gate.wait_for_callbacks(tasks, Instant::now()));
        let other = gate.acquire_for_task().unwrap();
        assert!(!gate.wait_for_callbacks(tasks, Instant::now()));
        assert!(!gate.close(tasks, Instant::now()));
        assert!(gate.is_task_overdue(other) && !gate.is_task_overdue(closing));
    }

    #[test]
    fn close_waits_for_tasks_if_they_are_awaited() {
        let gate = &CallbackGate::new(1);
        let task = gate.acquire_for_task().unwrap();
        let awaited = Tasks::Awaited { closing: None };
        assert!(gate.wait_for_callbacks(Tasks::Ignored, Instant::now()));
        assert!(!gate.wait_for_callbacks(awaited, Instant::now()));
        assert!(!gate.close(awaited, Instant::now()));
        assert!(gate.is_task_overdue(task) && !gate.is_overdue(host::thread::id()));
        thread::scope(|scope| {
            let far = Instant::now() + Duration::from_secs(60);
            let closing = scope.spawn(move || gate.close(awaited, far));
            gate.release_task(task);
            assert!(closing.join().unwrap());
        });
    }

    #[test]
    fn the_closing_callback_is_neither_awaited_nor_overdue() {
        let gate = CallbackGate::new(1);
        let _permit = gate.acquire(Instant::now()).unwrap().unwrap();
        assert!(gate.has_callbacks());
        gate.begin_closing();
        assert!(!gate.has_callbacks());
        assert!(gate.close(Tasks::Awaited { closing: None }, Instant::now()));
        assert!(!gate.is_overdue(host::thread::id()));
    }

    #[test]
    fn close_waits_for_another_thread_until_the_deadline() {
        let gate = &CallbackGate::new(1);
        let permit = gate.acquire(Instant::now()).unwrap().unwrap();
        thread::scope(|scope| {
            let closing = scope.spawn(|| gate.close(Tasks::Ignored, Instant::now()));
            assert!(!closing.join().unwrap());
            assert!(gate.is_overdue(host::thread::id()));
            let far = Instant::now() + Duration::from_secs(60);
            let closing = scope.spawn(move || gate.close(Tasks::Ignored, far));
            drop(permit);
            assert!(closing.join().unwrap());
        });
        assert_eq!(
            gate.acquire(Instant::now()).unwrap_err().status(),
            Status::Closed
        );
    }
}
