//! One interaction: where it is, and what moves it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Delivery, Error, Result};
use crate::interactions::state::State;
use crate::interactions::{Interactions, OpenInteraction};
use crate::sending::{Lane, Typing};
use crate::status::Status;
use crate::wire::{Kind, Redacted, Request, ResponseData};

/// One interaction. All handles of its customer share it, and so do, one after the other, all interactions of one client id.
#[derive(Debug)]
pub struct Interaction {
    pub(crate) client_id: Arc<str>,
    place: Mutex<InteractionData>,
    /// When it was last looked up, by the count of its registry.
    touched: AtomicU64,
    /// Its requests, which leave one at a time.
    pub(crate) lane: Lane,
    /// What the service knows of the customer's keys.
    pub(crate) typing: Typing,
    registry: Weak<Interactions>,
}

/// Where an interaction is, and what else is known of it.
#[derive(Clone, Debug)]
pub struct InteractionData {
    pub state: State,
    /// Since when it is in this state, in milliseconds since 1970-01-01 UTC.
    pub since: i64,
    /// The department that its customer talks to.
    pub department: Arc<str>,
    /// In the dialects where it has other names than its customer's id. Behind a pointer, for there may be many interactions,
    /// and in the first dialect none has any.
    pub called: Option<Box<ExternalIds>>,
}

/// What an interaction is called beside its customer's id.
#[derive(Clone, Debug, Default)]
pub struct ExternalIds {
    /// What the application called its bot by.
    pub bot_id: Option<Arc<str>>,
    /// The service's own id of it.
    pub hash: Option<Arc<str>>,
    /// What the service called the customer's interaction before. While a start waits for its turn, it is what it calls the
    /// one that is to end before it.
    pub hash_before: Option<Arc<str>>,
    /// The customer's id at WhatsApp.
    pub external_id: Option<Redacted>,
}

impl ExternalIds {
    /// Another interaction of the customer comes: what is told of this one is not about it. Gives the id that leads to no
    /// interaction any more.
    fn is_succeeded(&mut self) -> Option<Arc<str>> {
        let older = self.hash_before.replace(self.hash.clone()?);
        older.filter(|older| Some(older) != self.hash.as_ref())
    }
}

impl InteractionData {
    /// A place in this state, from now on.
    pub fn new(state: State, department: Arc<str>) -> Self {
        InteractionData {
            state,
            since: now(),
            department,
            called: None,
        }
    }

    /// The service's own id of it.
    pub fn hash(&self) -> Option<&Arc<str>> {
        self.called.as_ref()?.hash.as_ref()
    }

    /// Its other names, to be changed.
    pub fn called(&mut self) -> &mut ExternalIds {
        self.called.get_or_insert_default()
    }
}

impl Interaction {
    pub(crate) fn new(
        client_id: Arc<str>,
        place: InteractionData,
        registry: Weak<Interactions>,
    ) -> Self {
        Interaction {
            client_id,
            place: Mutex::new(place),
            touched: AtomicU64::new(0),
            lane: Lane::default(),
            typing: Typing::default(),
            registry,
        }
    }

    /// Where it is.
    pub fn state(&self) -> State {
        self.lock().state
    }

    /// Whether this request has a meaning now.
    ///
    /// # Errors
    /// [`Status::State`].
    pub fn check(&self, request: &Request) -> Result<()> {
        check(self.state(), request)
    }

    /// A request is made, and leaves when its turn comes. Where `strict`, it must have a meaning now; of two starts at the same
    /// time, one has.
    ///
    /// # Errors
    /// [`Status::State`].
    pub fn begin(&self, request: &Request, strict: bool) -> Result<()> {
        let mut place = self.lock();
        if strict {
            check(place.state, request)?;
        }
        if request.starts() {
            if let Some(called) = &mut place.called {
                self.uncall(called.is_succeeded());
                called.bot_id = None;
            }
            if let Request::Start(start) = request
                && let Some(bot_id) = &start.bot_id
            {
                place.called().bot_id = Some(bot_id.as_str().into());
            }
            self.go(place, State::Starting);
        }
        Ok(())
    }

    /// A request leaves, as the first of those that wait. What was made before it has ended, under the id that the
    /// interaction had.
    pub fn leave(&self, request: &Request) {
        if !request.starts() {
            return;
        }
        let mut place = self.lock();
        // The service makes a new one, and calls it by another id.
        let had_hash = place.called.as_mut().is_some_and(|called| {
            self.uncall(called.is_succeeded());
            called.external_id = None;
            called.hash.take().is_some()
        });
        if had_hash && place.state == State::Starting {
            self.tell(&place);
        }
        self.go(place, State::Starting);
    }

    /// A request has ended.
    pub fn ended(&self, request: &Request, accepted: bool) {
        let mut place = self.lock();
        if request.starts()
            && !accepted
            && let Some(called) = &mut place.called
            && called.hash.is_some()
            && called.hash == called.hash_before
        {
            // The start never left.
            called.hash_before = None;
        }
        if request.starts() && place.state == State::Starting {
            // Where the outcome is unknown, a trigger may still tell that it was started.
            let next = if accepted { State::Waiting } else { State::New };
            self.go(place, next);
        } else if request.ends() && accepted {
            self.go(place, State::Finished);
        }
    }

    /// A trigger of this kind has come.
    pub(crate) fn hear(&self, kind: Kind) {
        let place = self.lock();
        let next = place.state.upon(kind);
        self.go(place, next);
    }

    /// Its customer talks to this department from now on.
    pub(crate) fn belongs_to(&self, department: &Arc<str>) {
        let mut place = self.lock();
        if place.department != *department {
            place.department = department.clone();
            self.tell(&place);
        }
    }

    /// The service has answered this request of it.
    pub fn learn(&self, request: &Request, reply: &ResponseData) {
        let Some(registry) = self.registry.upgrade() else {
            return;
        };
        if let Request::WhatsApp(whatsapp) = request {
            registry.tie_external(&self.client_id, whatsapp.external_id.expose());
            let mut place = self.lock();
            place.called().external_id = Some(whatsapp.external_id.clone());
            self.tell(&place);
        }
        if let ResponseData::Hash(hash) = reply {
            registry.tie(&self.client_id, hash);
        }
    }

    /// Whether a trigger is about it that calls it by this id. One of an interaction that the same customer had before is
    /// not.
    pub(crate) fn is_called(&self, hash: &str) -> bool {
        let place = self.lock();
        let Some(called) = &place.called else {
            return true;
        };
        let is_it = |known: &Arc<str>| **known == *hash;
        called.hash.as_ref().is_none_or(is_it) && !called.hash_before.as_ref().is_some_and(is_it)
    }

    /// The service calls it by this id from now on; gives the one before.
    pub(crate) fn tie(&self, hash: &Arc<str>) -> Option<Arc<str>> {
        let mut place = self.lock();
        let called = place.called();
        let before = called.hash.replace(hash.clone());
        if called.hash_before.as_ref() == Some(hash) {
            called.hash_before = None;
        }
        self.tell(&place);
        before
    }

    /// The service's own id of it.
    pub fn hash(&self) -> Option<Arc<str>> {
        self.lock().hash().cloned()
    }

    /// What the service calls it, and called the one before.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = Arc<str>> {
        let called = self.lock().called.clone().unwrap_or_default();
        [called.hash, called.hash_before].into_iter().flatten()
    }

    /// This id leads to it no more.
    fn uncall(&self, hash: Option<Arc<str>>) {
        if let (Some(hash), Some(registry)) = (hash, self.registry.upgrade()) {
            registry.uncall(&hash);
        }
    }

    /// As the list of open ones shows it; `None` where it is not open.
    pub(crate) fn shown(&self) -> Option<OpenInteraction> {
        let place = self.lock();
        place.state.is_open().then(|| OpenInteraction {
            client_id: self.client_id.to_string(),
            department: place.department.to_string(),
            bot_id: place
                .called
                .as_ref()
                .and_then(|called| Some(called.bot_id.as_ref()?.to_string())),
            state: place.state,
            since: place.since,
        })
    }

    /// The registry hears of it before the next change, so that it hears of all in their order.
    fn go(&self, mut place: MutexGuard<'_, InteractionData>, next: State) {
        if place.state == next {
            return;
        }
        place.state = next;
        place.since = now();
        self.tell(&place);
    }

    fn tell(&self, place: &InteractionData) {
        if let Some(registry) = self.registry.upgrade() {
            registry.changed(self, place);
        }
    }

    fn lock(&self) -> MutexGuard<'_, InteractionData> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It was looked up, as the one of this number.
    pub(crate) fn touch(&self, lookup: u64) {
        self.touched.store(lookup, Ordering::Relaxed);
    }

    pub(crate) fn touched(&self) -> u64 {
        self.touched.load(Ordering::Relaxed)
    }
}

impl Drop for Interaction {
    fn drop(&mut self) {
        if let Some(registry) = self.registry.upgrade() {
            registry.forget(self);
        }
    }
}

fn check(state: State, request: &Request) -> Result<()> {
    if state.allows(request) {
        return Ok(());
    }
    let name = request.name();
    let what = match request {
        _ if request.starts() => "it is under way already; finish it first",
        Request::Bot(_) => {
            "the bot has finished it or given it away; let go of it, and attach to it when the service gives it to the bot again"
        }
        _ if state == State::New => "start it first, or again where its start has failed",
        _ => "start it again",
    };
    Err(Error::new(
        Status::State,
        format!(
            "the interaction is {}, and there is no {name} then: {what}; nothing was sent",
            state.name()
        ),
    )
    .with_delivery(Delivery::NotSent))
}

/// Milliseconds since 1970; 0 on a machine whose clock stands before that.
fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}
