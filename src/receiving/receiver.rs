//! The receiving half of a client: takes bytes in, gives events out.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::dispatch::{Turnstile, WayOut};
use super::event::Event;
use super::inbox::{Inbox, Turned};
use super::statistics::{Counters, Statistic};
use super::subscriptions::{Handler, Interest, SubscriptionId, Subscriptions};
use crate::error::{Error, Result};
use crate::host;
use crate::host::wake::Wake;
use crate::status::Status;
use crate::wire::{self, Unreadable};

/// How long the dispatch thread sleeps at the most before it looks around again.
const DISPATCH_NAP: Duration = Duration::from_secs(60);

/// Takes triggers in and gives events out. Shared by the client, its listener and its dispatch thread.
#[derive(Debug)]
pub struct Receiver {
    inbox: Inbox,
    turnstile: Turnstile,
    subscriptions: Subscriptions,
    counters: Counters,
    dispatcher: Mutex<Option<JoinHandle<()>>>,
}

impl Receiver {
    /// A receiver in which `capacity` events may wait.
    pub fn new(capacity: usize) -> Self {
        Receiver {
            inbox: Inbox::new(capacity),
            turnstile: Turnstile::default(),
            subscriptions: Subscriptions::default(),
            counters: Counters::default(),
            dispatcher: Mutex::new(None),
        }
    }

    /// Reads the body of a trigger and keeps it for the application, then calls `kept`: at once, or later on another
    /// thread. Only when `kept` is given `Ok` may the service be told that its trigger arrived. Never waits for the
    /// application.
    ///
    /// # Errors
    /// [`Status::NotJson`], [`Status::NoClientId`]: it is no trigger; [`Status::Full`]: too many wait;
    /// [`Status::Closed`]; [`Status::Forked`].
    #[cfg(feature = "listener")]
    pub fn take(
        &self,
        body: Vec<u8>,
        content_type: Option<&str>,
        kept: impl FnOnce(Result<()>) + Send + 'static,
    ) {
        kept(self.keep(body, content_type));
    }

    /// As [`take`](Self::take), and waits until the trigger is kept.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn deliver(&self, body: Vec<u8>, content_type: Option<&str>) -> Result<()> {
        self.keep(body, content_type)
    }

    fn keep(&self, body: Vec<u8>, content_type: Option<&str>) -> Result<()> {
        host::fork::check()?;
        let trigger = wire::rest::decode(body, content_type).map_err(|why| {
            self.counters.count(Statistic::Unreadable);
            log::warn!("{why}");
            let status = match why {
                Unreadable::NotJson { .. } | Unreadable::NotAnObject => Status::NotJson,
                Unreadable::NoClientId => Status::NoClientId,
            };
            Error::new(status, why.to_string())
        })?;
        log::debug!("trigger {}", trigger.kind.name());
        match self.inbox.push(trigger) {
            Ok(()) => {
                self.counters.count(Statistic::Received);
                Ok(())
            }
            Err(Turned::Full) => {
                self.counters.count(Statistic::TurnedAway);
                Err(Error::new(Status::Full, Status::Full.text()).retryable(true))
            }
            Err(Turned::Closed) => Err(Error::new(Status::Closed, Status::Closed.text())),
        }
    }

    /// Adds a handler that `poll` or the dispatch thread calls.
    ///
    /// # Errors
    /// [`Status::Closed`]; the handler is dropped then.
    pub fn subscribe(&self, interest: Interest, handler: Handler) -> Result<SubscriptionId> {
        self.subscriptions
            .add(interest, handler)
            .ok_or_else(|| Error::new(Status::Closed, Status::Closed.text()))
    }

    /// Ends a subscription, as `Subscriptions::remove` does.
    ///
    /// # Errors
    /// [`Status::Argument`] where there is no such subscription.
    pub fn unsubscribe(&self, id: SubscriptionId) -> Result<()> {
        if self.subscriptions.remove(id) {
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
        self.turnstile.choose(WayOut::Poll)?;
        let Some(_turn) = self.turnstile.enter(deadline)? else {
            return Ok(0);
        };
        let mut handled = 0;
        // What arrives while handlers run is for the next poll, so that a busy service can't keep the caller here.
        let mut due = self.inbox.len().max(1);
        while due > 0 && !self.turnstile.is_closed() {
            let until = if handled == 0 {
                deadline
            } else {
                Instant::now()
            };
            let Some(event) = self.inbox.pop(until) else {
                break;
            };
            if handled == 0 {
                due = due.max(self.inbox.len() + 1);
            }
            self.handle(event);
            handled += 1;
            due -= 1;
        }
        Ok(handled)
    }

    /// Waits up to `timeout` for the next event; `None` where none came.
    ///
    /// # Errors
    /// [`Status::Mode`], [`Status::Closed`].
    pub fn next(&self, timeout: Duration) -> Result<Option<Event>> {
        self.turnstile.choose(WayOut::Next)?;
        let event = self.inbox.pop(deadline(timeout));
        if event.is_some() {
            self.counters.count(Statistic::Handled);
        } else if self.turnstile.is_closed() {
            return Err(Error::new(Status::Closed, Status::Closed.text()));
        }
        Ok(event)
    }

    /// Starts a thread that runs the handlers. A second call does nothing.
    ///
    /// # Errors
    /// [`Status::Mode`], [`Status::Closed`]; [`Status::System`] where no thread could be had.
    pub fn dispatch(self: &Arc<Self>) -> Result<()> {
        self.turnstile.choose(WayOut::Dispatch)?;
        let mut dispatcher = self
            .dispatcher
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if dispatcher.is_none() {
            let receiver = self.clone();
            let thread = host::thread::spawn("omnize-dispatch", move || receiver.run_dispatcher())
                .map_err(|error| {
                    Error::new(Status::System, format!("no dispatch thread: {error}"))
                })?;
            *dispatcher = Some(thread);
        }
        Ok(())
    }

    fn run_dispatcher(&self) {
        while !self.turnstile.is_closed() {
            self.inbox.wait(deadline(DISPATCH_NAP));
            // The turn comes before the event, so that none is lost between the two when the client closes.
            let Ok(Some(_turn)) = self.turnstile.enter(deadline(DISPATCH_NAP)) else {
                continue;
            };
            if let Some(event) = self.inbox.pop(Instant::now()) {
                self.handle(event);
            }
        }
    }

    fn handle(&self, event: Event) {
        let event = Arc::new(event);
        if self.subscriptions.call(&event) == 0 {
            self.counters.count(Statistic::Unwanted);
            log::warn!("no callback wants the event {}", event.trigger.kind.name());
        }
        self.counters.count(Statistic::Handled);
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
        self.inbox.wake().map_err(|error| match error.kind() {
            std::io::ErrorKind::Unsupported => Error::new(
                Status::Unsupported,
                "there is no wake-up descriptor on this operating system; call poll or next in a timer",
            ),
            _ => Error::new(Status::System, format!("no wake-up descriptor: {error}")),
        })
    }

    /// How often something was counted.
    pub fn count_of(&self, statistic: Statistic) -> u64 {
        self.counters.get(statistic)
    }

    /// Whether it is closed, or closing.
    #[cfg(feature = "listener")]
    pub fn is_closed(&self) -> bool {
        self.turnstile.is_closed()
    }

    /// Takes nothing more in, lets the dispatch thread finish what waits, and ends all calls, by `deadline`. Afterwards
    /// no handler is called, and all are dropped. Returns how many events were left, and whether a handler still ran.
    pub fn close(&self, deadline: Instant) -> (usize, bool) {
        self.inbox.close();
        let dispatcher = self
            .dispatcher
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let inside = self.turnstile.is_calling();
        if dispatcher.is_some() && !inside {
            self.inbox.wait_until_empty(deadline);
        }
        let quiet = self.turnstile.close(deadline);
        let left = self.inbox.clear();
        if !quiet {
            return (left, true);
        }
        self.subscriptions.close();
        if let Some(thread) = dispatcher.filter(|_| !inside) {
            // It runs no handler any more, so it is about to end. It can't have panicked: handlers are caught.
            let _ = thread.join();
        }
        (left, false)
    }
}

/// The moment that lies `timeout` ahead; a century where that is beyond what the clock can say.
fn deadline(timeout: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    Instant::now() + timeout.min(CENTURY)
}
