//! One event, and the turn to handle it: for a binding that runs the application's handlers on threads or tasks of its own
//! language.

use std::sync::Arc;

use crate::host::fork_guard::ForkGuarded;
use crate::host::thread::ThreadId;
use crate::receiving::queue::event::Event;
use crate::receiving::receiver::Receiver;

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

/// Who is inside the turnstile for an event.
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
    inside: Inside,
}

/// What ends with a turn.
#[derive(Debug)]
struct Inside {
    receiver: ForkGuarded<Arc<Receiver>>,
    /// The interaction whose next events are held back.
    lane: Option<String>,
    place: PermitKind,
}

impl EventLease {
    pub(crate) fn new(
        receiver: Arc<Receiver>,
        event: Event,
        lane: Option<String>,
        place: PermitKind,
    ) -> Self {
        EventLease {
            event: Arc::new(event),
            inside: Inside {
                receiver: ForkGuarded::new(receiver),
                lane,
                place,
            },
        }
    }

    /// The event.
    pub fn event(&self) -> &Arc<Event> {
        &self.event
    }

    /// Says that no handler wants it, which is counted and logged.
    pub fn unwanted(&self) {
        if let Ok(receiver) = self.inside.receiver.get() {
            receiver.count_unwanted(&self.event);
        }
    }
}

impl Drop for EventLease {
    fn drop(&mut self) {
        if let Ok(receiver) = self.inside.receiver.get()
            && receiver.is_cut_off(self.inside.place)
        {
            self.event.nack();
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        if let Ok(receiver) = self.receiver.get() {
            receiver.end_turn(self.lane.as_deref(), self.place);
        }
    }
}
