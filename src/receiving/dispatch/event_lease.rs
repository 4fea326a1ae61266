//! One event, and the turn to handle it: for a binding that runs the application's handlers on threads or tasks of its own
//! language.

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::host::fork_guard::ForkGuarded;
use crate::host::thread::ThreadId;
use crate::receiving::dispatch::callback_gate::DeliveryMode;
use crate::receiving::queue::event::Event;
use crate::receiving::receiver::Receiver;
use crate::receiving::statistics::Statistic;
use crate::receiving::time::deadline_after;
use crate::status::Status;

/// Who runs the handlers of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumer {
    /// The thread that polls. Other threads that poll wait meanwhile.
    Poll,
    /// A thread that does nothing else. As many as the option `dispatch.threads` says have a turn at once, and events of an
    /// interaction wait for one another.
    Thread,
    /// A task among others on its thread. Events of an interaction wait for one another; how many tasks there are is the
    /// binding's to see to. Closing waits for them where it is [asked to](crate::Client::close_with_tasks).
    Task,
    /// As [`Task`](Self::Task), where the application's own task polls: closing does not wait until what waits was handled.
    PollingTask,
}

/// Who is inside the callback_gate for an event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PermitKind {
    /// This thread, which counts as running a callback.
    Thread(ThreadId),
    /// A task.
    Task,
}

/// An event that is being handled. Dropping it says that it was, but for one whose handler ran longer than closing could
/// wait, or that was [given back](Event::nack): with a store, those come again.
#[derive(Debug)]
pub struct EventLease {
    // Dropped before the turn ends: the last one to end closes the store, in which this is to be noted before.
    event: Arc<Event>,
    guard: LeaseGuard,
}

/// What ends with a turn.
#[derive(Debug)]
struct LeaseGuard {
    receiver: ForkGuarded<Arc<Receiver>>,
    /// The interaction whose next events are held back.
    lane: Option<String>,
    permit: PermitKind,
}

impl Receiver {
    /// Chooses who runs the handlers.
    ///
    /// # Errors
    /// [`Status::Mode`], [`Status::Closed`].
    pub fn choose_consumer(&self, consumer: Consumer) -> Result<()> {
        self.callback_gate.choose_mode(match consumer {
            Consumer::Poll | Consumer::PollingTask => DeliveryMode::Poll,
            Consumer::Thread | Consumer::Task => DeliveryMode::Dispatch,
        })
    }

    /// Waits up to `timeout` for an event that may be handled now, and gives it with the turn to handle it; `None` where
    /// none came.
    ///
    /// # Errors
    /// [`Status::Mode`], [`Status::Closed`].
    pub fn lease(
        self: &Arc<Self>,
        consumer: Consumer,
        timeout: Duration,
    ) -> Result<Option<EventLease>> {
        let deadline = deadline_after(timeout);
        self.choose_consumer(consumer)?;
        if !self.inbox.wait(deadline) {
            self.finish_close();
            return Err(Error::new(Status::Closed, Status::Closed.text()));
        }
        // As in `run_dispatcher`, the turn comes before the event.
        let permit = match consumer {
            Consumer::Task | Consumer::PollingTask => {
                self.callback_gate.acquire_for_task()?;
                PermitKind::Task
            }
            Consumer::Poll | Consumer::Thread => match self.callback_gate.acquire(deadline)? {
                Some(permit) => PermitKind::Thread(permit.into_thread()),
                None => return Ok(None),
            },
        };
        // A thread alone handles one event after the other.
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

    /// Whether the turn at this permit went on longer than closing could wait.
    pub(crate) fn is_overdue(&self, permit: PermitKind) -> bool {
        match permit {
            PermitKind::Thread(thread) => self.callback_gate.is_overdue(thread),
            PermitKind::Task => self.callback_gate.are_tasks_overdue(),
        }
    }

    /// The event of a turn was handled; it was of the interaction `lane` where others of it were held back.
    pub(crate) fn end_lease(&self, lane: Option<&str>, permit: PermitKind) {
        self.counters.count(Statistic::Handled);
        if let Some(client_id) = lane {
            self.inbox.release(client_id);
        }
        self.release_permit(permit);
    }

    fn release_permit(&self, permit: PermitKind) {
        match permit {
            PermitKind::Thread(thread) => self.callback_gate.release(thread),
            PermitKind::Task => self.callback_gate.release_task(),
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

    /// The event.
    pub fn event(&self) -> &Arc<Event> {
        &self.event
    }

    /// Says that no handler wants it, which is counted and logged.
    pub fn report_unwanted(&self) {
        if let Ok(receiver) = self.guard.receiver.get() {
            receiver.count_unwanted(&self.event);
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
