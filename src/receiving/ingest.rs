//! Turns the body of a trigger into an event in the inbox: decoded, linked to its interaction, and only once.

use std::borrow::Cow;
use std::sync::Arc;

use crate::allocation_check;
use crate::error::{Error, Result};
use crate::oneshot;
use crate::receiving::queue::message_dedup::DedupResult;
#[cfg(feature = "listener")]
use crate::receiving::rate_limited_log;
use crate::receiving::receiver::Receiver;
use crate::receiving::time::unix_millis;
use crate::statistics::Statistic;
use crate::status::Status;
use crate::wire::body::content_coding;
use crate::wire::body::content_coding::CodingError;
use crate::wire::{DecodeError, Trigger};

/// The status does not depend on the way the body was received.
impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        let status = match error {
            DecodeError::NotJson { .. } | DecodeError::NotAnObject => Status::NotJson,
            DecodeError::NoClientId => Status::NoClientId,
        };
        Error::new(status, error.to_string())
    }
}

impl Receiver {
    /// Decodes the body of a trigger and adds the event to the inbox. A message with a known hash is added once. Never
    /// blocks on the application. Call [`notify`](Self::notify) after a batch.
    ///
    /// Returns the result, or `None` if the trigger must be stored first. The callback that `make_callback` returns
    /// then gets the result on another thread. The service may get a 200 only after `Ok`.
    ///
    /// # Errors
    /// [`Status::NotJson`], [`Status::NoClientId`]: not a trigger. [`Status::Full`]: the inbox is full, or out of
    /// memory. [`Status::Store`]: it cannot be stored. [`Status::Closed`], [`Status::Forked`].
    pub fn ingest<T: FnOnce(Result<()>) + Send + 'static>(
        &self,
        body: Arc<[u8]>,
        content_type: Option<&str>,
        make_callback: impl FnOnce() -> T,
    ) -> Option<Result<()>> {
        if let Err(error) = allocation_check::check(body.len(), Status::Full) {
            return Some(Err(error));
        }
        let trigger = match self.read(body, content_type) {
            Ok(trigger) => trigger,
            Err(error) => return Some(Err(error)),
        };
        let Some(key) = self.message_dedup.key(&trigger) else {
            return self.enqueue(trigger, content_type, make_callback);
        };
        let make_callback = match self.message_dedup.check(key, make_callback) {
            DedupResult::New(make_callback) => make_callback,
            duplicate => {
                self.counters.count(Statistic::Repeated);
                return matches!(duplicate, DedupResult::Duplicate).then_some(Ok(()));
            }
        };
        let complete_then = || {
            let (message_dedup, callback) = (self.message_dedup.clone(), make_callback());
            move |result: Result<()>| {
                message_dedup.complete(key, &result);
                callback(result);
            }
        };
        let result = self.enqueue(trigger, content_type, complete_then)?;
        self.message_dedup.complete(key, &result);
        Some(result)
    }

    fn enqueue<T: FnOnce(Result<()>) + Send + 'static>(
        &self,
        trigger: Trigger,
        content_type: Option<&str>,
        make_callback: impl FnOnce() -> T,
    ) -> Option<Result<()>> {
        let count_then = || {
            let (counters, callback) = (self.counters.clone(), make_callback());
            move |result: Result<()>| {
                counters.count_taken(&result);
                callback(result);
            }
        };
        let result = self.journal.enqueue_trigger(
            &self.inbox,
            trigger,
            content_type,
            unix_millis(),
            count_then,
        )?;
        self.counters.count_taken(&result);
        Some(result)
    }

    /// Decodes the content coding of a trigger's body. `limit` is the largest decoded size in bytes.
    ///
    /// # Errors
    /// [`Status::Unsupported`]: the coding is unknown. [`Status::NotJson`]: the body does not have this coding.
    /// [`Status::TriggerTooLarge`]. [`Status::System`]: out of memory.
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
        Err(self.unreadable(status, format!("the trigger cannot be decoded: {why}")))
    }

    /// As [`ingest`](Self::ingest), but blocks until the event is stored and consumers are notified.
    ///
    /// # Errors
    /// As [`ingest`](Self::ingest).
    pub fn deliver(
        &self,
        body: &[u8],
        content_type: Option<&str>,
        content_encoding: Option<&str>,
    ) -> Result<()> {
        self.may_wait()?;
        self.callback_gate.check_origin()?;
        allocation_check::check(body.len(), Status::Full)?;
        let body = self.decompress(body.into(), content_encoding, self.max_trigger)?;
        let receiver = oneshot::Receiver::new();
        let result = self.ingest(body, content_type, || receiver.sender());
        self.notify();
        result.unwrap_or_else(|| receiver.wait())
    }

    fn read(&self, body: Arc<[u8]>, content_type: Option<&str>) -> Result<Trigger> {
        self.callback_gate.check_origin()?;
        let mut trigger = self.dialect.decode(body, content_type).map_err(|why| {
            let error = Error::from(why);
            self.unreadable(error.status(), error.message().to_owned())
        })?;
        self.interactions.resolve_client_id(&mut trigger);
        let kind = trigger.kind.name();
        log::debug!(
            event_kind = kind,
            client_id_hash = self.client_id_hasher.hash(&trigger.client_id).as_str();
            "trigger {kind}"
        );
        if self.interactions.apply(&trigger)
            && let Some(hash) = trigger.interaction_hash()
        {
            // Earlier triggers may contain only the hash, and come before this one.
            self.assign_events(hash, &trigger.client_id);
        }
        Ok(trigger)
    }

    /// Counts a body that is not a trigger.
    fn unreadable(&self, status: Status, why: String) -> Error {
        self.counters.count(Statistic::Unreadable);
        Error::new(status, why)
    }

    /// Logs a body that is not a trigger, at a limited rate. For a caller that returns the error to nobody.
    #[cfg(feature = "listener")]
    pub fn log_unreadable(&self, error: &Error) {
        if let Some(suppressed) = self.unreadable_log.check() {
            let more = rate_limited_log::suppressed_suffix(suppressed);
            log::warn!(status = error.status().name(); "{error}{more}");
        }
    }
}
