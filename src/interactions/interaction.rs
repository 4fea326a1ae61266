//! One interaction: its state and its ids. Requests, responses and triggers change them.

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Delivery, Error, Result};
use crate::interactions::open_interaction::OpenInteraction;
use crate::interactions::state::State;
use crate::status::Status;
use crate::wire::{Address, Kind, Redacted, Request, ResponseData};

/// An interaction. All handles of a customer share it, and successive interactions of one client id use the same value.
///
/// `L` and `T` are the types of its lane and of its typing state. This module does not use them.
#[derive(Debug)]
pub struct Interaction<L, T> {
    pub(crate) client_id: Arc<str>,
    data: Mutex<InteractionData>,
    /// The number of its last lookup in the registry.
    last_lookup: AtomicU64,
    /// Whether the application got its last event, so that it need not wait for another one.
    pub(super) is_end_delivered: AtomicBool,
    /// Its requests. They are sent one at a time.
    pub(crate) lane: L,
    /// The typing state that the service knows.
    pub(crate) typing: T,
    registry: Weak<dyn Registry<L, T>>,
}

/// The registry of interactions, as far as an interaction uses it.
pub trait Registry<L, T>: Debug + Send + Sync {
    /// Stores a change of the interaction, which is locked.
    fn on_change(&self, interaction: &Interaction<L, T>, data: &InteractionData);
    /// Makes a hash refer to the interaction of this client id. Returns `false` if there is no such interaction.
    fn assign_hash(&self, client_id: &str, hash: &str) -> bool;
    /// Makes a hash refer to no interaction.
    fn remove_hash(&self, hash: &str);
    /// Makes an id at WhatsApp refer to this client id.
    fn index_external_id(&self, client_id: &Arc<str>, external_id: &str);
    /// Removes an interaction without references.
    fn remove(&self, interaction: &Interaction<L, T>);
}

/// The state of an interaction and its ids.
#[derive(Clone, Debug)]
pub struct InteractionData {
    pub state: State,
    /// The time of the last state change, in milliseconds since 1970-01-01 UTC.
    pub since: i64,
    /// When the state was last known from a request or a trigger, and not assumed by an attach; 0 if never.
    pub confirmed_at: i64,
    /// The department of the start that was sent last, or of the first attach if this application did not start it.
    pub department: Arc<str>,
    /// The department of a start that is queued. Requests before it have that of the earlier start.
    pub starting_department: Option<Arc<str>>,
    /// The last start of this customer that was posted and failed.
    pub failed_start: Option<Box<FailedStart>>,
    /// Boxed, because there may be many interactions, and those of the first dialect have no further ids.
    pub ids: Option<Box<ExternalIds>>,
}

/// A posted start that failed, for the messages of the requests behind it.
#[derive(Clone, Copy, Debug)]
pub struct FailedStart {
    pub ticket: u64,
    pub status: Status,
}

/// The ids of an interaction in addition to the client id.
#[derive(Clone, Debug, Default)]
pub struct ExternalIds {
    /// The bot that the start named.
    pub bot_id: Option<Arc<str>>,
    /// The interaction hash.
    pub hash: Option<Arc<str>>,
    /// The hash of the customer's previous interaction. While a start is queued, the hash of the current one.
    pub previous_hash: Option<Arc<str>>,
    /// The customer's id at WhatsApp.
    pub external_id: Option<Redacted>,
    /// The department after a transfer, if it is not the department of the start.
    pub current_department: Option<Arc<str>>,
}

impl ExternalIds {
    /// Moves the hash to `previous_hash`, because a new interaction starts. Returns the hash that is obsolete now.
    fn rotate_hash(&mut self) -> Option<Arc<str>> {
        let older = self.previous_hash.replace(self.hash.clone()?);
        older.filter(|older| Some(older) != self.hash.as_ref())
    }
}

impl InteractionData {
    /// Creates the data of an interaction that enters this state now.
    pub fn new(state: State, department: Arc<str>) -> Self {
        InteractionData {
            state,
            since: now(),
            confirmed_at: 0,
            department,
            starting_department: None,
            failed_start: None,
            ids: None,
        }
    }

    /// Returns the interaction hash.
    pub fn hash(&self) -> Option<&Arc<str>> {
        self.ids.as_ref()?.hash.as_ref()
    }

    /// Returns the department of the start, also while it is queued.
    pub fn start_department(&self) -> &Arc<str> {
        self.starting_department
            .as_ref()
            .unwrap_or(&self.department)
    }

    /// Returns the department that serves the customer: after a transfer, not that of the start.
    pub fn current_department(&self) -> &Arc<str> {
        let ids = self.ids.as_ref();
        ids.and_then(|ids| ids.current_department.as_ref())
            .unwrap_or_else(|| self.start_department())
    }

    /// Returns its ids for a change.
    pub fn ids_mut(&mut self) -> &mut ExternalIds {
        self.ids.get_or_insert_default()
    }
}

impl<L: Default, T: Default> Interaction<L, T> {
    pub(crate) fn new(
        client_id: Arc<str>,
        data: InteractionData,
        registry: Weak<dyn Registry<L, T>>,
    ) -> Self {
        Interaction {
            client_id,
            data: Mutex::new(data),
            last_lookup: AtomicU64::new(0),
            is_end_delivered: AtomicBool::new(false),
            lane: L::default(),
            typing: T::default(),
            registry,
        }
    }
}

impl<L, T> Interaction<L, T> {
    /// Returns the state.
    pub fn state(&self) -> State {
        self.lock().state
    }

    /// Checks that the state allows a request.
    ///
    /// # Errors
    /// [`Status::State`].
    pub fn check_allowed(&self, request: &Request) -> Result<()> {
        check_allowed(&self.lock(), request)
    }

    /// Changes the state for a queued request. With `strict`, the state must allow it; of two concurrent starts, one fails.
    /// `department` is that of the start.
    ///
    /// # Errors
    /// [`Status::State`].
    pub fn on_queued(&self, request: &Request, department: &str, strict: bool) -> Result<()> {
        let mut data = self.lock();
        if strict {
            check_allowed(&data, request)?;
        }
        if request.is_start() {
            data.failed_start = None;
            let is_other = *data.department != *department;
            data.starting_department = is_other.then(|| department.into());
            if let Some(ids) = &mut data.ids {
                self.remove_hash(ids.rotate_hash());
                ids.bot_id = None;
                ids.current_department = None;
            }
            if let Request::Start(start) = request
                && let Some(bot_id) = &start.bot_id
            {
                data.ids_mut().bot_id = Some(bot_id.as_str().into());
            }
            self.is_end_delivered.store(false, Ordering::Release);
            self.set_state(data, State::Starting);
        }
        Ok(())
    }

    /// Changes the state when a request is sent as the first of its lane. Earlier requests used the old hash and department.
    pub fn on_sending(&self, request: &Request, department: &str) {
        if !request.is_start() {
            return;
        }
        let mut data = self.lock();
        // The service creates a new interaction with another hash.
        let had_hash = data.ids.as_mut().is_some_and(|ids| {
            self.remove_hash(ids.rotate_hash());
            ids.external_id = None;
            ids.hash.take().is_some()
        });
        if data.starting_department.as_deref() == Some(department) {
            data.starting_department = None;
        }
        let is_other = *data.department != *department;
        if is_other {
            data.department = department.into();
        }
        if (had_hash || is_other) && data.state == State::Starting {
            self.notify_registry(&data);
        }
        self.set_state(data, State::Starting);
    }

    /// Changes the state when a request has completed.
    pub fn on_completed(&self, request: &Request, accepted: bool) {
        let mut data = self.lock();
        if accepted
            && matches!(
                request,
                Request::Message(_) | Request::Typing | Request::Cleared
            )
        {
            data.confirmed_at = now();
        }
        if request.is_start()
            && !accepted
            && let Some(ids) = &mut data.ids
            && ids.hash.is_some()
            && ids.hash == ids.previous_hash
        {
            // The start was never sent.
            ids.previous_hash = None;
        }
        if request.is_start() {
            data.starting_department = None;
        }
        if request.is_start() && data.state == State::Starting {
            // If the delivery is unknown, a trigger may still show that the interaction has started.
            let next = if accepted { State::Waiting } else { State::New };
            self.set_state(data, next);
        } else if request.is_end() && accepted {
            self.set_state(data, State::Finished);
        }
    }

    /// Records that a posted start has failed. Call it before [`on_completed`](Self::on_completed).
    pub fn record_failed_start(&self, failed: FailedStart) {
        self.lock().failed_start = Some(Box::new(failed));
    }

    /// Changes the state after a trigger of this kind. `department` is that of a transfer.
    pub(crate) fn on_trigger(&self, kind: Kind, department: Option<&str>) {
        let mut data = self.lock();
        let next = data.state.after_trigger(kind);
        data.confirmed_at = now();
        if data.state == State::New && next.is_open() {
            // The start has succeeded after all.
            self.is_end_delivered.store(false, Ordering::Release);
        }
        let department = department.filter(|_| kind == Kind::Transferred && data.state.is_open());
        if let Some(department) = department
            && **data.current_department() != *department
        {
            let is_other = *data.department != *department;
            data.ids_mut().current_department = is_other.then(|| department.into());
            self.notify_registry(&data);
        }
        self.set_state(data, next);
    }

    /// Returns the department of the start, for the application, also while it is queued; `None` before a start and after the finish.
    pub fn department(&self) -> Option<Arc<str>> {
        let data = self.lock();
        let is_known = data.state.is_open() || data.state == State::Unavailable;
        is_known.then(|| data.start_department().clone())
    }

    /// Returns the department of the start that was sent last; `None` before a start and after the finish.
    fn department_of_requests(&self) -> Option<Arc<str>> {
        let data = self.lock();
        let is_known = data.state.is_open() || data.state == State::Unavailable;
        is_known.then(|| data.department.clone())
    }

    /// Returns the address of a request: that of its conversation, but with the department of the start.
    pub fn address_of<'a>(&self, request: &Request, address: &'a Address) -> Cow<'a, Address> {
        match self.department_of_requests() {
            Some(department) if !request.is_start() && *department != *address.department => {
                Cow::Owned(Address {
                    department: department.to_string(),
                    client_id: address.client_id.clone(),
                })
            }
            _ => Cow::Borrowed(address),
        }
    }

    /// Returns the department that serves the customer, after a transfer too; `None` before a start.
    pub fn current_department(&self) -> Option<Arc<str>> {
        let data = self.lock();
        (data.state != State::New).then(|| data.current_department().clone())
    }

    /// Records that the application got the last event, unless a new interaction has begun. Returns whether it was recorded.
    pub(crate) fn mark_end_delivered(&self) -> bool {
        let data = self.lock();
        let is_finished = data.state == State::Finished;
        if is_finished {
            self.is_end_delivered.store(true, Ordering::Release);
        }
        is_finished
    }

    /// Returns whether the application got the last event.
    pub(crate) fn is_end_delivered(&self) -> &AtomicBool {
        &self.is_end_delivered
    }

    /// Stores the ids of a request and of its response.
    pub fn on_response(&self, request: &Request, response: &ResponseData) {
        let Some(registry) = self.registry.upgrade() else {
            return;
        };
        if let Request::WhatsApp(whatsapp) = request {
            registry.index_external_id(&self.client_id, whatsapp.external_id.expose());
            let mut data = self.lock();
            data.ids_mut().external_id = Some(whatsapp.external_id.clone());
            self.notify_registry(&data);
        }
        if let ResponseData::Hash(hash) = response {
            registry.assign_hash(&self.client_id, hash);
        }
    }

    /// Returns whether a trigger with this hash belongs to this interaction and not to an earlier one of the same customer.
    pub(crate) fn matches_hash(&self, hash: &str) -> bool {
        let data = self.lock();
        let Some(ids) = &data.ids else {
            return true;
        };
        let is_equal = |known: &Arc<str>| **known == *hash;
        ids.hash.as_ref().is_none_or(is_equal) && !ids.previous_hash.as_ref().is_some_and(is_equal)
    }

    /// Sets the interaction hash and returns the old one.
    pub(crate) fn set_hash(&self, hash: &Arc<str>) -> Option<Arc<str>> {
        let mut data = self.lock();
        let ids = data.ids_mut();
        let old = ids.hash.replace(hash.clone());
        if ids.previous_hash.as_ref() == Some(hash) {
            ids.previous_hash = None;
        }
        self.notify_registry(&data);
        old
    }

    /// Returns the interaction hash.
    pub fn hash(&self) -> Option<Arc<str>> {
        self.lock().hash().cloned()
    }

    /// Returns the hash and the previous hash.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = Arc<str>> {
        let ids = self.lock().ids.clone().unwrap_or_default();
        [ids.hash, ids.previous_hash].into_iter().flatten()
    }

    fn remove_hash(&self, hash: Option<Arc<str>>) {
        if let (Some(hash), Some(registry)) = (hash, self.registry.upgrade()) {
            registry.remove_hash(&hash);
        }
    }

    /// Returns the entry for the list of open interactions, or `None` if the interaction is not open.
    pub(crate) fn to_open_interaction(&self) -> Option<OpenInteraction> {
        let data = self.lock();
        data.state.is_open().then(|| OpenInteraction {
            client_id: self.client_id.to_string(),
            department: data.start_department().to_string(),
            current_department: data.current_department().to_string(),
            bot_id: data
                .ids
                .as_ref()
                .and_then(|ids| Some(ids.bot_id.as_ref()?.to_string())),
            state: data.state,
            since: data.since,
        })
    }

    /// Changes the state. The lock is held until the registry has stored the change, so changes are stored in order.
    pub(super) fn set_state(&self, mut data: MutexGuard<'_, InteractionData>, next: State) {
        if data.state == next {
            return;
        }
        data.state = next;
        data.since = now();
        data.confirmed_at = data.since;
        self.notify_registry(&data);
    }

    fn notify_registry(&self, data: &InteractionData) {
        if let Some(registry) = self.registry.upgrade() {
            registry.on_change(self, data);
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, InteractionData> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores the number of the lookup, for the eviction order.
    pub(crate) fn touch(&self, lookup: u64) {
        self.last_lookup.store(lookup, Ordering::Relaxed);
    }

    pub(crate) fn last_lookup(&self) -> u64 {
        self.last_lookup.load(Ordering::Relaxed)
    }
}

impl<L, T> Drop for Interaction<L, T> {
    fn drop(&mut self) {
        if let Some(registry) = self.registry.upgrade() {
            registry.remove(self);
        }
    }
}

fn check_allowed(data: &InteractionData, request: &Request) -> Result<()> {
    let state = data.state;
    if state.allows(request) {
        return Ok(());
    }
    let name = request.name();
    let advice = match request {
        _ if request.is_start() => "it is open already; finish it first",
        Request::Bot(_) => {
            "the bot has finished or transferred the interaction; free this conversation and attach again after the next \
             new_interaction event"
        }
        _ if state == State::New => "start it first, or once more if its start has failed",
        _ => "start a new one",
    };
    let advice = match data.failed_start.as_deref() {
        Some(FailedStart { ticket, status }) if state == State::New && !request.is_start() => {
            let status = status.name();
            format!("its start (ticket {ticket}) failed with {status}; start it once more")
        }
        _ => advice.to_owned(),
    };
    Err(Error::new(
        Status::State,
        format!(
            "{name} is not allowed while the interaction is {}: {advice}; nothing was sent",
            state.name()
        ),
    )
    .with_delivery(Delivery::NotSent))
}

/// Milliseconds since 1970-01-01 UTC; 0 if the clock of the machine is before that.
fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}
