//! Requests that were posted, on their way: those of one interaction in order and one at a time, those of different
//! interactions side by side, over as many connections as the option `outbox.connections` allows.
//!
//! With a store, a request is on disk when posting returns, is marked before its first byte leaves, and goes from the disk
//! in the same commit that puts its outcome there.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::delivery::Sender;
use super::keys::Watched;
use super::lane::Next;
use super::posted::Posted;
use super::retry::Policy;
use crate::config::Settings;
use crate::error::{Delivery, Error, Result};
use crate::host;
use crate::interactions::Interaction;
use crate::receiving::Receiver;
use crate::status::Status;
use crate::wire::{Address, Request};

/// How long an idle worker sleeps at the most before it looks around again.
const NAP: Duration = Duration::from_secs(60);

/// The outbox of one client.
#[derive(Debug)]
pub struct Outbox {
    pub(super) sender: Arc<Sender>,
    /// Outcomes are events, so they go where triggers go.
    receiver: Arc<Receiver>,
    policy: Policy,
    pub(super) blocking_policy: Policy,
    capacity: usize,
    connections: usize,
    pub(super) strict: bool,
    pub(super) typing_pause: Duration,
    state: Mutex<State>,
    /// For the workers: there is something to do.
    changed: Condvar,
    /// For those who wait between two tries.
    pub(super) closing: Condvar,
    emptied: Condvar,
    workers: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// Interactions whose first request may go now.
    ready: VecDeque<Arc<Interaction>>,
    /// What is to be done later, by when. The number keeps the keys apart.
    later: BTreeMap<(Instant, u64), Due>,
    last_later: u64,
    last_ticket: u64,
    /// How many requests wait or are on their way.
    open: usize,
    idle_workers: usize,
    /// How many requests ended because closing broke them off.
    broken_off: usize,
    pub(super) refusing: bool,
    pub(super) closed: bool,
}

/// Something whose time comes.
#[derive(Debug)]
pub enum Due {
    /// The interaction's first request may go.
    Try(Arc<Interaction>),
    /// The interaction's first request is to be tried again.
    Again(Arc<Interaction>),
    /// The customer may have stopped typing.
    Look(Watched),
}

impl Outbox {
    /// An empty outbox. Its threads start with the first request.
    pub fn new(sender: Arc<Sender>, receiver: Arc<Receiver>, settings: &Settings) -> Self {
        Outbox {
            sender,
            receiver,
            policy: Policy::posted(settings),
            blocking_policy: Policy::blocking(settings),
            capacity: settings.outbox_capacity,
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
        interaction.begin(&request, self.strict)?;
        let ticket = self
            .admit(address, &request)
            .inspect_err(|_| interaction.ended(&request, false))?;
        let posted = Posted {
            ticket,
            address: address.clone(),
            request,
            quiet: false,
            since: Instant::now(),
            tries: 0,
            unsure: false,
        };
        self.stop_typing(interaction, &posted);
        self.enqueue(interaction, posted);
        Ok(ticket)
    }

    /// Finds a place and a ticket for a request.
    fn admit(self: &Arc<Self>, address: &Address, request: &Request) -> Result<u64> {
        self.hire()?;
        self.reserve()?;
        match self.receiver.keep_posted(address, request) {
            Ok(Some(ticket)) => Ok(ticket),
            Ok(None) => Ok(self.next_ticket()),
            Err(error) => {
                self.settle();
                Err(error)
            }
        }
    }

    /// Posts a request that nobody is told of. One that is lost does no harm.
    pub(super) fn post_quietly(
        &self,
        interaction: &Arc<Interaction>,
        address: &Address,
        request: Request,
    ) {
        self.lock().open += 1;
        let posted = Posted {
            ticket: 0,
            address: address.clone(),
            request,
            quiet: true,
            since: Instant::now(),
            tries: 0,
            unsure: false,
        };
        self.enqueue(interaction, posted);
    }

    /// Takes up a request that an earlier run left. One that may have been on its way then has an unknown outcome.
    pub fn take_up(
        self: &Arc<Self>,
        interaction: &Arc<Interaction>,
        posted: Posted,
        was_leaving: bool,
    ) -> Result<()> {
        self.hire()?;
        self.lock().open += 1;
        let may_again = posted.request.is_harmless_twice() || self.policy.resends_unknown();
        if was_leaving && !may_again {
            let error = Error::new(
                Status::Lost,
                format!(
                    "{}: the application ended while it was on its way; whether the service received it is unknown",
                    posted.request.name()
                ),
            )
            .delivered(Delivery::Unknown);
            interaction.ended(&posted.request, false);
            self.report(&posted, &Err(error));
            self.settle();
            return Ok(());
        }
        interaction.begin(&posted.request, false)?;
        self.enqueue(interaction, posted);
        Ok(())
    }

    fn enqueue(&self, interaction: &Arc<Interaction>, posted: Posted) {
        if interaction.lane.post(Box::new(posted)) == Next::Worker {
            self.make_ready(interaction.clone());
        }
    }

    /// The interaction's lane is free again, and its next request is one that was posted.
    pub fn make_ready(&self, interaction: Arc<Interaction>) {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            return interaction.lane.close();
        }
        state.ready.push_back(interaction);
        drop(state);
        self.changed.notify_one();
    }

    fn reserve(&self) -> Result<()> {
        let mut state = self.lock();
        if state.refusing {
            return Err(closed());
        }
        if state.open >= self.capacity {
            return Err(Error::new(
                Status::Full,
                format!(
                    "{} posted requests wait, as many as outbox.capacity allows; wait for outcomes, or raise the option",
                    state.open
                ),
            )
            .delivered(Delivery::NotSent)
            .retryable(true));
        }
        state.open += 1;
        Ok(())
    }

    fn next_ticket(&self) -> u64 {
        let mut state = self.lock();
        state.last_ticket += 1;
        state.last_ticket
    }

    /// Starts one more worker, where those that are idle have something to do already and more are allowed.
    pub(super) fn hire(self: &Arc<Self>) -> Result<()> {
        {
            let state = self.lock();
            if state.idle_workers > state.ready.len() {
                return Ok(());
            }
        }
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        // Once the outbox is closed, `join` may have been here already.
        if self.lock().closed {
            return Err(closed());
        }
        if workers.len() < self.connections {
            let outbox = self.clone();
            let worker = host::thread::spawn("omnize-outbox", move || outbox.work());
            workers.push(worker.map_err(|error| {
                Error::new(Status::System, format!("no thread for the outbox: {error}"))
                    .delivered(Delivery::NotSent)
            })?);
        }
        Ok(())
    }

    fn work(&self) {
        while let Some(due) = self.next() {
            match due {
                Due::Try(interaction) => self.try_first(interaction),
                Due::Again(interaction) => {
                    interaction.lane.resume();
                    self.try_first(interaction);
                }
                Due::Look(watched) => self.look(&watched),
            }
        }
    }

    fn try_first(&self, interaction: Arc<Interaction>) {
        if let Some(posted) = interaction.lane.take() {
            self.deliver(interaction, posted);
        }
    }

    /// Waits for something to do; `None` when the outbox is closed.
    fn next(&self) -> Option<Due> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let now = Instant::now();
            if let Some(entry) = state
                .later
                .first_entry()
                .filter(|entry| entry.key().0 <= now)
            {
                return Some(entry.remove());
            }
            if let Some(interaction) = state.ready.pop_front() {
                if state.idle_workers > 0 && !state.later.is_empty() {
                    // The others may sleep longer than until the next thing is due, which was left to this one.
                    self.changed.notify_one();
                }
                return Some(Due::Try(interaction));
            }
            let until_due = state
                .later
                .first_key_value()
                .map(|((due, _), _)| *due - now);
            state.idle_workers += 1;
            state = self
                .changed
                .wait_timeout(state, until_due.unwrap_or(NAP))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.idle_workers -= 1;
        }
    }

    fn deliver(&self, interaction: Arc<Interaction>, mut posted: Box<Posted>) {
        let result = self.attempt(&interaction, &mut posted);
        if let Err(error) = &result {
            let pause =
                self.policy
                    .pause(&posted.request, error, posted.tries, posted.since.elapsed());
            // What nobody is told of does no harm when it is lost, but would hold up what comes behind it.
            if let Some(pause) = pause
                && !posted.quiet
                && !self.lock().closed
            {
                interaction.lane.put_back(posted);
                self.later(Instant::now() + pause, Due::Again(interaction));
                return;
            }
            if error.status() == Status::Closed {
                // It was not sent, and waits for the next start where there is a store.
                interaction.lane.put_back(posted);
                interaction.lane.close();
                return;
            }
            if self.sender.is_broken_off() {
                self.lock().broken_off += 1;
            }
        }
        let result = match posted.unsure {
            true => result.map_err(Error::after_an_unknown_try),
            false => result,
        };
        interaction.ended(&posted.request, result.is_ok());
        self.report(&posted, &result);
        if interaction.lane.done() == Next::Worker {
            self.make_ready(interaction);
        }
        self.settle();
    }

    fn attempt(&self, interaction: &Interaction, posted: &mut Posted) -> Result<()> {
        posted.tries += 1;
        let starts = posted.request.starts();
        if self.strict && !starts {
            // It may have been finished since it was posted.
            interaction.check(&posted.request)?;
        }
        if !posted.quiet {
            self.receiver.mark_leaving(posted.ticket)?;
        }
        let hash = interaction.hash();
        let result = self
            .sender
            .send(&posted.address, hash.as_deref(), &posted.request, None)
            .map(|reply| interaction.learn(&posted.request, &reply));
        posted.unsure |= is_unknown(&result);
        // One that was refused is not there either. What an earlier try may have brought there stays marked.
        if !posted.quiet && !posted.unsure && result.is_err() {
            self.receiver.mark_staying(posted.ticket);
        }
        result
    }

    pub(super) fn later(&self, when: Instant, due: Due) {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            if let Due::Try(interaction) | Due::Again(interaction) = due {
                interaction.lane.close();
            }
            return;
        }
        state.last_later += 1;
        let key = (when, state.last_later);
        state.later.insert(key, due);
        drop(state);
        self.changed.notify_one();
    }

    fn report(&self, posted: &Posted, result: &Result<()>) {
        if !posted.quiet {
            self.receiver.tell(posted.outcome(result));
        }
    }

    /// A request has left the outbox.
    fn settle(&self) {
        let mut state = self.lock();
        state.open -= 1;
        if state.open == 0 {
            self.emptied.notify_all();
        }
    }

    /// Waits until all requests have ended, or `deadline`.
    pub fn drain(&self, deadline: Instant) {
        let mut state = self.lock();
        while state.open > 0 {
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

    /// Takes no further request that is posted.
    pub fn refuse(&self) {
        self.lock().refusing = true;
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
            Due::Try(interaction) | Due::Again(interaction) => Some(interaction),
            Due::Look(_) => None,
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
        for worker in workers {
            // Of the application's code it runs the callback of the log alone, which may be what closes the client; so it
            // can't have panicked but by a defect, which the hook noted.
            host::thread::join(worker);
        }
        let state = self.lock();
        state.open + state.broken_off
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn is_unknown<T>(result: &Result<T>) -> bool {
    result
        .as_ref()
        .is_err_and(|error| error.delivery() == Some(Delivery::Unknown))
}

/// Why nothing is sent any more.
pub(super) fn closed() -> Error {
    Error::new(Status::Closed, Status::Closed.text()).delivered(Delivery::NotSent)
}
