//! The worker threads of the outbox: when they start, and which task each runs next.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Delivery, Error, Result};
use crate::host;
use crate::os_error;
use crate::sending::interaction_types::Interaction;
use crate::sending::outbox::scheduled_task::ScheduledTask;
use crate::sending::outbox::{Outbox, closed};
use crate::status::Status;

/// The longest wait of an idle worker.
const WORKER_IDLE_TIMEOUT: Duration = Duration::from_secs(60);

impl Outbox {
    /// Starts the first worker, if it does not run yet.
    ///
    /// # Errors
    /// [`Status::Closed`]; [`Status::System`]: the thread can't be started.
    pub(crate) fn ensure_worker(self: &Arc<Self>) -> Result<()> {
        match self.lock().worker_count {
            0 => {}
            _ => return Ok(()),
        }
        self.spawn_worker()
    }

    /// Starts one more worker, if the limit allows it.
    pub(crate) fn spawn_worker(self: &Arc<Self>) -> Result<()> {
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut state = self.lock();
            // After the close, `join` may not see a new thread.
            if state.closed {
                return Err(closed());
            }
            if state.worker_count >= self.connections {
                return Ok(());
            }
            state.worker_count += 1;
        }
        let outbox = self.clone();
        match host::thread::spawn("omnize-outbox", move || outbox.run_worker()) {
            Ok(worker) => workers.push(worker),
            Err(error) => {
                self.lock().worker_count -= 1;
                let error = os_error::describe(&error);
                let message = format!("the outbox can't start a thread: {error}");
                return Err(Error::new(Status::System, message).with_delivery(Delivery::NotSent));
            }
        }
        Ok(())
    }

    /// Queues an interaction whose next request can be sent by a worker.
    pub fn enqueue_lane(self: &Arc<Self>, interaction: Arc<Interaction>) {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            return interaction.lane.close();
        }
        state.ready.push_back(interaction);
        let lacks_workers = state.lacks_workers();
        drop(state);
        self.changed.notify_one();
        self.spawn_worker_if(lacks_workers);
    }

    fn spawn_worker_if(self: &Arc<Self>, needed: bool) {
        if needed {
            // If it fails, the present workers send the request later.
            let _ = self.spawn_worker();
        }
    }

    /// Schedules a task.
    pub(crate) fn schedule(&self, due: Instant, task: ScheduledTask) {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            if let ScheduledTask::Send(interaction) | ScheduledTask::Retry(interaction, _) = task {
                interaction.lane.close();
            }
            return;
        }
        state.last_scheduled += 1;
        let key = (due, state.last_scheduled);
        state.scheduled.insert(key, task);
        drop(state);
        self.changed.notify_one();
    }

    fn run_worker(self: &Arc<Self>) {
        self.lock().worker_threads.push(host::thread::id());
        while let Some(task) = self.wait_for_task() {
            // The application's log callback may panic. Its request has ended by then, so the worker continues. The
            // panic hook has logged the panic.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| self.run_task(task)));
        }
    }

    fn run_task(self: &Arc<Self>, task: ScheduledTask) {
        match task {
            ScheduledTask::Send(interaction) => self.send_first(interaction),
            ScheduledTask::Retry(interaction, ticket) => {
                interaction.lane.resume(ticket);
                self.send_first(interaction);
            }
            ScheduledTask::CheckTyping(timer) => self.check_typing_timeout(&timer),
        }
    }

    /// Blocks until a task is due; returns `None` when the outbox is closed.
    fn wait_for_task(self: &Arc<Self>) -> Option<ScheduledTask> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let now = Instant::now();
            if let Some(entry) = state
                .scheduled
                .first_entry()
                .filter(|entry| entry.key().0 <= now)
            {
                let task = entry.remove();
                let lacks_workers = state.lacks_workers();
                drop(state);
                self.spawn_worker_if(lacks_workers);
                return Some(task);
            }
            if !state.is_paused
                && let Some(interaction) = state.ready.pop_front()
            {
                if state.idle_workers > 0 && !state.scheduled.is_empty() {
                    // This worker was to wait for the next scheduled task; another one must do it now.
                    self.changed.notify_one();
                }
                return Some(ScheduledTask::Send(interaction));
            }
            let until_due = state
                .scheduled
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
