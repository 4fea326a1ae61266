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
    state: Mutex<State>,
    free: Condvar,
    dispatch_threads: usize,
}

#[derive(Debug, Default)]
struct State {
    way: Option<DeliveryMode>,
    /// The threads that run callbacks now.
    calling: Vec<ThreadId>,
    /// How many tasks run callbacks now.
    tasks: usize,
    /// How many threads wait for a turn to end. To notify nobody costs a system call too.
    waiting: usize,
    /// The thread that closes the client from inside a callback.
    closer: Option<ThreadId>,
    closed: bool,
    /// The threads whose callback ran longer than closing could wait, and whether there were such tasks.
    cut_off: Vec<ThreadId>,
    cuts_off_tasks: bool,
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
    /// A turnstile that lets so many dispatch threads in at once.
    pub fn new(dispatch_threads: usize) -> Self {
        CallbackGate {
            origin: Origin::here(),
            state: Mutex::default(),
            free: Condvar::new(),
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
    pub fn choose(&self, way: DeliveryMode) -> Result<()> {
        self.check_origin()?;
        let mut state = self.lock();
        if state.closed {
            return Err(Error::new(Status::Closed, Status::Closed.text()));
        }
        match *state.way.get_or_insert(way) {
            chosen if chosen == way => Ok(()),
            chosen => Err(Error::new(
                Status::Mode,
                format!(
                    "events of this client leave by {}, so {} can't take them; use one way for the whole life of a client",
                    chosen.name(),
                    way.name()
                ),
            )),
        }
    }

    /// Waits until `deadline` for a turn to run callbacks; `None` when others have all of them by then.
    ///
    /// # Errors
    /// [`Status::Mode`] where this thread runs a callback already, [`Status::Closed`] after [`close`](Self::close).
    pub fn enter(&self, deadline: Instant) -> Result<Option<CallbackPermit<'_>>> {
        let this_thread = host::thread::id();
        let mut state = self.lock();
        loop {
            if state.closed {
                return Err(Error::new(Status::Closed, Status::Closed.text()));
            }
            if state.calling.contains(&this_thread) {
                return Err(Error::new(
                    Status::Mode,
                    "a callback can't poll its own client; return, and the next event comes",
                ));
            }
            let places = match state.way {
                Some(DeliveryMode::Dispatch) => self.dispatch_threads,
                _ => 1,
            };
            if state.calling.len() < places {
                state.calling.push(this_thread);
                return Ok(Some(CallbackPermit(self, this_thread)));
            }
            match self.wait(state, deadline) {
                Ok(woken) => state = woken,
                Err(_) => return Ok(None),
            }
        }
    }

    /// Lets a task run callbacks, beside all that do already, until [`leave_task`](Self::leave_task).
    ///
    /// # Errors
    /// [`Status::Closed`] after [`close`](Self::close).
    pub fn enter_task(&self) -> Result<()> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::new(Status::Closed, Status::Closed.text()));
        }
        state.tasks += 1;
        Ok(())
    }

    /// A task runs no callbacks any more.
    pub fn leave_task(&self) {
        let mut state = self.lock();
        state.tasks -= 1;
        if state.waiting > 0 {
            self.free.notify_all();
        }
    }

    /// This thread closes the client. Where it is inside a callback, that one counts no longer among those that run.
    pub fn begin_closing(&self) {
        let this_thread = host::thread::id();
        let mut state = self.lock();
        if state.calling.contains(&this_thread) {
            state.closer = Some(this_thread);
        }
    }

    /// Whether a callback runs, but for one that closes the client.
    pub fn has_callbacks(&self) -> bool {
        self.lock().has_callbacks(Tasks::Awaited)
    }

    /// Waits until `deadline` for the callbacks that run; `false` when one still runs then.
    pub fn wait_for_callbacks(&self, tasks: Tasks, deadline: Instant) -> bool {
        self.wait_while_calling(self.lock(), tasks, deadline)
            .is_ok()
    }

    /// Lets nobody in any more. Waits until `deadline` for the callbacks that run, but for one that closes the client;
    /// `false` when one still runs then.
    pub fn close(&self, tasks: Tasks, deadline: Instant) -> bool {
        let mut state = self.lock();
        state.closed = true;
        self.free.notify_all();
        let Err(mut state) = self.wait_while_calling(state, tasks, deadline) else {
            return true;
        };
        let closer = state.closer;
        state.cut_off = state.calling.clone();
        state.cut_off.retain(|thread| Some(*thread) != closer);
        state.cuts_off_tasks = tasks == Tasks::Awaited;
        false
    }

    fn wait_while_calling<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        tasks: Tasks,
        deadline: Instant,
    ) -> std::result::Result<MutexGuard<'a, State>, MutexGuard<'a, State>> {
        while state.has_callbacks(tasks) {
            state = self.wait(state, deadline)?;
        }
        Ok(state)
    }

    /// Whether the callback of this thread goes on longer than closing could wait.
    pub fn is_cut_off(&self, thread: ThreadId) -> bool {
        self.lock().cut_off.contains(&thread)
    }

    /// Whether tasks run callbacks longer than closing could wait.
    pub fn cuts_off_tasks(&self) -> bool {
        self.lock().cuts_off_tasks
    }

    /// Whether events leave by callbacks on threads.
    pub fn is_dispatching(&self) -> bool {
        self.lock().way == Some(DeliveryMode::Dispatch)
    }

    /// Gives back a turn that was [kept](CallbackPermit::keep).
    pub fn leave(&self, thread: ThreadId) {
        let mut state = self.lock();
        state.calling.retain(|calling| *calling != thread);
        if state.waiting > 0 {
            self.free.notify_all();
        }
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Whether it is closed and nobody is inside any more.
    pub fn is_over(&self) -> bool {
        let state = self.lock();
        state.closed && state.calling.is_empty() && state.tasks == 0
    }

    /// Whether this thread runs a callback.
    pub fn is_calling(&self) -> bool {
        self.lock().calling.contains(&host::thread::id())
    }

    /// Waits for a change; `Err` at the deadline.
    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        deadline: Instant,
    ) -> std::result::Result<MutexGuard<'a, State>, MutexGuard<'a, State>> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left == Duration::ZERO {
            return Err(state);
        }
        let mut state = state;
        state.waiting += 1;
        let (mut state, _) = self
            .free
            .wait_timeout(state, left)
            .unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        Ok(state)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_callbacks(&self, tasks: Tasks) -> bool {
        let mut calling = self.calling.iter();
        calling.any(|thread| Some(*thread) != self.closer)
            || (tasks == Tasks::Awaited && self.tasks > 0)
    }
}

/// The right to run callbacks, for as long as it lives.
#[derive(Debug)]
pub struct CallbackPermit<'a>(&'a CallbackGate, ThreadId);

impl CallbackPermit<'_> {
    /// Keeps the turn beyond this value; [`CallbackGate::leave`] gives it back, with the thread that this tells.
    pub fn keep(self) -> ThreadId {
        let thread = self.1;
        std::mem::forget(self);
        thread
    }
}

impl Drop for CallbackPermit<'_> {
    fn drop(&mut self) {
        self.0.leave(self.1);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn the_first_way_out_is_the_only_one() {
        let turnstile = CallbackGate::new(1);
        turnstile.choose(DeliveryMode::Next).unwrap();
        turnstile.choose(DeliveryMode::Next).unwrap();
        let error = turnstile.choose(DeliveryMode::Poll).unwrap_err();
        assert_eq!(error.status(), Status::Mode);
        assert!(error.message().contains("next"), "{error}");
    }

    #[test]
    fn one_thread_at_a_time_has_the_turn() {
        let turnstile = CallbackGate::new(1);
        let turn = turnstile.enter(Instant::now()).unwrap().unwrap();
        thread::scope(|scope| {
            let other = scope.spawn(|| turnstile.enter(Instant::now()).unwrap().is_none());
            assert!(other.join().unwrap());
        });
        assert_eq!(
            turnstile.enter(Instant::now()).unwrap_err().status(),
            Status::Mode
        );
        drop(turn);
        assert!(turnstile.enter(Instant::now()).unwrap().is_some());
    }

    #[test]
    fn it_is_over_when_the_last_task_has_left() {
        let turnstile = CallbackGate::new(1);
        turnstile.enter_task().unwrap();
        turnstile.enter_task().unwrap();
        assert!(turnstile.close(Tasks::Ignored, Instant::now()));
        assert_eq!(turnstile.enter_task().unwrap_err().status(), Status::Closed);
        turnstile.leave_task();
        assert!(!turnstile.is_over());
        turnstile.leave_task();
        assert!(turnstile.is_over());
    }

    #[test]
    fn closing_waits_for_tasks_where_that_is_asked_for() {
        let turnstile = &CallbackGate::new(1);
        turnstile.enter_task().unwrap();
        assert!(turnstile.wait_for_callbacks(Tasks::Ignored, Instant::now()));
        assert!(!turnstile.wait_for_callbacks(Tasks::Awaited, Instant::now()));
        assert!(!turnstile.close(Tasks::Awaited, Instant::now()));
        assert!(turnstile.cuts_off_tasks() && !turnstile.is_cut_off(host::thread::id()));
        thread::scope(|scope| {
            let far = Instant::now() + Duration::from_secs(60);
            let closing = scope.spawn(move || turnstile.close(Tasks::Awaited, far));
            turnstile.leave_task();
            assert!(closing.join().unwrap());
        });
    }

    #[test]
    fn the_callback_that_closes_is_not_waited_for_nor_cut_off() {
        let turnstile = CallbackGate::new(1);
        let _turn = turnstile.enter(Instant::now()).unwrap().unwrap();
        assert!(turnstile.has_callbacks());
        turnstile.begin_closing();
        assert!(!turnstile.has_callbacks());
        assert!(turnstile.close(Tasks::Awaited, Instant::now()));
        assert!(!turnstile.is_cut_off(host::thread::id()));
    }

    #[test]
    fn closing_waits_for_the_turn_of_another_thread_within_its_bound() {
        let turnstile = &CallbackGate::new(1);
        let turn = turnstile.enter(Instant::now()).unwrap().unwrap();
        thread::scope(|scope| {
            let closing = scope.spawn(|| turnstile.close(Tasks::Ignored, Instant::now()));
            assert!(!closing.join().unwrap());
            assert!(turnstile.is_cut_off(host::thread::id()));
            let far = Instant::now() + Duration::from_secs(60);
            let closing = scope.spawn(move || turnstile.close(Tasks::Ignored, far));
            drop(turn);
            assert!(closing.join().unwrap());
        });
        assert_eq!(
            turnstile.enter(Instant::now()).unwrap_err().status(),
            Status::Closed
        );
    }
}
