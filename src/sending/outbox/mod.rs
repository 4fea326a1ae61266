//! Requests that were posted, on their way: those of one interaction in order and one at a time, those of different
//! interactions side by side, over as many connections as the option `outbox.connections` allows.
//!
//! With a store, a request is on disk when posting returns, is marked before its first byte leaves, and goes from the disk
//! in the same commit that puts its outcome there.

pub(crate) mod attempt;
pub(crate) mod queued_request;
pub(crate) mod worker_pool;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::config::Settings;
use crate::error::{Delivery, Error, Result};
use crate::host;
use crate::memory;
use crate::receiving::{Receiver, SendState};
use crate::sending::interaction_types::Interaction;
use crate::sending::lane::Next;
use crate::sending::outbox::queued_request::{QueuedRequest, size_of};
use crate::sending::outbox::worker_pool::ScheduledTask;
use crate::sending::retry::Policy;
use crate::sending::sender::Sender;
use crate::status::Status;
use crate::wire::{Address, Request};

/// The outbox of one client.
#[derive(Debug)]
pub struct Outbox {
    pub(crate) sender: Arc<Sender>,
    /// Outcomes are events, so they go where triggers go.
    pub(crate) receiver: Arc<Receiver>,
    pub(crate) policy: Policy,
    pub(crate) blocking_policy: Policy,
    pub(crate) timeout: Duration,
    capacity: usize,
    max_bytes: usize,
    pub(crate) connections: usize,
    pub(crate) strict: bool,
    pub(crate) typing_pause: Duration,
    state: Mutex<State>,
    /// For the workers: there is something to do.
    pub(crate) changed: Condvar,
    /// For those who wait between two tries.
    pub(crate) closing: Condvar,
    emptied: Condvar,
    pub(crate) workers: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    /// Interactions whose first request may go now.
    pub(crate) ready: VecDeque<Arc<Interaction>>,
    /// What is to be done later, by when. The number keeps the keys apart.
    pub(crate) later: BTreeMap<(Instant, u64), ScheduledTask>,
    pub(crate) last_later: u64,
    last_ticket: u64,
    /// How many requests wait or are on their way, and how many bytes they have.
    open: usize,
    bytes: usize,
    /// How many have ended whose outcome is on its way to the disk.
    pub(crate) untold: usize,
    pub(crate) hired_workers: usize,
    pub(crate) idle_workers: usize,
    /// How many requests ended because closing broke them off.
    pub(crate) broken_off: usize,
    taking: Taking,
    pub(crate) closed: bool,
}

/// Whose requests it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Taking {
    /// Everybody's.
    #[default]
    All,
    /// Those that are made while a callback runs.
    OfCallbacks,
    /// Nobody's.
    None,
}

impl State {
    fn is_empty(&self) -> bool {
        self.open + self.untold == 0
    }
}

impl Outbox {
    /// An empty outbox. Its threads start with the first request.
    pub fn new(sender: Arc<Sender>, receiver: Arc<Receiver>, settings: &Settings) -> Self {
        Outbox {
            sender,
            receiver,
            policy: Policy::posted(settings),
            blocking_policy: Policy::blocking(settings),
            timeout: settings.timeout,
            capacity: settings.outbox_capacity,
            max_bytes: settings.outbox_max_bytes,
            connections: settings.outbox_connections,
            strict: settings.strict,
            typing_pause: settings.typing_pause,
            state: Mutex::default(),
            changed: Condvar::new(),
            closing: Condvar::new(),
            emptied: Condvar::new(),
            workers: Mutex::default(),
        }
    }

    /// Whether this request can be made, as far as it tells itself.
    ///
    /// # Errors
    /// As [`Sender::check_request`].
    pub fn check(&self, address: &Address, request: &Request) -> Result<()> {
        self.sender.check_request(address, request)
    }

    /// Posts a request and gives its ticket. Never waits for the network; with a store, waits until it is on disk.
    ///
    /// # Errors
    /// [`Status::Department`], [`Status::ClientId`]: it is missing; [`Status::State`]; [`Status::Full`]: as many wait as
    /// may; [`Status::Store`]; [`Status::Closed`]; [`Status::System`]: no thread.
    pub fn post(
        self: &Arc<Self>,
        interaction: &Arc<Interaction>,
        address: &Address,
        request: Request,
    ) -> Result<u64> {
        self.sender.check_origin()?;
        self.sender.check_request(address, &request)?;
        // Before the state: what a closed client's interaction could do next is no help.
        self.check_open()?;
        interaction.on_queued(&request, self.strict)?;
        let size = size_of(&request);
        memory::check(size, Status::Full)
            .map_err(|error| error.delivered(Delivery::NotSent))
            .inspect_err(|_| interaction.on_completed(&request, false))?;
        let ticket = self
            .admit(address, &request, size)
            .inspect_err(|_| interaction.on_completed(&request, false))?;
        let posted = QueuedRequest {
            ticket,
            address: address.clone(),
            request,
            quiet: false,
            size,
            age_before: Duration::ZERO,
            since: Instant::now(),
            tries: 0,
            unsure: false,
        };
        self.stop_typing(interaction, &posted);
        self.enqueue(interaction, posted);
        Ok(ticket)
    }

    /// Finds a place and a ticket for a request.
    fn admit(self: &Arc<Self>, address: &Address, request: &Request, size: usize) -> Result<u64> {
        self.staff()?;
        self.reserve(size)?;
        match self.receiver.keep_posted(address, request) {
            Ok(Some(ticket)) => Ok(ticket),
            Ok(None) => Ok(self.next_ticket()),
            Err(error) => {
                self.settle(size);
                Err(error)
            }
        }
    }

    /// Posts a request that nobody is told of. One that is lost does no harm.
    pub(crate) fn post_quietly(
        self: &Arc<Self>,
        interaction: &Arc<Interaction>,
        address: &Address,
        request: Request,
    ) {
        self.lock().open += 1;
        let posted = QueuedRequest {
            ticket: 0,
            address: address.clone(),
            request,
            quiet: true,
            size: 0,
            age_before: Duration::ZERO,
            since: Instant::now(),
            tries: 0,
            unsure: false,
        };
        self.enqueue(interaction, posted);
    }

    /// Takes up a request that an earlier run left. One that may have been on its way then has an unknown outcome, and one that
    /// can't be made any more, for the options are others, has not been sent.
    pub fn take_up(
        self: &Arc<Self>,
        interaction: &Arc<Interaction>,
        mut posted: QueuedRequest,
        sent: SendState,
    ) -> Result<()> {
        self.staff()?;
        posted.size = size_of(&posted.request);
        {
            let mut state = self.lock();
            state.open += 1;
            state.bytes += posted.size;
        }
        let was_leaving = sent == SendState::MaybeSent;
        let may_again = posted.request.is_idempotent() || self.policy.resends_unknown();
        let ended = if was_leaving && !may_again {
            let lost = Error::new(
                Status::Lost,
                format!(
                    "{}: the application ended while it was on its way; whether the service received it is unknown",
                    posted.request.name()
                ),
            );
            Some(lost.delivered(Delivery::Unknown))
        } else {
            let checked = self.sender.check_request(&posted.address, &posted.request);
            let refused = checked.err().or_else(|| {
                // It was made before, and its time is over.
                let is_over = sent != SendState::Queued && self.policy.is_over(posted.age());
                is_over.then(|| self.too_old(&posted))
            });
            match was_leaving {
                true => refused.map(Error::after_an_unknown_try),
                false => refused,
            }
        };
        if let Some(error) = ended {
            interaction.on_completed(&posted.request, false);
            self.report(&posted, &Err(error));
            self.settle(posted.size);
            return Ok(());
        }
        interaction.on_queued(&posted.request, false)?;
        self.enqueue(interaction, posted);
        Ok(())
    }

    /// Why a request is not made again that an earlier run has made.
    fn too_old(&self, posted: &QueuedRequest) -> Error {
        let message = format!(
            "{}: it was posted {} ms ago and not received by the service, and retry.posted allows {} ms for making it again",
            posted.request.name(),
            posted.age().as_millis(),
            self.policy.within().as_millis()
        );
        Error::new(Status::Timeout, message).delivered(Delivery::NotSent)
    }

    fn enqueue(self: &Arc<Self>, interaction: &Arc<Interaction>, posted: QueuedRequest) {
        if interaction.lane.post(Box::new(posted)) == Next::Worker {
            self.make_ready(interaction.clone());
        }
    }

    fn reserve(&self, size: usize) -> Result<()> {
        let mut state = self.lock();
        if state.taking == Taking::None {
            return Err(closed());
        }
        if state.open >= self.capacity {
            return Err(Error::new(
                Status::Full,
                format!(
                    "as many posted requests wait as outbox.capacity allows ({}); wait for outcomes, or raise the option",
                    state.open
                ),
            )
            .delivered(Delivery::NotSent)
            .retryable(true));
        }
        // One that is larger than all may be together would never be taken.
        if state.open > 0 && state.bytes.saturating_add(size) > self.max_bytes {
            return Err(Error::new(
                Status::Full,
                format!(
                    "posted requests of {} bytes wait, and one of {size} more is beyond outbox.max_bytes ({}); wait for \
                     outcomes, or raise the option",
                    state.bytes, self.max_bytes
                ),
            )
            .delivered(Delivery::NotSent)
            .retryable(true));
        }
        state.open += 1;
        state.bytes += size;
        Ok(())
    }

    fn next_ticket(&self) -> u64 {
        let mut state = self.lock();
        state.last_ticket += 1;
        state.last_ticket
    }

    /// A request has left the outbox.
    pub(crate) fn settle(&self, size: usize) {
        let mut state = self.lock();
        state.open -= 1;
        state.bytes -= size;
        self.tell_if_empty(&state);
    }

    /// The outcome of a request that has left the outbox is on disk, and in the inbox.
    pub(crate) fn told(&self) {
        let mut state = self.lock();
        state.untold -= 1;
        self.tell_if_empty(&state);
    }

    fn tell_if_empty(&self, state: &State) {
        if state.is_empty() {
            self.emptied.notify_all();
        }
    }

    /// Whether all requests have ended and their outcomes are in the inbox.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Waits until all requests have ended and their outcomes are in the inbox, or `deadline`.
    pub fn drain(&self, deadline: Instant) {
        let mut state = self.lock();
        while !state.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                break;
            }
            state = self
                .emptied
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Fails where it takes no request any more.
    ///
    /// # Errors
    /// [`Status::Closed`].
    pub(crate) fn check_open(&self) -> Result<()> {
        let taking = self.lock().taking;
        // A callback may have others make its requests, so it counts that one runs, and not on which thread.
        match taking {
            Taking::All => Ok(()),
            Taking::OfCallbacks if self.receiver.has_callbacks() => Ok(()),
            Taking::OfCallbacks | Taking::None => Err(closed()),
        }
    }

    /// Takes no further request but those that are made while a callback runs.
    pub fn begin_closing(&self) {
        self.lock().taking = Taking::OfCallbacks;
    }

    /// Takes no further request.
    pub fn refuse(&self) {
        self.lock().taking = Taking::None;
    }

    /// Takes no further request, and starts none that waits.
    pub fn close(&self) {
        let (ready, later) = {
            let mut state = self.lock();
            state.closed = true;
            (
                std::mem::take(&mut state.ready),
                std::mem::take(&mut state.later),
            )
        };
        self.changed.notify_all();
        self.closing.notify_all();
        let later = later.into_values().filter_map(|due| match due {
            ScheduledTask::Try(interaction) | ScheduledTask::Again(interaction) => {
                Some(interaction)
            }
            ScheduledTask::Look(_) => None,
        });
        for interaction in ready.into_iter().chain(later) {
            interaction.lane.close();
        }
    }

    /// Waits for the workers to end, which they do when the requests on their way have; returns how many requests were
    /// left or broken off.
    pub fn join(&self) -> usize {
        let workers =
            std::mem::take(&mut *self.workers.lock().unwrap_or_else(PoisonError::into_inner));
        // They may wait for the thread that calls this, where it is the store's.
        let may_wait = self.receiver.may_wait().is_ok();
        for worker in workers.into_iter().filter(|_| may_wait) {
            // Of the application's code it runs the callback of the log alone, which may be what closes the client; so it
            // can't have panicked but by a defect, which the hook noted.
            host::thread::join(worker);
        }
        let state = self.lock();
        state.open + state.broken_off
    }

    /// How many of the requests that closing broke off have an outcome all the same.
    pub fn broken_off(&self) -> usize {
        self.lock().broken_off
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn is_unknown<T>(result: &Result<T>) -> bool {
    result
        .as_ref()
        .is_err_and(|error| error.delivery() == Some(Delivery::Unknown))
}

/// Why nothing is sent any more.
pub(crate) fn closed() -> Error {
    Error::new(Status::Closed, Status::Closed.text()).delivered(Delivery::NotSent)
}
