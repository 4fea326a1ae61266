//! The threads that send what was posted: when there is one, and what each does next.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Delivery, Error, Result};
use crate::host;
use crate::sending::interaction_types::Interaction;
use crate::sending::outbox::{Outbox, closed};
use crate::sending::typing::keystrokes::TypingTimer;
use crate::status::Status;

/// How long an idle worker sleeps at the most before it looks around again.
const WORKER_IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Something whose time comes.
#[derive(Debug)]
pub enum ScheduledTask {
    /// The interaction's first request may go.
    Try(Arc<Interaction>),
    /// The interaction's first request is to be tried again.
    Again(Arc<Interaction>),
    /// The customer may have stopped typing.
    Look(TypingTimer),
}

impl Outbox {
    /// Sees to it that there is a worker.
    ///
    /// # Errors
    /// [`Status::Closed`]; [`Status::System`]: no thread.
    pub(crate) fn staff(self: &Arc<Self>) -> Result<()> {
        match self.lock().hired_workers {
            0 => {}
            _ => return Ok(()),
        }
        self.hire()
    }

    /// Starts one more worker, where more are allowed.
    fn hire(self: &Arc<Self>) -> Result<()> {
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut state = self.lock();
            // Then `join` may have been here already.
            if state.closed {
                return Err(closed());
            }
            if state.hired_workers >= self.connections {
                return Ok(());
            }
            state.hired_workers += 1;
        }
        let outbox = self.clone();
        match host::thread::spawn("omnize-outbox", move || outbox.work()) {
            Ok(worker) => workers.push(worker),
            Err(error) => {
                self.lock().hired_workers -= 1;
                let message = format!("no thread for the outbox: {error}");
                return Err(Error::new(Status::System, message).delivered(Delivery::NotSent));
            }
        }
        Ok(())
    }

    /// The interaction's lane is free again, and its next request is one that was posted.
    pub fn make_ready(self: &Arc<Self>, interaction: Arc<Interaction>) {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            return interaction.lane.close();
        }
        state.ready.push_back(interaction);
        let more_than_idle = state.ready.len() > state.idle_workers;
        drop(state);
        self.changed.notify_one();
        self.hire_if(more_than_idle);
    }

    fn hire_if(self: &Arc<Self>, needed: bool) {
        if needed {
            // Where no further one can be had, those that there are come to it.
            let _ = self.hire();
        }
    }

    /// Has something done then.
    pub(crate) fn later(&self, when: Instant, due: ScheduledTask) {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            if let ScheduledTask::Try(interaction) | ScheduledTask::Again(interaction) = due {
                interaction.lane.close();
            }
            return;
        }
        state.last_later += 1;
        let key = (when, state.last_later);
        state.later.insert(key, due);
        drop(state);
        self.changed.notify_one();
    }

    fn work(self: &Arc<Self>) {
        while let Some(due) = self.next() {
            // The callback of the log is the application's. Where it panics, the request that it was told of has ended, and
            // the worker goes on; the panic was reported by the hook.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| self.see_to(due)));
        }
    }

    fn see_to(self: &Arc<Self>, due: ScheduledTask) {
        match due {
            ScheduledTask::Try(interaction) => self.try_first(interaction),
            ScheduledTask::Again(interaction) => {
                interaction.lane.resume();
                self.try_first(interaction);
            }
            ScheduledTask::Look(watched) => self.look(&watched),
        }
    }

    /// Waits for something to do; `None` when the outbox is closed.
    fn next(self: &Arc<Self>) -> Option<ScheduledTask> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let now = Instant::now();
            if let Some(entry) = state
                .later
                .first_entry()
                .filter(|entry| entry.key().0 <= now)
            {
                let due = entry.remove();
                let more_than_idle = state.ready.len() > state.idle_workers;
                drop(state);
                self.hire_if(more_than_idle);
                return Some(due);
            }
            if let Some(interaction) = state.ready.pop_front() {
                if state.idle_workers > 0 && !state.later.is_empty() {
                    // The others may sleep longer than until the next thing is due, which was left to this one.
                    self.changed.notify_one();
                }
                return Some(ScheduledTask::Try(interaction));
            }
            let until_due = state
                .later
                .first_key_value()
                .map(|((due, _), _)| *due - now);
            state.idle_workers += 1;
            state = self
                .changed
                .wait_timeout(state, until_due.unwrap_or(WORKER_IDLE_TIMEOUT))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.idle_workers -= 1;
        }
    }
}
