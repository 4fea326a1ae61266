//! The receiving half of a client: takes bytes in, gives events out.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::config::Settings;
use crate::error::{Delivery, Error, Result};
use crate::host;
use crate::host::wake_fd::Wake;
use crate::interactions::Interactions;
use crate::receiving::dispatch::callback_gate::{CallbackGate, DeliveryMode};
use crate::receiving::dispatch::event_lease::{Consumer, EventLease, PermitKind};
use crate::receiving::dispatch::subscriptions::{
    EventFilter, Handler, SubscriptionId, Subscriptions,
};
use crate::receiving::queue::event::{Event, QueuedEvent};
use crate::receiving::queue::inbox::Inbox;
use crate::receiving::queue::journal::{Journal, RecoveredRequest};
use crate::receiving::queue::message_dedup::MessageDedup;
use crate::receiving::queue::one_shot_notifier::OneShotNotifier;
use crate::receiving::rate_limited_log::LogRateLimiter;
use crate::receiving::statistics::{Counters, Statistic};
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
    pub(crate) keeper: Journal,
    pub(crate) interactions: Arc<Interactions>,
    pub(crate) repeats: Arc<MessageDedup>,
    pub(crate) turnstile: CallbackGate,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) counters: Arc<Counters>,
    /// The lines that say what was wrong with a trigger, and those about events that nobody wants.
    pub(crate) unreadable: LogRateLimiter,
    pub(crate) unwanted: LogRateLimiter,
    pub(crate) max_trigger: usize,
    dispatch_threads: usize,
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
        let repeats = Arc::new(MessageDedup::default());
        let counters = Arc::new(Counters::default());
        let (keeper, left) = Journal::open(settings, &inbox, &interactions, &repeats, &counters)?;
        let receiver = Receiver {
            dialect: settings.dialect,
            keeper,
            inbox,
            interactions,
            repeats,
            turnstile: CallbackGate::new(settings.dispatch_threads),
            subscriptions: Subscriptions::default(),
            counters,
            unreadable: LogRateLimiter::default(),
            unwanted: LogRateLimiter::default(),
            max_trigger: settings.max_trigger,
            dispatch_threads: settings.dispatch_threads,
            dispatchers: Mutex::default(),
            requests_ended: AtomicBool::new(false),
        };
        Ok((receiver, left))
    }

    /// Tells the application of what was taken since the last ring, and has what goes to disk first written.
    pub fn ring(&self) {
        self.inbox.ring();
        self.keeper.hurry();
    }

    /// Writes a posted request down, and gives its ticket; `None` without a store.
    ///
    /// # Errors
    /// [`Status::Store`].
    pub fn keep_posted(&self, address: &Address, request: &Request) -> Result<Option<u64>> {
        self.keeper
            .post(address, request)
            .map_err(|error| error.delivered(Delivery::NotSent))
    }

    /// Writes down that a posted request is about to leave.
    ///
    /// # Errors
    /// [`Status::Store`].
    pub fn mark_leaving(&self, ticket: u64) -> Result<()> {
        self.keeper
            .leave(ticket)
            .map_err(|error| error.delivered(Delivery::NotSent))
    }

    /// Writes down, some time soon, that a posted request has not left after all.
    pub fn mark_staying(&self, ticket: u64) {
        self.keeper.stay(ticket);
    }

    /// Fails on a thread on which nobody may wait for what is to be kept: the store's own, in a callback of the log.
    ///
    /// # Errors
    /// [`Status::Store`].
    pub fn may_wait(&self) -> Result<()> {
        self.keeper.may_wait()
    }

    /// Whether what is posted outlives the process.
    pub fn is_durable(&self) -> bool {
        self.keeper.is_durable()
    }

    /// Tells the application what became of a posted request, and calls `told` when it is in the inbox: at once, or, with a
    /// store, when it is on disk, on another thread.
    pub fn tell(&self, outcome: Outcome, told: impl FnOnce() + Send + 'static) {
        self.keeper.tell(&self.inbox, outcome, now(), told);
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
        self.inbox.hold_back(false);
        Ok(id)
    }

    /// Ends a subscription, as `Subscriptions::remove` does.
    ///
    /// # Errors
    /// [`Status::Argument`] where there is no such subscription.
    pub fn unsubscribe(&self, id: SubscriptionId) -> Result<()> {
        if self.subscriptions.remove(id, self.turnstile.is_calling()) {
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
        let deadline = deadline(timeout);
        self.turnstile.choose(DeliveryMode::Poll)?;
        loop {
            let Some(turn) = self.turnstile.enter(deadline)? else {
                return Ok(0);
            };
            self.hold_back_what_nobody_wants();
            let handled = self.handle_waiting();
            drop(turn);
            if handled > 0 {
                self.end_if_closed();
                return Ok(handled);
            }
            // Without the turn: closing waits for the callbacks of those who have one, and this thread runs none.
            if !self.inbox.wait(deadline) {
                self.end_if_closed();
                return Err(Error::new(Status::Closed, Status::Closed.text()));
            }
            if Instant::now() >= deadline && !self.inbox.is_ready() {
                return Ok(0);
            }
        }
    }

    /// Runs the handlers for the events that wait, in the turn that this thread has, and tells how many events there were.
    fn handle_waiting(&self) -> usize {
        let mut handled = 0;
        // What arrives while handlers run is for the next poll, so that a busy service can't keep the caller here.
        let due = self.inbox.len();
        while handled < due && !self.turnstile.is_closed() {
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
        self.turnstile.choose(DeliveryMode::Next)?;
        // The clock is asked only where there is something to wait for.
        let ready = self.inbox.pop_ready(false);
        let Some(waiting) = ready.or_else(|| self.inbox.pop(deadline(timeout), false)) else {
            // The inbox is closed before the turnstile, and whoever waits is woken then.
            return if self.inbox.is_closed() {
                Err(Error::new(Status::Closed, Status::Closed.text()))
            } else {
                Ok(None)
            };
        };
        self.counters.count(Statistic::Delivered);
        Ok(Some(self.event(waiting)))
    }

    /// Starts the threads that run the handlers. A second call does nothing.
    ///
    /// # Errors
    /// [`Status::Mode`], [`Status::Closed`]; [`Status::System`] where no thread could be had.
    pub fn dispatch(self: &Arc<Self>) -> Result<()> {
        self.turnstile.choose(DeliveryMode::Dispatch)?;
        self.hold_back_what_nobody_wants();
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

    /// Chooses who runs the handlers.
    ///
    /// # Errors
    /// [`Status::Mode`], [`Status::Closed`].
    pub fn choose(&self, by: Consumer) -> Result<()> {
        self.turnstile.choose(match by {
            Consumer::Poll | Consumer::PollingTask => DeliveryMode::Poll,
            Consumer::Thread | Consumer::Task => DeliveryMode::Dispatch,
        })
    }

    /// Waits up to `timeout` for an event that may be handled now, and gives it with the turn to handle it; `None` where
    /// none came.
    ///
    /// # Errors
    /// [`Status::Mode`], [`Status::Closed`].
    pub fn turn(self: &Arc<Self>, by: Consumer, timeout: Duration) -> Result<Option<EventLease>> {
        let deadline = deadline(timeout);
        self.choose(by)?;
        if !self.inbox.wait(deadline) {
            self.end_if_closed();
            return Err(Error::new(Status::Closed, Status::Closed.text()));
        }
        // As in `run_dispatcher`, the turn comes before the event.
        let place = match by {
            Consumer::Task | Consumer::PollingTask => {
                self.turnstile.enter_task()?;
                PermitKind::Task
            }
            Consumer::Poll | Consumer::Thread => match self.turnstile.enter(deadline)? {
                Some(turn) => PermitKind::Thread(turn.keep()),
                None => return Ok(None),
            },
        };
        // A thread alone handles one event after the other.
        let hold = match by {
            Consumer::Poll => false,
            Consumer::Thread => self.dispatch_threads > 1,
            Consumer::Task | Consumer::PollingTask => true,
        };
        let Some(waiting) = self.inbox.pop_ready(hold) else {
            self.leave(place);
            return Ok(None);
        };
        let lane = hold.then(|| waiting.content.client_id().to_owned());
        Ok(Some(EventLease::new(
            self.clone(),
            self.event(waiting),
            lane,
            place,
        )))
    }

    /// Whether the turn at this place went on longer than closing could wait.
    pub(crate) fn is_cut_off(&self, place: PermitKind) -> bool {
        match place {
            PermitKind::Thread(thread) => self.turnstile.is_cut_off(thread),
            PermitKind::Task => self.turnstile.cuts_off_tasks(),
        }
    }

    /// The event of a turn was handled; it was of the interaction `lane` where others of it were held back.
    pub(crate) fn end_turn(&self, lane: Option<&str>, place: PermitKind) {
        self.counters.count(Statistic::Delivered);
        if let Some(client_id) = lane {
            self.inbox.release(client_id);
        }
        self.leave(place);
    }

    fn leave(&self, place: PermitKind) {
        match place {
            PermitKind::Thread(thread) => self.turnstile.leave(thread),
            PermitKind::Task => self.turnstile.leave_task(),
        }
        self.end_if_closed();
    }

    /// Whether this thread runs a callback, or has a turn.
    pub fn is_calling(&self) -> bool {
        self.turnstile.is_calling()
    }

    fn run_dispatcher(&self) {
        // A thread alone handles one event after the other.
        let hold = self.dispatch_threads > 1;
        while !self.turnstile.is_closed() && self.inbox.wait(deadline(DISPATCH_IDLE_TIMEOUT)) {
            self.hold_back_what_nobody_wants();
            // The turn comes before the event, so that none is lost between the two when the client closes.
            let Ok(Some(_turn)) = self.turnstile.enter(deadline(DISPATCH_IDLE_TIMEOUT)) else {
                continue;
            };
            if let Some(waiting) = self.inbox.pop_ready(hold) {
                let lane = hold.then(|| waiting.content.client_id().to_owned());
                self.handle(waiting);
                if let Some(client_id) = lane {
                    self.inbox.release(&client_id);
                }
            }
        }
        self.end_if_closed();
    }

    fn handle(&self, waiting: QueuedEvent) {
        let event = Arc::new(self.event(waiting));
        if self.subscriptions.call(&event) == 0 {
            self.count_unwanted(&event);
        }
        if self.turnstile.is_cut_off(host::thread::id()) {
            event.nack();
        }
        self.counters.count(Statistic::Delivered);
    }

    fn event(&self, waiting: QueuedEvent) -> Event {
        let receipt = self.keeper.receipt(&waiting);
        Event::new(waiting, receipt)
    }

    /// How many events wait.
    pub fn waiting(&self) -> usize {
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
    pub fn alarm(&self) -> Result<OneShotNotifier> {
        OneShotNotifier::new(self.inbox.clone()).map_err(|error| no_descriptor(&error))
    }

    /// How often something was counted.
    pub fn count_of(&self, statistic: Statistic) -> u64 {
        self.counters.get(statistic)
    }

    /// Whether it is closed, or closing.
    #[cfg(feature = "listener")]
    pub fn is_closed(&self) -> bool {
        self.turnstile.is_closed() || self.inbox.is_refusing_triggers()
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

/// The moment that lies `timeout` ahead; a century where that is beyond what the clock can say.
fn deadline(timeout: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    Instant::now() + timeout.min(CENTURY)
}

/// Milliseconds since 1970; 0 on a machine whose clock stands before that.
pub(crate) fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}
