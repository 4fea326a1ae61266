//! The components of a client: how they are created, and in which order they are closed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::close_report::CloseReport;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::interactions::State;
use crate::receiving::{Listener, Receiver, RecoveredRequest, SendState, Tasks};
use crate::sending::Interactions;
use crate::sending::{Outbox, QueuedRequest, Sender};
use crate::statistics::{Counters, Snapshot, Statistic};
use crate::status::Status;

/// The limit for the timeout of a close: a week.
const MAX_CLOSE_TIMEOUT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The components of one client.
#[derive(Debug)]
pub struct ClientInner {
    pub sender: Arc<Sender>,
    pub outbox: Arc<Outbox>,
    pub interactions: Arc<Interactions>,
    pub receiver: Arc<Receiver>,
    /// The client's own listener, if the option `listen` is set.
    pub listener: Option<Listener>,
    closed: Mutex<bool>,
}

impl ClientInner {
    /// Creates the components, and restores stored requests.
    ///
    /// # Errors
    /// As [`Client::open`](crate::Client::open).
    pub fn open(settings: &Settings) -> Result<Self> {
        let counters = Arc::new(Counters::default());
        let sender = Sender::new(settings, counters.clone())?;
        let interactions = Arc::new(Interactions::new(settings.interactions_capacity));
        let (receiver, recovered) = Receiver::open(settings, interactions.clone(), counters)?;
        let receiver = Arc::new(receiver);
        let listener = settings
            .listen
            .as_ref()
            .map(|listen| Listener::open(listen, Some(&receiver)))
            .transpose()?;
        let sender = Arc::new(sender);
        let outbox = Arc::new(Outbox::new(sender.clone(), receiver.clone(), settings));
        outbox.restore_ended_references(recovered.references);
        for request in recovered.requests {
            if let Err(error) = restore_request(&outbox, &interactions, request) {
                // The worker threads hold the outbox, and with it the store.
                outbox.close();
                outbox.join();
                return Err(error);
            }
        }
        outbox.warn_about_forgotten_references();
        Ok(ClientInner {
            sender,
            outbox,
            interactions,
            receiver,
            listener,
            closed: Mutex::new(false),
        })
    }

    /// Returns the webhook URL of the client's own listener, if it has one.
    pub fn webhook_url(&self) -> Option<String> {
        self.listener
            .as_ref()
            .and_then(|listener| listener.url(&self.receiver))
    }

    /// Returns the value of a statistic.
    pub fn count_of(&self, statistic: Statistic) -> u64 {
        match &self.listener {
            Some(listener) if statistic.is_of_listener() => listener.count_of(statistic),
            _ => self.receiver.count_of(statistic),
        }
    }

    /// Returns all statistics.
    pub fn snapshot(&self) -> Snapshot {
        let snapshot = self.receiver.snapshot();
        match &self.listener {
            Some(listener) => snapshot.with_listener(listener.counters().values()),
            None => snapshot,
        }
    }

    /// Returns whether this thread runs the interrupt hook of a request.
    pub fn is_requesting(&self) -> bool {
        self.sender.is_requesting()
    }

    /// Closes all components.
    ///
    /// # Errors
    /// [`Status::Closed`], [`Status::Timeout`]; see [`Client::close`](crate::Client::close).
    pub fn close(&self, tasks: Tasks, timeout: Duration) -> Result<CloseReport> {
        if std::mem::replace(
            &mut *self.closed.lock().unwrap_or_else(PoisonError::into_inner),
            true,
        ) {
            return Err(Error::new(Status::Closed, Status::Closed.text()));
        }
        let timeout = timeout.min(MAX_CLOSE_TIMEOUT);
        let deadline = Instant::now() + timeout;
        if let Some(listener) = &self.listener {
            listener.close(deadline);
        }
        // Callbacks may send requests, and callbacks receive the outcomes of posted requests. So both end together. The last
        // tenth of the time is for callbacks, if a request hangs.
        self.receiver.begin_closing();
        self.outbox.begin_closing();
        let request_deadline = deadline - timeout / 10;
        self.outbox.drain(request_deadline);
        while self.receiver.wait_until_handled(tasks, request_deadline)
            && !self.outbox.is_drained()
            && Instant::now() < request_deadline
        {
            self.outbox.drain(request_deadline);
        }
        let (events, still_runs) = self.receiver.close(tasks, deadline);
        self.outbox.stop_accepting();
        // The last callbacks may have posted requests.
        self.outbox.drain(deadline);
        self.outbox.close();
        let requests = self.sender.close(deadline) + self.outbox.join();
        self.outbox.log_remaining();
        self.receiver.release_store();
        // `requests` counts aborted requests, so their outcomes are not counted as events.
        let too_late = self.receiver.dropped_after_close();
        let events = events + too_late.saturating_sub(self.outbox.aborted());
        let report = CloseReport { events, requests };
        if still_runs {
            return Err(Error::new(
                Status::Timeout,
                format!(
                    "a callback ran longer than the timeout of the close ({} ms); no further callback starts; {events} events \
                     and {requests} requests remain",
                    timeout.as_millis()
                ),
            )
            .with_close_report(report));
        }
        Ok(report)
    }
}

/// Restores a request that the store contained.
fn restore_request(
    outbox: &Arc<Outbox>,
    interactions: &Arc<Interactions>,
    recovered: RecoveredRequest,
) -> Result<()> {
    let address = &recovered.request.address;
    let of_account = outbox.account_lane(&recovered.request.request);
    let interaction = if let Some(lane) = of_account {
        lane.clone()
    } else if recovered.request.request.is_start() {
        interactions.for_start(address)
    } else if recovered.has_interactions_table {
        // The store lists open interactions. An older store does not.
        interactions.find_or_create(address, State::Finished)
    } else {
        interactions.attach(address)
    };
    let stored = recovered.request;
    let posted = QueuedRequest {
        ticket: recovered.ticket,
        reference: stored.reference,
        max_age: stored.max_age.map(Duration::from_millis),
        posted_at: recovered.posted_at,
        age_before: recovered.age,
        maybe_received: recovered.sent == SendState::MaybeSent,
        ..QueuedRequest::new(stored.address, stored.request)
    };
    outbox.restore_request(&interaction, posted, recovered.sent)
}
