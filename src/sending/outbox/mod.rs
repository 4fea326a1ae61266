//! The outbox: sends posted requests on threads of its own.
//!
//! A request comes in at [`Outbox::post`], which returns a ticket. It waits as a [`queued_request`] in the lane of its
//! interaction. A thread of the [`worker_pool`] takes the next [`scheduled_task`] and makes an [`attempt`]. The outcome goes
//! out as an event. The option `outbox.connections` limits the threads; each interaction has one request in progress.
//!
//! With a store, a request is on disk when `post` returns, and is marked before its first byte is sent. One commit replaces
//! it by its outcome.

pub(crate) mod account_lanes;
pub(crate) mod account_requests;
pub(crate) mod attempt;
pub(crate) mod control;
pub(crate) mod expiry;
pub(crate) mod expiry_timer;
pub(crate) mod post_options;
pub(crate) mod queued_request;
pub(crate) mod references;
pub(crate) mod request_index;
pub(crate) mod scheduled_task;
pub(crate) mod worker_pool;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::allocation_check;
use crate::config::Settings;
use crate::error::{Delivery, Error, Result};
use crate::host;
use crate::host::thread::ThreadId;
use crate::receiving::{Receiver, SendState};
use crate::sending::interaction_types::Interaction;
use crate::sending::lane::WorkerNeeded;
use crate::sending::outbox::account_lanes::AccountLanes;
use crate::sending::outbox::expiry_timer::ExpiryTimer;
use crate::sending::outbox::post_options::PostOptions;
use crate::sending::outbox::queued_request::{QueuedRequest, size_of};
use crate::sending::outbox::references::registry::{Claim, References};
use crate::sending::outbox::request_index::RequestIndex;
use crate::sending::outbox::scheduled_task::ScheduledTask;
use crate::sending::retry::RetryPolicy;
use crate::sending::sender::Sender;
use crate::statistics::Statistic;
use crate::status::Status;
use crate::wire::{Address, Request};

/// The outbox of one client.
#[derive(Debug)]
pub struct Outbox {
    pub(crate) sender: Arc<Sender>,
    /// Receives outcomes, because they are events.
    pub(crate) receiver: Arc<Receiver>,
    pub(crate) posted_policy: RetryPolicy,
    pub(crate) blocking_policy: RetryPolicy,
    pub(crate) timeout: Duration,
    capacity: usize,
    max_bytes: usize,
    pub(crate) connections: usize,
    pub(crate) check_state: bool,
    pub(crate) typing_pause: Duration,
    /// The age limit of messages without a limit of their own.
    pub(crate) message_max_age: Option<Duration>,
    pub(crate) expiry: ExpiryTimer,
    pub(crate) references: References,
    pub(crate) account_lanes: AccountLanes,
    state: Mutex<OutboxState>,
    /// Wakes workers for new tasks.
    pub(crate) changed: Condvar,
    /// Wakes blocking calls that wait between two attempts.
    pub(crate) closing: Condvar,
    /// Wakes a close and a flush.
    pub(crate) emptied: Condvar,
    pub(crate) workers: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
pub(crate) struct OutboxState {
    /// Interactions whose first request can be sent now.
    pub(crate) ready: VecDeque<Arc<Interaction>>,
    /// Later tasks, by their time. The number makes the keys unique.
    pub(crate) scheduled: BTreeMap<(Instant, u64), ScheduledTask>,
    pub(crate) last_scheduled: u64,
    last_ticket: u64,
    /// The number and the bytes of requests that are queued or in progress.
    open: usize,
    bytes: usize,
    /// The requests without an outcome, except those of the library itself.
    pub(crate) requests: RequestIndex,
    /// The tickets of ended requests whose outcome is not an event yet.
    pub(crate) uncommitted_outcomes: BTreeSet<u64>,
    /// The last ticket of the first flush that waits.
    pub(crate) flushed_until: Option<u64>,
    /// Whether the application paused the outbox.
    pub(crate) is_paused: bool,
    pub(crate) worker_count: usize,
    pub(crate) worker_threads: Vec<ThreadId>,
    pub(crate) idle_workers: usize,
    /// The number of requests that the close aborted.
    pub(crate) aborted: usize,
    accepts: AcceptedRequests,
    pub(crate) closed: bool,
}

/// The requests that the outbox accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum AcceptedRequests {
    /// All.
    #[default]
    All,
    /// Only while a callback runs.
    WhileCallbackRuns,
    /// None, because the client is closed.
    None,
}

impl OutboxState {
    fn is_empty(&self) -> bool {
        self.open + self.uncommitted_outcomes.len() == 0
    }
}

impl Outbox {
    /// Creates an empty outbox. Its threads start with the first request.
    pub fn new(sender: Arc<Sender>, receiver: Arc<Receiver>, settings: &Settings) -> Self {
        Outbox {
            sender,
            receiver,
            posted_policy: RetryPolicy::posted(settings),
            blocking_policy: RetryPolicy::blocking(settings),
            timeout: settings.timeout,
            capacity: settings.outbox_capacity,
            max_bytes: settings.outbox_max_bytes,
            connections: settings.outbox_connections,
            check_state: settings.check_state,
            typing_pause: settings.typing_pause,
            message_max_age: settings.message_max_age,
            expiry: ExpiryTimer::default(),
            references: References::new(settings),
            account_lanes: AccountLanes::default(),
            state: Mutex::new(OutboxState {
                is_paused: settings.outbox_paused,
                ..OutboxState::default()
            }),
            changed: Condvar::new(),
            closing: Condvar::new(),
            emptied: Condvar::new(),
            workers: Mutex::default(),
        }
    }

    /// Checks whether the dialect and the options allow this request.
    ///
    /// # Errors
    /// The same as [`Sender::check_request`].
    pub fn check(&self, address: &Address, request: &Request) -> Result<()> {
        self.sender.check_request(address, request)
    }

    /// Queues a request and returns its ticket. Does not wait for the network; with a store, blocks until it is on disk.
    /// Returns the ticket of an earlier post of the same request with the same reference.
    ///
    /// # Errors
    /// [`Status::Department`], [`Status::ClientId`]: it is missing; [`Status::Argument`]: the options are invalid, or another
    /// request has the reference; [`Status::State`]; [`Status::Full`]: the outbox is full; [`Status::Store`];
    /// [`Status::Closed`]; [`Status::System`]: the thread can't be started.
    pub fn post(
        self: &Arc<Self>,
        interaction: &Arc<Interaction>,
        address: &Address,
        request: Request,
        options: PostOptions,
    ) -> Result<u64> {
        self.sender.check_origin()?;
        self.sender.check_request(address, &request)?;
        // This check comes before the state, because the state does not matter in a closed client.
        self.check_open()?;
        let size = size_of(&request);
        allocation_check::check(size, Status::Full)
            .map_err(|error| error.with_delivery(Delivery::NotSent))?;
        // The state is that after the first post, so it does not matter for a second one.
        let mut claim = match self.claim_reference(address, &request, &options)? {
            Claim::Known(ticket) => return Ok(ticket),
            Claim::New(claim) => claim,
        };
        interaction.on_queued(&request, &address.department, self.check_state)?;
        let mut posted = QueuedRequest::new(address.clone(), request);
        posted.size = size
            + options
                .reference
                .as_ref()
                .map_or(0, |text| text.expose().len());
        posted.reference = options.reference;
        posted.max_age = options.max_age;
        let ticket = self
            .allocate_ticket(&mut posted)
            .inspect_err(|_| interaction.on_completed(&posted.request, false))?;
        claim.set_ticket(ticket);
        self.stop_typing(interaction, &posted);
        self.enqueue(interaction, posted);
        drop(claim);
        Ok(ticket)
    }

    /// Reserves space for a request, stores it, and sets its ticket, which it returns.
    fn allocate_ticket(self: &Arc<Self>, posted: &mut QueuedRequest) -> Result<u64> {
        self.set_expiry(posted)?;
        self.ensure_worker()?;
        self.reserve(posted.size)?;
        posted.ticket = match self.receiver.store_request(posted) {
            Ok(Some(ticket)) => ticket,
            Ok(None) => self.next_ticket(),
            Err(error) => {
                self.remove(posted.size);
                return Err(error);
            }
        };
        Ok(posted.ticket)
    }

    /// Queues a request of the library itself, without an outcome event. Its loss does no harm.
    pub(crate) fn enqueue_internal(
        self: &Arc<Self>,
        interaction: &Arc<Interaction>,
        address: &Address,
        request: Request,
    ) {
        self.set_open(&mut self.lock(), |open| open + 1);
        let mut posted = QueuedRequest::new(address.clone(), request);
        posted.is_internal = true;
        self.enqueue(interaction, posted);
    }

    /// Restores a stored request. Its outcome is `Unknown` if it may have been sent, `NotSent` if the current options no longer
    /// allow it.
    pub fn restore_request(
        self: &Arc<Self>,
        interaction: &Arc<Interaction>,
        mut posted: QueuedRequest,
        sent: SendState,
    ) -> Result<()> {
        self.ensure_worker()?;
        self.set_expiry(&mut posted)?;
        self.restore_queued_reference(&posted)?;
        posted.size = size_of(&posted.request);
        {
            let mut state = self.lock();
            self.set_open(&mut state, |open| open + 1);
            state.bytes += posted.size;
        }
        let may_have_been_sent = sent == SendState::MaybeSent;
        let can_repeat = posted.request.is_idempotent() || self.posted_policy.resends_unknown();
        let error = if may_have_been_sent && !can_repeat {
            let lost = Error::new(
                Status::Lost,
                format!(
                    "{}: the application ended while the request was in progress; whether the service received it is unknown",
                    posted.request.name()
                ),
            );
            Some(lost.with_delivery(Delivery::Unknown))
        } else {
            let checked = self.sender.check_request(&posted.address, &posted.request);
            let rejected = checked.and_then(|()| self.check_age(&posted));
            let rejected = rejected.err().or_else(|| {
                let is_expired =
                    sent != SendState::Queued && self.posted_policy.is_expired(posted.age());
                is_expired.then(|| self.expired_error(&posted))
            });
            match may_have_been_sent {
                true => rejected.map(Error::after_unknown_attempt),
                false => rejected,
            }
        };
        if let Some(error) = error {
            self.complete(interaction, &posted, &Err(error));
            self.remove(posted.size);
            return Ok(());
        }
        interaction.on_queued(&posted.request, &posted.address.department, false)?;
        self.enqueue(interaction, posted);
        Ok(())
    }

    /// Returns the error for a restored request that is too old for a retry.
    fn expired_error(&self, posted: &QueuedRequest) -> Error {
        let message = format!(
            "{}: it was posted {} ms ago and the service did not receive it; retry.posted allows retries for {} ms",
            posted.request.name(),
            posted.age().as_millis(),
            self.posted_policy.period().as_millis()
        );
        Error::new(Status::Timeout, message).with_delivery(Delivery::NotSent)
    }

    fn enqueue(self: &Arc<Self>, interaction: &Arc<Interaction>, posted: QueuedRequest) {
        let (ticket, expires_at) = (posted.ticket, posted.expires_at);
        self.watch_expiry(interaction, &posted);
        let worker_needed = {
            // Together, so that a cancellation by the listed ticket finds the request in its lane.
            let mut state = self.lock();
            if !posted.is_internal {
                state.requests.insert(&posted, interaction);
            }
            interaction.lane.enqueue(Box::new(posted))
        };
        if worker_needed == WorkerNeeded::Yes {
            self.enqueue_lane(interaction.clone());
        }
        self.expire_if_due(interaction, ticket, expires_at);
    }

    fn reserve(&self, size: usize) -> Result<()> {
        let mut state = self.lock();
        if state.accepts == AcceptedRequests::None {
            return Err(closed());
        }
        if state.open >= self.capacity {
            return Err(Error::new(
                Status::Full,
                format!(
                    "the outbox is full: it contains outbox.capacity posted requests ({}); wait for outcomes, or raise the option",
                    state.open
                ),
            )
            .with_delivery(Delivery::NotSent)
            .with_retryable(true));
        }
        // An empty outbox accepts a request of any size; otherwise a large one could never be queued.
        if state.open > 0 && state.bytes.saturating_add(size) > self.max_bytes {
            return Err(Error::new(
                Status::Full,
                format!(
                    "the outbox contains {} bytes of posted requests, and {size} bytes more exceed outbox.max_bytes ({}); wait \
                     for outcomes, or raise the option",
                    state.bytes, self.max_bytes
                ),
            )
            .with_delivery(Delivery::NotSent)
            .with_retryable(true));
        }
        self.set_open(&mut state, |open| open + 1);
        state.bytes += size;
        Ok(())
    }

    fn next_ticket(&self) -> u64 {
        let mut state = self.lock();
        state.last_ticket += 1;
        state.last_ticket
    }

    /// Removes a request that has ended.
    pub(crate) fn remove(&self, size: usize) {
        let mut state = self.lock();
        self.set_open(&mut state, |open| open - 1);
        state.bytes -= size;
        self.notify_waiting(&mut state);
    }

    /// Records that an outcome is in the inbox, and with a store on disk.
    pub(crate) fn record_enqueued_outcome(&self, ticket: u64) {
        let mut state = self.lock();
        state.uncommitted_outcomes.remove(&ticket);
        self.notify_waiting(&mut state);
    }

    fn set_open(&self, state: &mut OutboxState, change: impl FnOnce(usize) -> usize) {
        state.open = change(state.open);
        self.sender.counters.set(Statistic::Outbox, state.open);
    }

    /// Wakes a close or a flush that has nothing more to wait for.
    pub(crate) fn notify_waiting(&self, state: &mut OutboxState) {
        if state.is_drained() || state.ends_a_flush() {
            state.flushed_until = None;
            self.emptied.notify_all();
        }
    }

    /// Returns whether all requests have ended and their outcomes are in the inbox. In a paused outbox, only those in
    /// progress count.
    pub fn is_drained(&self) -> bool {
        self.lock().is_drained()
    }

    /// Blocks until [`is_drained`](Self::is_drained) or `deadline`.
    pub fn drain(&self, deadline: Instant) {
        let mut state = self.lock();
        while !state.is_drained() {
            let remaining = deadline.saturating_duration_since(Instant::now());
            if remaining == Duration::ZERO {
                break;
            }
            state = self
                .emptied
                .wait_timeout(state, remaining)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Fails if the outbox accepts no request now.
    ///
    /// # Errors
    /// [`Status::Closed`].
    pub(crate) fn check_open(&self) -> Result<()> {
        let accepts = self.lock().accepts;
        // A callback may send requests on other threads, so any running callback counts.
        match accepts {
            AcceptedRequests::All => Ok(()),
            AcceptedRequests::WhileCallbackRuns if self.receiver.has_callbacks() => Ok(()),
            AcceptedRequests::WhileCallbackRuns | AcceptedRequests::None => Err(closed()),
        }
    }

    /// From now on, accepts requests only while a callback runs.
    pub fn begin_closing(&self) {
        self.lock().accepts = AcceptedRequests::WhileCallbackRuns;
    }

    /// Accepts no further request.
    pub fn stop_accepting(&self) {
        self.lock().accepts = AcceptedRequests::None;
    }

    /// Closes the outbox: starts no further attempt.
    pub fn close(&self) {
        let (ready, scheduled) = {
            let mut state = self.lock();
            state.closed = true;
            (
                std::mem::take(&mut state.ready),
                std::mem::take(&mut state.scheduled),
            )
        };
        self.changed.notify_all();
        self.closing.notify_all();
        self.expiry.close();
        self.emptied.notify_all();
        let waiting = scheduled.into_values().filter_map(|task| match task {
            ScheduledTask::Send(interaction) | ScheduledTask::Retry(interaction, _) => {
                Some(interaction)
            }
            ScheduledTask::CheckTyping(_) => None,
        });
        for interaction in ready.into_iter().chain(waiting) {
            interaction.lane.close();
        }
    }

    /// Blocks until the workers have ended, which is after the requests in progress. Returns the number of remaining and
    /// aborted requests.
    pub fn join(&self) -> usize {
        let workers =
            std::mem::take(&mut *self.workers.lock().unwrap_or_else(PoisonError::into_inner));
        // The store's thread must not wait, because the workers may wait for it.
        let may_wait = self.receiver.may_wait().is_ok();
        let threads = workers.into_iter().chain(self.expiry.take_thread());
        for worker in threads.filter(|_| may_wait) {
            // A worker runs no code of the application except the log callback, whose panics are caught. The panic hook
            // has logged any other panic.
            host::thread::join(worker);
        }
        let state = self.lock();
        state.open + state.aborted
    }

    /// Returns the number of aborted requests that have an outcome.
    pub fn aborted(&self) -> usize {
        self.lock().aborted
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, OutboxState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn is_unknown<T>(result: &Result<T>) -> bool {
    result
        .as_ref()
        .is_err_and(|error| error.delivery() == Some(Delivery::Unknown))
}

/// Returns the error of a closed outbox.
pub(crate) fn closed() -> Error {
    Error::new(Status::Closed, Status::Closed.text()).with_delivery(Delivery::NotSent)
}
