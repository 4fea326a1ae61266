//! How events leave: by callbacks in `poll`, one by one through `next`, or by callbacks on a thread of the library.
//! A client uses one of the three, chosen by its first use.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::host;
use crate::host::fork::Origin;
use crate::host::thread::ThreadId;
use crate::status::Status;

/// A way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryMode {
    /// Callbacks on the thread that polls.
    Poll,
    /// Events, fetched one by one.
    Next,
    /// Callbacks on a thread of the library.
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

/// Sees to it that one way out is used, and that no more threads run callbacks than may: one, unless the application
/// asked for more dispatch threads.
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
    /// The threads that run callbacks now.
    callback_threads: Vec<ThreadId>,
    /// How many tasks run callbacks now.
    callback_tasks: usize,
    /// How many threads wait for a turn to end. To notify nobody costs a system call too.
    waiting_threads: usize,
    /// The thread that closes the client from inside a callback.
    closing_thread: Option<ThreadId>,
    closed: bool,
    /// The threads whose callback ran longer than closing could wait, and whether there were such tasks.
    overdue_threads: Vec<ThreadId>,
    tasks_are_overdue: bool,
}

/// Which callbacks closing waits for, beside those on other threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tasks {
    /// Those of tasks, too: none of them is on the thread that waits.
    Awaited,
    /// No others.
    Ignored,
}

impl CallbackGate {
    /// A gate that lets so many dispatch threads in at once.
    pub fn new(dispatch_threads: usize) -> Self {
        CallbackGate {
            origin: Origin::here(),
            state: Mutex::default(),
            changed: Condvar::new(),
            dispatch_threads,
        }
    }

    /// Fails in a child of the process that it was made in.
    ///
    /// # Errors
    /// [`Status::Forked`].
    pub fn check_origin(&self) -> Result<()> {
        self.origin.check()
    }

    /// Chooses the way out, or confirms the one that is chosen.
    ///
    /// # Errors
    /// [`Status::Mode`] where another one is chosen, [`Status::Closed`] after [`close`](Self::close),
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
                    "events of this client leave by {}, so {} can't take them; use one way for the whole life of a client",
                    chosen.name(),
                    mode.name()
                ),
            )),
        }
    }

    /// Waits until `deadline` for a turn to run callbacks; `None` when others have all of them by then.
    ///
    /// # Errors
    /// [`Status::Mode`] where this thread runs a callback already, [`Status::Closed`] after [`close`](Self::close).
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
                    "a callback can't poll its own client; return, and the next event comes",
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

    /// Lets a task run callbacks, beside all that do already, until [`release_task`](Self::release_task).
    ///
    /// # Errors
    /// [`Status::Closed`] after [`close`](Self::close).
    pub fn acquire_for_task(&self) -> Result<()> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::new(Status::Closed, Status::Closed.text()));
        }
        state.callback_tasks += 1;
        Ok(())
    }

    /// A task runs no callbacks any more.
    pub fn release_task(&self) {
        let mut state = self.lock();
        state.callback_tasks -= 1;
        if state.waiting_threads > 0 {
            self.changed.notify_all();
        }
    }

    /// This thread closes the client. Where it is inside a callback, that one counts no longer among those that run.
    pub fn begin_closing(&self) {
        let this_thread = host::thread::id();
        let mut state = self.lock();
        if state.callback_threads.contains(&this_thread) {
            state.closing_thread = Some(this_thread);
        }
    }

    /// Whether a callback runs, but for one that closes the client.
    pub fn has_callbacks(&self) -> bool {
        self.lock().has_callbacks(Tasks::Awaited)
    }

    /// Waits until `deadline` for the callbacks that run; `false` when one still runs then.
    pub fn wait_for_callbacks(&self, tasks: Tasks, deadline: Instant) -> bool {
        self.wait_until_no_callbacks(self.lock(), tasks, deadline)
            .is_ok()
    }

    /// Lets nobody in any more. Waits until `deadline` for the callbacks that run, but for one that closes the client;
    /// `false` when one still runs then.
    pub fn close(&self, tasks: Tasks, deadline: Instant) -> bool {
        let mut state = self.lock();
        state.closed = true;
        self.changed.notify_all();
        let Err(mut state) = self.wait_until_no_callbacks(state, tasks, deadline) else {
            return true;
        };
        let closing_thread = state.closing_thread;
        state.overdue_threads = state.callback_threads.clone();
        state
            .overdue_threads
            .retain(|thread| Some(*thread) != closing_thread);
        state.tasks_are_overdue = tasks == Tasks::Awaited;
        false
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

    /// Whether the callback of this thread goes on longer than closing could wait.
    pub fn is_overdue(&self, thread: ThreadId) -> bool {
        self.lock().overdue_threads.contains(&thread)
    }

    /// Whether tasks run callbacks longer than closing could wait.
    pub fn are_tasks_overdue(&self) -> bool {
        self.lock().tasks_are_overdue
    }

    /// Whether events leave by callbacks on threads.
    pub fn is_dispatching(&self) -> bool {
        self.lock().mode == Some(DeliveryMode::Dispatch)
    }

    /// Gives back a turn that was [kept](CallbackPermit::keep).
    pub fn release(&self, thread: ThreadId) {
        let mut state = self.lock();
        state.callback_threads.retain(|other| *other != thread);
        if state.waiting_threads > 0 {
            self.changed.notify_all();
        }
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Whether it is closed and nobody is inside any more.
    pub fn is_finished(&self) -> bool {
        let state = self.lock();
        state.closed && state.callback_threads.is_empty() && state.callback_tasks == 0
    }

    /// Whether this thread runs a callback.
    pub fn is_in_callback(&self) -> bool {
        self.lock().callback_threads.contains(&host::thread::id())
    }

    /// Waits for a change; `Err` at the deadline.
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
        threads.any(|thread| Some(*thread) != self.closing_thread)
            || (tasks == Tasks::Awaited && self.callback_tasks > 0)
    }
}

/// The right to run callbacks, for as long as it lives.
#[derive(Debug)]
pub struct CallbackPermit<'a>(&'a CallbackGate, ThreadId);

impl CallbackPermit<'_> {
    /// Keeps the turn beyond this value; [`CallbackGate::leave`] gives it back, with the thread that this tells.
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
        gate.acquire_for_task().unwrap();
        gate.acquire_for_task().unwrap();
        assert!(gate.close(Tasks::Ignored, Instant::now()));
        assert_eq!(
            gate.acquire_for_task().unwrap_err().status(),
            Status::Closed
        );
        gate.release_task();
        assert!(!gate.is_finished());
        gate.release_task();
        assert!(gate.is_finished());
    }

    #[test]
    fn close_waits_for_tasks_if_they_are_awaited() {
        let gate = &CallbackGate::new(1);
        gate.acquire_for_task().unwrap();
        assert!(gate.wait_for_callbacks(Tasks::Ignored, Instant::now()));
        assert!(!gate.wait_for_callbacks(Tasks::Awaited, Instant::now()));
        assert!(!gate.close(Tasks::Awaited, Instant::now()));
        assert!(gate.are_tasks_overdue() && !gate.is_overdue(host::thread::id()));
        thread::scope(|scope| {
            let far = Instant::now() + Duration::from_secs(60);
            let closing = scope.spawn(move || gate.close(Tasks::Awaited, far));
            gate.release_task();
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
        assert!(gate.close(Tasks::Awaited, Instant::now()));
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
