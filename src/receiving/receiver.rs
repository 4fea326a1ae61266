//! The receiving half of a client: takes bytes in, gives events out.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::config::Settings;
use crate::error::{Delivery, Error, Result};
use crate::host;
use crate::host::wake_fd::Wake;
use crate::interactions::Interactions;
use crate::receiving::dispatch::callback_gate::{CallbackGate, DeliveryMode};
use crate::receiving::dispatch::subscription::{EventFilter, Handler, SubscriptionId};
use crate::receiving::dispatch::subscriptions::Subscriptions;
use crate::receiving::queue::event::{Event, QueuedEvent};
use crate::receiving::queue::inbox::Inbox;
use crate::receiving::queue::journal::{Journal, RecoveredRequest};
use crate::receiving::queue::message_dedup::MessageDedup;
use crate::receiving::queue::one_shot_notifier::OneShotNotifier;
use crate::receiving::rate_limited_log::LogRateLimiter;
use crate::receiving::statistics::{Counters, Statistic};
use crate::receiving::time::{deadline_after, unix_millis};
use crate::sending::Outcome;
use crate::status::Status;
use crate::wire::{Address, Dialect, Request};

/// How long a dispatch thread sleeps at the most before it looks around again.
const DISPATCH_IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Takes triggers in and gives events out. Shared by the client, its listener and its dispatch threads.
#[derive(Debug)]
pub struct Receiver {
    pub(crate) dialect: Dialect,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) journal: Journal,
    pub(crate) interactions: Arc<Interactions>,
    pub(crate) message_dedup: Arc<MessageDedup>,
    pub(crate) callback_gate: CallbackGate,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) counters: Arc<Counters>,
    /// The lines that say what was wrong with a trigger, and those about events that nobody wants.
    pub(crate) unreadable_log: LogRateLimiter,
    pub(crate) unwanted_log: LogRateLimiter,
    pub(crate) max_trigger: usize,
    pub(crate) dispatch_threads: usize,
    pub(crate) dispatchers: Mutex<Vec<JoinHandle<()>>>,
    pub(crate) requests_ended: AtomicBool,
}

impl Receiver {
    /// A receiver by these settings. With a store, what waits in it from an earlier run waits here now, and the posted
    /// requests that it left come back.
    ///
    /// # Errors
    /// [`Status::Store`]: it can't be opened; [`Status::Unsupported`]: this build has none.
    pub fn open(
        settings: &Settings,
        interactions: Arc<Interactions>,
    ) -> Result<(Self, Vec<RecoveredRequest>)> {
        let inbox = Arc::new(Inbox::new(
            settings.events_capacity,
            settings.events_max_bytes,
        ));
        let message_dedup = Arc::new(MessageDedup::default());
        let counters = Arc::new(Counters::default());
        let (journal, recovered) =
            Journal::open(settings, &inbox, &interactions, &message_dedup, &counters)?;
        let receiver = Receiver {
            dialect: settings.dialect,
            journal,
            inbox,
            interactions,
            message_dedup,
            callback_gate: CallbackGate::new(settings.dispatch_threads),
            subscriptions: Subscriptions::default(),
            counters,
            unreadable_log: LogRateLimiter::default(),
            unwanted_log: LogRateLimiter::default(),
            max_trigger: settings.max_trigger,
            dispatch_threads: settings.dispatch_threads,
            dispatchers: Mutex::default(),
            requests_ended: AtomicBool::new(false),
        };
        Ok((receiver, recovered))
    }

    /// Tells the application of what was taken since the last ring, and has what goes to disk first written.
    pub fn notify(&self) {
        self.inbox.notify();
        self.journal.flush();
    }

    /// Writes a posted request down, and gives its ticket; `None` without a store.
    ///
    /// # Errors
    /// [`Status::Store`].
    pub fn store_request(&self, address: &Address, request: &Request) -> Result<Option<u64>> {
        self.journal
            .store_request(address, request)
            .map_err(|error| error.delivered(Delivery::NotSent))
    }

    /// Writes down that a posted request is about to leave.
    ///
    /// # Errors
    /// [`Status::Store`].
    pub fn mark_sending(&self, ticket: u64) -> Result<()> {
        self.journal
            .mark_sending(ticket)
            .map_err(|error| error.delivered(Delivery::NotSent))
    }

    /// Writes down, some time soon, that a posted request has not left after all.
    pub fn mark_unsent(&self, ticket: u64) {
        self.journal.mark_unsent(ticket);
    }

    /// Fails on a thread on which nobody may wait for what is to be kept: the store's own, in a callback of the log.
    ///
    /// # Errors
    /// [`Status::Store`].
    pub fn may_wait(&self) -> Result<()> {
        self.journal.may_wait()
    }

    /// Whether what is posted outlives the process.
    pub fn is_durable(&self) -> bool {
        self.journal.is_durable()
    }

    /// Tells the application what became of a posted request, and calls `told` when it is in the inbox: at once, or, with a
    /// store, when it is on disk, on another thread.
    pub fn report_outcome(&self, outcome: Outcome, on_enqueued: impl FnOnce() + Send + 'static) {
        self.journal
            .enqueue_outcome(&self.inbox, outcome, unix_millis(), on_enqueued);
    }

    /// Adds a handler that `poll` or a dispatch thread calls.
    ///
    /// # Errors
    /// [`Status::Closed`]; the handler is dropped then.
    pub fn subscribe(&self, interest: EventFilter, handler: Handler) -> Result<SubscriptionId> {
        let id = self
            .subscriptions
            .add(interest, handler)
            .ok_or_else(|| Error::new(Status::Closed, Status::Closed.text()))?;
        self.inbox.set_paused(false);
        Ok(id)
    }

    /// Ends a subscription, as `Subscriptions::remove` does.
    ///
    /// # Errors
    /// [`Status::Argument`] where there is no such subscription.
    pub fn unsubscribe(&self, id: SubscriptionId) -> Result<()> {
        if self
            .subscriptions
            .remove(id, self.callback_gate.is_in_callback())
        {
            Ok(())
        } else {
            Err(Error::new(
                Status::Argument,
                format!(
                    "there is no subscription {id}; it was ended before, or belongs to another client"
                ),
            ))
        }
    }

    /// Waits up to `timeout` for an event, then runs the handlers for all that wait, on this thread. Returns how many
    /// events were handled.
    ///
    /// # Errors
    /// [`Status::Mode`], [`Status::Closed`].
    pub fn poll(&self, timeout: Duration) -> Result<usize> {
        let deadline = deadline_after(timeout);
        self.callback_gate.choose_mode(DeliveryMode::Poll)?;
        loop {
            let Some(permit) = self.callback_gate.acquire(deadline)? else {
                return Ok(0);
            };
            self.pause_without_subscriptions();
            let handled = self.handle_queued();
            drop(permit);
            if handled > 0 {
                self.finish_close();
                return Ok(handled);
            }
            // Without the turn: closing waits for the callbacks of those who have one, and this thread runs none.
            if !self.inbox.wait(deadline) {
                self.finish_close();
                return Err(Error::new(Status::Closed, Status::Closed.text()));
            }
            if Instant::now() >= deadline && !self.inbox.is_ready() {
                return Ok(0);
            }
        }
    }

    /// Runs the handlers for the events that wait, in the turn that this thread has, and tells how many events there were.
    fn handle_queued(&self) -> usize {
        let mut handled = 0;
        // What arrives while handlers run is for the next poll, so that a busy service can't keep the caller here.
        let due = self.inbox.len();
        while handled < due && !self.callback_gate.is_closed() {
            let Some(event) = self.inbox.pop_ready(false) else {
                break;
            };
            self.handle(event);
            handled += 1;
        }
        handled
    }

    /// Waits up to `timeout` for the next event; `None` where none came.
    ///
    /// # Errors
    /// [`Status::Mode`], [`Status::Closed`].
    pub fn next(&self, timeout: Duration) -> Result<Option<Event>> {
        self.callback_gate.choose_mode(DeliveryMode::Next)?;
        // The clock is asked only where there is something to wait for.
        let ready = self.inbox.pop_ready(false);
        let Some(queued) = ready.or_else(|| self.inbox.pop(deadline_after(timeout), false)) else {
            // The inbox is closed before the callback_gate, and whoever waits is woken then.
            return if self.inbox.is_closed() {
                Err(Error::new(Status::Closed, Status::Closed.text()))
            } else {
                Ok(None)
            };
        };
        self.counters.count(Statistic::Handled);
        Ok(Some(self.make_event(queued)))
    }

    /// Starts the threads that run the handlers. A second call does nothing.
    ///
    /// # Errors
    /// [`Status::Mode`], [`Status::Closed`]; [`Status::System`] where no thread could be had.
    pub fn dispatch(self: &Arc<Self>) -> Result<()> {
        self.callback_gate.choose_mode(DeliveryMode::Dispatch)?;
        self.pause_without_subscriptions();
        let mut dispatchers = self
            .dispatchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        while dispatchers.len() < self.dispatch_threads {
            let receiver = self.clone();
            let thread = host::thread::spawn("omnize-dispatch", move || receiver.run_dispatcher())
                .map_err(|error| {
                    Error::new(Status::System, format!("no dispatch thread: {error}"))
                })?;
            dispatchers.push(thread);
        }
        Ok(())
    }

    /// Whether this thread runs a callback, or has a turn.
    pub fn is_in_callback(&self) -> bool {
        self.callback_gate.is_in_callback()
    }

    fn run_dispatcher(&self) {
        // A thread alone handles one event after the other.
        let hold = self.dispatch_threads > 1;
        while !self.callback_gate.is_closed()
            && self.inbox.wait(deadline_after(DISPATCH_IDLE_TIMEOUT))
        {
            self.pause_without_subscriptions();
            // The turn comes before the event, so that none is lost between the two when the client closes.
            let Ok(Some(_permit)) = self
                .callback_gate
                .acquire(deadline_after(DISPATCH_IDLE_TIMEOUT))
            else {
                continue;
            };
            if let Some(queued) = self.inbox.pop_ready(hold) {
                let lane = hold.then(|| queued.content.client_id().to_owned());
                self.handle(queued);
                if let Some(client_id) = lane {
                    self.inbox.release(&client_id);
                }
            }
        }
        self.finish_close();
    }

    fn handle(&self, queued: QueuedEvent) {
        let event = Arc::new(self.make_event(queued));
        if self.subscriptions.call(&event) == 0 {
            self.count_unwanted(&event);
        }
        if self.callback_gate.is_overdue(host::thread::id()) {
            event.nack();
        }
        self.counters.count(Statistic::Handled);
    }

    pub(crate) fn make_event(&self, queued: QueuedEvent) -> Event {
        let ack_token = self.journal.ack_token(&queued);
        Event::new(queued, ack_token)
    }

    /// How many events wait.
    pub fn queue_length(&self) -> usize {
        self.inbox.len()
    }

    /// The descriptor that is readable while events wait.
    ///
    /// # Errors
    /// [`Status::Unsupported`] where this operating system has none, [`Status::System`] where none could be had.
    pub fn wake(&self) -> Result<Arc<Wake>> {
        self.inbox.wake().map_err(|error| no_descriptor(&error))
    }

    /// The alarm that rings once for the next event.
    ///
    /// # Errors
    /// As [`wake`](Self::wake).
    pub fn one_shot_notifier(&self) -> Result<OneShotNotifier> {
        OneShotNotifier::new(self.inbox.clone()).map_err(|error| no_descriptor(&error))
    }

    /// How often something was counted.
    pub fn count_of(&self, statistic: Statistic) -> u64 {
        self.counters.get(statistic)
    }

    /// Whether it is closed, or closing.
    #[cfg(feature = "listener")]
    pub fn is_closed(&self) -> bool {
        self.callback_gate.is_closed() || self.inbox.is_rejecting_triggers()
    }
}

fn no_descriptor(error: &std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::Unsupported => Error::new(
            Status::Unsupported,
            "there is no wake-up descriptor on this operating system; call poll or next in a timer",
        ),
        _ => Error::new(Status::System, format!("no wake-up descriptor: {error}")),
    }
}
