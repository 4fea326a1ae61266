//! How a trigger is taken in: read, tied to its interaction, and kept for the application, once.

use std::borrow::Cow;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::memory;
use crate::oneshot;
use crate::receiving::queue::message_dedup::DedupResult;
use crate::receiving::rate_limited_log;
use crate::receiving::receiver::{Receiver, now};
use crate::receiving::statistics::Statistic;
use crate::status::Status;
use crate::wire::body::content_coding;
use crate::wire::body::content_coding::CodingError;
use crate::wire::{DecodeError, Trigger};

/// The same status whichever way the body came in.
impl From<DecodeError> for Error {
    fn from(why: DecodeError) -> Self {
        let status = match why {
            DecodeError::NotJson { .. } | DecodeError::NotAnObject => Status::NotJson,
            DecodeError::NoClientId => Status::NoClientId,
        };
        Error::new(status, why.to_string())
    }
}

impl Receiver {
    /// Reads the body of a trigger and keeps it for the application. Tells what became of it: at once, or, where it goes
    /// to disk first, on another thread by what `later` makes. Only upon `Ok` may the service be told that its trigger
    /// arrived. Never waits for the application. A message that came before under the same hash is kept once. Whoever has
    /// taken what there is for now calls [`ring`](Self::ring).
    ///
    /// # Errors
    /// [`Status::NotJson`], [`Status::NoClientId`]: it is no trigger; [`Status::Full`]: too many wait, or
    /// there is no memory;
    /// [`Status::Store`]: it can't be written; [`Status::Closed`]; [`Status::Forked`].
    pub fn take<T: FnOnce(Result<()>) + Send + 'static>(
        &self,
        body: Arc<[u8]>,
        content_type: Option<&str>,
        later: impl FnOnce() -> T,
    ) -> Option<Result<()>> {
        if let Err(error) = memory::check(body.len(), Status::Full) {
            return Some(Err(error));
        }
        let trigger = match self.read(body, content_type) {
            Ok(trigger) => trigger,
            Err(error) => return Some(Err(error)),
        };
        let Some(mark) = self.repeats.mark(&trigger) else {
            return self.keep(trigger, content_type, later);
        };
        let later = match self.repeats.meet(mark, later) {
            DedupResult::First(later) => later,
            again => {
                self.counters.count(Statistic::Repeated);
                return matches!(again, DedupResult::There).then_some(Ok(()));
            }
        };
        let settled_later = || {
            let (repeats, kept) = (self.repeats.clone(), later());
            move |outcome: Result<()>| {
                repeats.settle(mark, &outcome);
                kept(outcome);
            }
        };
        let outcome = self.keep(trigger, content_type, settled_later)?;
        self.repeats.settle(mark, &outcome);
        Some(outcome)
    }

    fn keep<T: FnOnce(Result<()>) + Send + 'static>(
        &self,
        trigger: Trigger,
        content_type: Option<&str>,
        later: impl FnOnce() -> T,
    ) -> Option<Result<()>> {
        let counted_later = || {
            let (counters, kept) = (self.counters.clone(), later());
            move |outcome: Result<()>| {
                counters.count_taken(&outcome);
                kept(outcome);
            }
        };
        let outcome = self
            .keeper
            .keep(&self.inbox, trigger, content_type, now(), counted_later)?;
        self.counters.count_taken(&outcome);
        Some(outcome)
    }

    /// Undoes the content coding of a trigger's body, which may have `limit` bytes then.
    ///
    /// # Errors
    /// [`Status::Unsupported`]: the coding is not known; [`Status::NotJson`]: it is not what the body has;
    /// [`Status::TriggerTooLarge`]; [`Status::System`]: there is no memory for it.
    pub fn decompress(
        &self,
        body: Arc<[u8]>,
        content_encoding: Option<&str>,
        limit: usize,
    ) -> Result<Arc<[u8]>> {
        let why = match content_coding::decode(&body, content_encoding, limit) {
            Ok(Cow::Borrowed(_)) => return Ok(body),
            Ok(Cow::Owned(decoded)) => return Ok(decoded.into()),
            Err(why) => why,
        };
        let status = match why {
            CodingError::Unsupported => Status::Unsupported,
            CodingError::Corrupt => Status::NotJson,
            CodingError::TooLarge(_) => Status::TriggerTooLarge,
            CodingError::NoMemory => Status::System,
        };
        Err(self.unreadable(status, format!("the trigger can't be read: {why}")))
    }

    /// As [`take`](Self::take), and waits until the trigger is kept and the application is told.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn deliver(
        &self,
        body: &[u8],
        content_type: Option<&str>,
        content_encoding: Option<&str>,
    ) -> Result<()> {
        self.may_wait()?;
        self.turnstile.check_origin()?;
        memory::check(body.len(), Status::Full)?;
        let body = self.decompress(body.into(), content_encoding, self.max_trigger)?;
        let waiting = oneshot::Receiver::new();
        let outcome = self.take(body, content_type, || waiting.teller());
        self.ring();
        outcome.unwrap_or_else(|| waiting.wait())
    }

    fn read(&self, body: Arc<[u8]>, content_type: Option<&str>) -> Result<Trigger> {
        self.turnstile.check_origin()?;
        let mut trigger = self.dialect.decode(body, content_type).map_err(|why| {
            let error = Error::from(why);
            self.unreadable(error.status(), error.message().to_owned())
        })?;
        log::debug!("trigger {}", trigger.kind.name());
        self.interactions.resolve_client_id(&mut trigger);
        self.interactions
            .on_trigger(&trigger.client_id, trigger.interaction_hash(), trigger.kind);
        Ok(trigger)
    }

    /// Counts and logs that a body is no trigger.
    fn unreadable(&self, status: Status, why: String) -> Error {
        self.counters.count(Statistic::Unreadable);
        if let Some(kept_back) = self.unreadable.another() {
            log::warn!("{why}{}", rate_limited_log::and_more(kept_back));
        }
        Error::new(status, why)
    }
}
