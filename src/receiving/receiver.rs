//! The receiving half of a client: its queue, its subscriptions and the functions that deliver events.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::client_id_hash::ClientIdHasher;
use crate::config::Settings;
use crate::error::{Delivery, Error, Result};
use crate::host;
use crate::host::wake::{Wake, WindowMessage};
use crate::os_error;
use crate::receiving::dispatch::callback_gate::{CallbackGate, DeliveryMode};
use crate::receiving::dispatch::subscription::{EventFilter, Handler, SubscriptionId};
use crate::receiving::dispatch::subscriptions::Subscriptions;
use crate::receiving::queue::event::{Event, QueuedEvent};
use crate::receiving::queue::inbox::Inbox;
use crate::receiving::queue::journal::Journal;
use crate::receiving::queue::message_dedup::MessageDedup;
use crate::receiving::queue::one_shot_notifier::OneShotNotifier;
use crate::receiving::queue::recovered_requests::RecoveredRequests;
use crate::receiving::queue::wake_function::WakeFunction;
use crate::receiving::rate_limited_log::LogRateLimiter;
use crate::receiving::time::deadline_after;
use crate::sending::{EndedReference, Interactions, Outcome, QueuedRequest};
use crate::statistics::{Counters, Snapshot, Statistic};
use crate::status::Status;
use crate::wire::Dialect;

/// Longest sleep of a dispatch thread before it checks whether the client was closed.
const DISPATCH_IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Receives triggers and delivers events. The client, its listener and its dispatch threads share it.
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
    /// Rate limits of the log lines about unreadable triggers and about unwanted events.
    pub(crate) unreadable_log: LogRateLimiter,
    pub(crate) client_id_hasher: ClientIdHasher,
    pub(crate) unwanted_log: LogRateLimiter,
    pub(crate) max_trigger: usize,
    pub(crate) dispatch_threads: usize,
    pub(crate) dispatchers: Mutex<Vec<JoinHandle<()>>>,
    pub(crate) requests_ended: AtomicBool,
}

impl Receiver {
    /// Opens the receiver. With a store, it restores the stored events and returns the stored requests.
    ///
    /// # Errors
    /// [`Status::Store`]: the store cannot be opened. [`Status::Unsupported`]: this build has no store.
    pub fn open(
        settings: &Settings,
        interactions: Arc<Interactions>,
        counters: Arc<Counters>,
    ) -> Result<(Self, RecoveredRequests)> {
        let inbox = Arc::new(Inbox::new(
            settings.events_capacity,
            settings.events_max_bytes,
        ));
        let message_dedup = Arc::new(MessageDedup::default());
        let (journal, recovered) =
            Journal::open(settings, &inbox, &interactions, &message_dedup, &counters)?;
        let receiver = Receiver {
            dialect: settings.dialect,
            client_id_hasher: ClientIdHasher::new(&settings.token),
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

    /// Wakes the consumers of the events since the last call, and flushes the store.
    pub fn notify(&self) {
        self.inbox.notify();
        self.journal.flush();
    }

    /// Stores a posted request and returns its ticket; `None` without a store.
    ///
    /// # Errors
    /// [`Status::Store`].
    pub fn store_request(&self, posted: &QueuedRequest) -> Result<Option<u64>> {
        self.journal
            .store_request(posted)
            .map_err(|error| error.with_delivery(Delivery::NotSent))
    }

    /// Stores that a posted request is about to be sent.
    ///
    /// # Errors
    /// [`Status::Store`].
    pub fn mark_sending(&self, ticket: u64) -> Result<()> {
        self.journal
            .mark_sending(ticket)
            .map_err(|error| error.with_delivery(Delivery::NotSent))
    }

    /// Stores, with the next transaction, that a posted request was not sent.
    pub fn mark_unsent(&self, ticket: u64) {
        self.journal.mark_unsent(ticket);
    }

    /// Fails on a thread that must not block on the store: the store's own thread, for example in a log callback.
    ///
    /// # Errors
    /// [`Status::Store`].
    pub fn may_wait(&self) -> Result<()> {
        self.journal.may_wait()
    }

    /// Returns whether posted requests outlive the process.
    pub fn is_durable(&self) -> bool {
        self.journal.is_durable()
    }

    /// Adds the outcome of a posted request to the inbox, then calls `on_enqueued`. With a store, both happen on the
    /// store's thread after the commit, which also stores the reference of the request. `on_enqueued` gets the result.
    pub fn report_outcome(
        &self,
        outcome: Outcome,
        reference: Option<EndedReference>,
        on_enqueued: impl FnOnce(Result<()>) + Send + 'static,
    ) {
        self.journal
            .enqueue_outcome(&self.inbox, outcome, reference, on_enqueued);
    }

    /// Deletes the stored reference of an ended request with the next transaction.
    pub fn forget_reference(&self, reference: &str, ticket: u64) {
        self.journal.forget_reference(reference, ticket);
    }

    /// Adds a handler that `poll` or a dispatch thread calls.
    ///
    /// # Errors
    /// [`Status::Closed`]; the handler is dropped.
    pub fn subscribe(&self, filter: EventFilter, handler: Handler) -> Result<SubscriptionId> {
        let id = self
            .subscriptions
            .add(filter, handler)
            .ok_or_else(|| Error::new(Status::Closed, Status::Closed.text()))?;
        self.inbox.set_paused(false);
        Ok(id)
    }

    /// Ends a subscription; see [`Subscriptions::remove`].
    ///
    /// # Errors
    /// [`Status::Argument`]: the subscription does not exist.
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
                    "subscription {id} does not exist; it has ended, or it belongs to another client"
                ),
            ))
        }
    }

    /// Blocks up to `timeout` for an event, then runs the handlers for the queued events on this thread, for at most
    /// `maximum` of them, which is not 0. Returns the number of handled events.
    ///
    /// # Errors
    /// [`Status::Mode`], [`Status::Closed`].
    pub fn poll(&self, maximum: usize, timeout: Duration) -> Result<usize> {
        let deadline = deadline_after(timeout);
        self.callback_gate.choose_mode(DeliveryMode::Poll)?;
        let handled = self.handle_until(maximum, deadline);
        self.inbox.rearm_window_message();
        handled
    }

    fn handle_until(&self, maximum: usize, deadline: Instant) -> Result<usize> {
        loop {
            let Some(permit) = self.callback_gate.acquire(deadline)? else {
                return Ok(0);
            };
            self.pause_without_subscriptions();
            let handled = self.handle_queued(maximum);
            drop(permit);
            if handled > 0 {
                self.finish_close();
                return Ok(handled);
            }
            // Without the permit: close waits for the callbacks of permit holders, and this thread runs none.
            if !self.inbox.wait(deadline) {
                self.finish_close();
                return Err(Error::new(Status::Closed, Status::Closed.text()));
            }
            if Instant::now() >= deadline && !self.inbox.is_ready() {
                return Ok(0);
            }
        }
    }

    /// Runs the handlers for the queued events with this thread's permit. Returns the number of events.
    fn handle_queued(&self, maximum: usize) -> usize {
        let mut handled = 0;
        // Events that arrive while handlers run are for the next poll. Otherwise a busy service could keep the caller
        // here.
        let due = self.inbox.len().min(maximum);
        while handled < due && !self.callback_gate.is_closed() && self.handle_next(false) {
            handled += 1;
        }
        handled
    }

    /// Blocks up to `timeout` for the next event; returns `None` after a timeout.
    ///
    /// # Errors
    /// [`Status::Mode`], [`Status::Closed`].
    pub fn next(&self, timeout: Duration) -> Result<Option<Event>> {
        self.callback_gate.choose_mode(DeliveryMode::Next)?;
        // Reads the clock only if it must wait.
        let ready = self.inbox.pop_ready(false);
        let popped = ready.or_else(|| self.inbox.pop(deadline_after(timeout), false));
        self.inbox.rearm_window_message();
        let Some(queued) = popped else {
            // The inbox is closed before the callback gate, and its close wakes waiting consumers.
            return if self.inbox.is_closed() {
                Err(Error::new(Status::Closed, Status::Closed.text()))
            } else {
                Ok(None)
            };
        };
        self.counters.count(Statistic::Delivered);
        self.note_end(&queued);
        Ok(Some(self.make_event(queued)))
    }

    /// Starts the threads that run the handlers. A second call does nothing.
    ///
    /// # Errors
    /// [`Status::Mode`], [`Status::Closed`]; [`Status::System`]: a thread could not be created.
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
                    Error::new(
                        Status::System,
                        format!(
                            "a dispatch thread could not be created: {}",
                            os_error::describe(&error)
                        ),
                    )
                })?;
            dispatchers.push(thread);
        }
        Ok(())
    }

    /// Returns whether this thread runs a callback or has a lease.
    pub fn is_in_callback(&self) -> bool {
        self.callback_gate.is_in_callback()
    }

    fn run_dispatcher(&self) {
        // A single thread handles one event after the other.
        let hold = self.dispatch_threads > 1;
        while !self.callback_gate.is_closed()
            && self.inbox.wait(deadline_after(DISPATCH_IDLE_TIMEOUT))
        {
            self.pause_without_subscriptions();
            // The permit comes before the event, so that no event is lost between them if the client closes.
            let Ok(Some(_permit)) = self
                .callback_gate
                .acquire(deadline_after(DISPATCH_IDLE_TIMEOUT))
            else {
                continue;
            };
            self.handle_next(hold);
        }
        self.finish_close();
    }

    /// Pops an event and runs its handlers. With `hold`, its interaction's next events are held. Returns
    /// `false` without an event. With a store, it pops nothing while no subscription exists.
    fn handle_next(&self, hold: bool) -> bool {
        let pop = || {
            let queued = self.inbox.pop_ready(hold)?;
            Some(Arc::new(self.make_event(queued)))
        };
        let Some((event, called)) = self.subscriptions.call_next(self.is_durable(), pop) else {
            return false;
        };
        if called == 0 {
            self.count_unwanted(&event, !self.subscriptions.is_empty());
        }
        if self.callback_gate.is_overdue(host::thread::id()) {
            event.nack();
        }
        self.counters.count(Statistic::Delivered);
        let lane = hold.then(|| event.content.client_id().to_owned());
        // The event is acknowledged before the next one of its interaction is delivered.
        drop(event);
        if let Some(client_id) = lane {
            self.inbox.release(&client_id);
        }
        true
    }

    pub(crate) fn make_event(&self, queued: QueuedEvent) -> Event {
        let ack_token = self.journal.ack_token(&queued);
        Event::new(queued, ack_token)
    }

    /// Returns the number of queued events.
    pub fn queue_length(&self) -> usize {
        self.inbox.len()
    }

    /// Returns the object whose descriptor is readable while events are queued.
    ///
    /// # Errors
    /// [`Status::Unsupported`]: this operating system has no such descriptors. [`Status::System`]: it could not be created.
    pub fn wake_with_descriptor(&self) -> Result<Arc<Wake>> {
        if cfg!(windows) {
            return Err(Error::new(
                Status::Unsupported,
                "Windows has no descriptors for event loops; use omnize_client_wake_handle or omnize_client_wake_message",
            ));
        }
        self.wake()
    }

    /// Returns the object whose HANDLE is signalled while events are queued.
    ///
    /// # Errors
    /// [`Status::Unsupported`]: this operating system has no such handles. [`Status::System`]: it could not be created.
    pub fn wake_with_handle(&self) -> Result<Arc<Wake>> {
        if !cfg!(windows) {
            return Err(Error::new(
                Status::Unsupported,
                "only Windows has event HANDLEs; use omnize_client_wake_fd",
            ));
        }
        self.wake()
    }

    fn wake(&self) -> Result<Arc<Wake>> {
        self.inbox.wake().map_err(|error| wake_error(&error))
    }

    /// Posts this window message when events are queued, and again after each call of `poll` or `next` that leaves events
    /// in the queue. `None` ends that.
    pub fn set_window_message(&self, message: Option<WindowMessage>) {
        self.inbox.set_window_message(message);
    }

    /// Returns the notifier that calls this function once, for the next event.
    pub fn one_shot_notifier(&self, function: WakeFunction) -> OneShotNotifier {
        OneShotNotifier::new(self.inbox.clone(), function)
    }

    /// Returns the value of a statistic.
    pub fn count_of(&self, statistic: Statistic) -> u64 {
        match statistic {
            Statistic::EventsQueued => self.queue_length() as u64,
            _ => self.counters.get(statistic),
        }
    }

    /// Returns the client's statistics, without those of its listener.
    pub fn snapshot(&self) -> Snapshot {
        let snapshot = self.counters.snapshot();
        snapshot.with(Statistic::EventsQueued, self.queue_length())
    }

    /// Returns whether it is closed or closing.
    #[cfg(feature = "listener")]
    pub fn is_closed(&self) -> bool {
        self.callback_gate.is_closed() || self.inbox.is_rejecting_triggers()
    }
}

fn wake_error(error: &std::io::Error) -> Error {
    Error::new(
        Status::System,
        format!(
            "the object that wakes an event loop could not be created: {}",
            os_error::describe(error)
        ),
    )
}
