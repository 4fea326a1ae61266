//! The lease of one event. A binding uses it to run handlers on threads or tasks of its own language.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::host::fork_guard::ForkGuarded;
use crate::host::thread::ThreadId;
use crate::receiving::dispatch::callback_gate::{DeliveryMode, TaskId};
use crate::receiving::queue::event::Event;
use crate::receiving::receiver::Receiver;
use crate::receiving::time::deadline_after;
use crate::statistics::Statistic;
use crate::status::Status;

/// The kind of thread or task that handles events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumer {
    /// The thread that polls. Only one thread polls at a time; others wait.
    Poll,
    /// A dedicated thread. At most `dispatch.threads` of them have a lease at once. Events of one interaction are
    /// handled in order.
    Thread,
    /// A task that shares its thread with others. The binding limits the number of tasks. Events of one interaction
    /// are handled in order. Closing waits for tasks only [if requested](crate::Client::close_with_tasks).
    Task,
    /// As [`Task`](Self::Task), for a task of the application that polls: closing does not wait until queued events
    /// are handled.
    PollingTask,
}

/// The holder of a permit of the callback gate.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PermitKind {
    /// This thread. It counts as running a callback.
    Thread(ThreadId),
    /// A task.
    Task(TaskId),
}

/// An event that is being handled. Its drop acknowledges the event, except if its handler still ran at the end of a close
/// or if [`nack`](Event::nack) was called. With a store, such an event is redelivered.
#[derive(Debug)]
pub struct EventLease {
    // Dropped before the guard: the last guard closes the store, and the acknowledgement must be stored before.
    event: Arc<Event>,
    guard: LeaseGuard,
}

/// Returns the permit on drop.
#[derive(Debug)]
struct LeaseGuard {
    receiver: ForkGuarded<Arc<Receiver>>,
    /// The client id of the interaction whose next events are held.
    lane: Option<String>,
    permit: PermitKind,
}

impl Receiver {
    /// Sets the consumer, and with it the delivery mode.
    ///
    /// # Errors
    /// [`Status::Mode`], [`Status::Closed`].
    pub fn set_consumer(&self, consumer: Consumer) -> Result<()> {
        self.callback_gate.choose_mode(match consumer {
            Consumer::Poll | Consumer::PollingTask => DeliveryMode::Poll,
            Consumer::Thread | Consumer::Task => DeliveryMode::Dispatch,
        })
    }

    /// Blocks up to `timeout` for an event, and returns it with the permit to handle it; `None` after a timeout.
    ///
    /// # Errors
    /// [`Status::Mode`], [`Status::Closed`].
    pub fn next_lease(
        self: &Arc<Self>,
        consumer: Consumer,
        timeout: Duration,
    ) -> Result<Option<EventLease>> {
        let deadline = deadline_after(timeout);
        self.set_consumer(consumer)?;
        if !self.inbox.wait(deadline) {
            self.finish_close();
            return Err(Error::new(Status::Closed, Status::Closed.text()));
        }
        // As in `run_dispatcher`, the permit comes before the event.
        let permit = match consumer {
            Consumer::Task | Consumer::PollingTask => {
                PermitKind::Task(self.callback_gate.acquire_for_task()?)
            }
            Consumer::Poll | Consumer::Thread => match self.callback_gate.acquire(deadline)? {
                Some(permit) => PermitKind::Thread(permit.into_thread()),
                None => return Ok(None),
            },
        };
        // A single thread handles one event after the other.
        let hold = match consumer {
            Consumer::Poll => false,
            Consumer::Thread => self.dispatch_threads > 1,
            Consumer::Task | Consumer::PollingTask => true,
        };
        let Some(queued) = self.inbox.pop_ready(hold) else {
            self.release_permit(permit);
            return Ok(None);
        };
        let lane = hold.then(|| queued.content.client_id().to_owned());
        Ok(Some(EventLease::new(
            self.clone(),
            self.make_event(queued),
            lane,
            permit,
        )))
    }

    /// Returns whether the holder of this permit ran past the close deadline.
    pub(crate) fn is_overdue(&self, permit: PermitKind) -> bool {
        match permit {
            PermitKind::Thread(thread) => self.callback_gate.is_overdue(thread),
            PermitKind::Task(task) => self.callback_gate.is_task_overdue(task),
        }
    }

    /// Counts a handled event, releases its lane if one is held, and returns the permit.
    pub(crate) fn end_lease(&self, lane: Option<&str>, permit: PermitKind) {
        self.counters.count(Statistic::Delivered);
        if let Some(client_id) = lane {
            self.inbox.release(client_id);
        }
        self.release_permit(permit);
    }

    fn release_permit(&self, permit: PermitKind) {
        match permit {
            PermitKind::Thread(thread) => self.callback_gate.release(thread),
            PermitKind::Task(task) => self.callback_gate.release_task(task),
        }
        self.finish_close();
    }
}

impl EventLease {
    pub(crate) fn new(
        receiver: Arc<Receiver>,
        event: Event,
        lane: Option<String>,
        permit: PermitKind,
    ) -> Self {
        EventLease {
            event: Arc::new(event),
            guard: LeaseGuard {
                receiver: ForkGuarded::new(receiver),
                lane,
                permit,
            },
        }
    }

    /// Returns the event.
    pub fn event(&self) -> &Arc<Event> {
        &self.event
    }

    /// Returns the number of this lease, if a task has it. [`Client::close_with_tasks`](crate::Client::close_with_tasks)
    /// takes it.
    pub fn task(&self) -> Option<TaskId> {
        match self.guard.permit {
            PermitKind::Thread(_) => None,
            PermitKind::Task(task) => Some(task),
        }
    }

    /// Counts and logs that no handler wants the event. `has_handlers`: whether the application has any handler.
    pub fn report_unwanted(&self, has_handlers: bool) {
        if let Ok(receiver) = self.guard.receiver.get() {
            receiver.count_unwanted(&self.event, has_handlers);
        }
    }
}

impl Drop for EventLease {
    fn drop(&mut self) {
        if let Ok(receiver) = self.guard.receiver.get()
            && receiver.is_overdue(self.guard.permit)
        {
            self.event.nack();
        }
    }
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        if let Ok(receiver) = self.receiver.get() {
            receiver.end_lease(self.lane.as_deref(), self.permit);
        }
    }
}
