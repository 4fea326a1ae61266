//! A request in the outbox, and its outcome.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::error::{Delivery, Error, Result};
use crate::receiving::unix_millis;
use crate::status::Status;
use crate::wire::{
    Address, Department, OnlineAgents, Redacted, Request, RequestKind, ResponseData,
};

/// A queued request.
#[derive(Debug)]
pub struct QueuedRequest {
    /// The number that the application got; its outcome has the same number.
    pub ticket: u64,
    /// The department and the customer id.
    pub address: Address,
    /// The request.
    pub request: Request,
    /// Whether the library queued it itself, so that it has no outcome event.
    pub is_internal: bool,
    /// The application's own text for it, unique in the outbox.
    pub reference: Option<Redacted>,
    /// Its own age limit.
    pub max_age: Option<Duration>,
    /// When it reaches its age limit.
    pub expires_at: Option<Instant>,
    /// When it was posted, in milliseconds since 1970-01-01 UTC; 0 if an earlier version stored it.
    pub posted_at: i64,
    /// Its share of `outbox.max_bytes`.
    pub size: usize,
    /// Its age when it was restored after a restart.
    pub age_before: Duration,
    /// When it was queued, or restored after a restart.
    pub since: Instant,
    /// The number of attempts.
    pub attempts: u32,
    /// Whether the service may have received an attempt, in this process or in an earlier one.
    pub maybe_received: bool,
    /// The message of its last failed attempt in this process.
    pub last_failure: Option<Arc<str>>,
    /// The content of the response, if the service accepted it.
    pub response: ResponseData,
}

/// The outcome of a posted request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The ticket that `post` returned.
    pub ticket: u64,
    /// The customer's id.
    pub client_id: String,
    /// The request's name, for example `start` or `message`.
    pub request: String,
    /// The delivery, an `OMNIZE_DELIVERY_` value.
    pub delivery: i32,
    /// The status that a blocking call would return.
    pub status: i32,
    /// The HTTP status of the response; 0 without one.
    pub http_status: u16,
    /// The error message; empty if the service accepted the request.
    pub message: String,
    /// The reference of the post, if it had one.
    #[serde(default)]
    pub reference: Option<Redacted>,
    /// When the request was posted, in milliseconds since 1970-01-01 UTC; 0 if an earlier version stored it.
    #[serde(default)]
    pub posted_at: i64,
    /// The content of the response, if the service accepted the request. Of it, only the hash is stored.
    #[serde(default, rename = "interaction_hash", with = "stored_hash")]
    pub(crate) response: Option<Arc<ResponseData>>,
}

/// The stored form of a response: the hash of the created interaction.
mod stored_hash {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::wire::ResponseData;

    pub fn serialize<S: Serializer>(
        response: &Option<Arc<ResponseData>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match response.as_deref() {
            Some(ResponseData::Hash(hash)) => Some(hash),
            _ => None,
        }
        .serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Arc<ResponseData>>, D::Error> {
        let hash: Option<String> = Option::deserialize(deserializer)?;
        Ok(hash.map(|hash| Arc::new(ResponseData::Hash(hash))))
    }
}

impl Outcome {
    /// Returns the kind of the request; `None` if a later version stored the outcome.
    pub fn request_kind(&self) -> Option<RequestKind> {
        RequestKind::from_name(&self.request)
    }

    /// Returns the departments, if the request was an accepted query for them.
    pub fn departments(&self) -> Option<&[Department]> {
        match self.response.as_deref()? {
            ResponseData::Departments(departments) => Some(departments),
            _ => None,
        }
    }

    /// Returns the online agents, if the request was an accepted query for them.
    pub fn agents(&self) -> Option<&OnlineAgents> {
        match self.response.as_deref()? {
            ResponseData::Agents(agents) => Some(agents),
            _ => None,
        }
    }

    /// Returns the hash of the interaction that the request created, if the response contained it.
    pub fn interaction_hash(&self) -> Option<&str> {
        match self.response.as_deref()? {
            ResponseData::Hash(hash) => Some(hash),
            _ => None,
        }
    }

    /// Returns whether a store contains it. The outcome of a query is for the process that posted it.
    #[cfg(feature = "store")]
    pub(crate) fn is_stored(&self) -> bool {
        let kind = self.request_kind();
        !kind.is_some_and(|kind| kind.empty().is_query())
    }

    /// Returns the approximate size in bytes.
    pub(crate) fn size(&self) -> usize {
        let response = self.response.as_ref().map_or(0, |data| data.size());
        self.message.len() + self.client_id.len() + response
    }
}

/// Returns the size of a request as JSON, in bytes. It is about the size in memory.
pub fn size_of(request: &Request) -> usize {
    struct Counter(usize);
    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // Serializing numbers and strings never fails.
    let _ = serde_json::to_writer(&mut counter, request);
    counter.0
}

impl QueuedRequest {
    /// Creates a request that is queued now.
    pub fn new(address: Address, request: Request) -> Self {
        QueuedRequest {
            ticket: 0,
            address,
            request,
            is_internal: false,
            reference: None,
            max_age: None,
            expires_at: None,
            posted_at: unix_millis(),
            size: 0,
            age_before: Duration::ZERO,
            since: Instant::now(),
            attempts: 0,
            maybe_received: false,
            last_failure: None,
            response: ResponseData::Nothing,
        }
    }

    /// Returns whether a store contains it. A query is for the process that posted it.
    pub fn is_stored(&self) -> bool {
        !self.is_internal && !self.request.is_query()
    }

    /// Returns the id of the customer whose interaction it belongs to; empty for a query or an off-hours contact.
    pub fn owner_id(&self) -> &str {
        match self.request.needs_client_id() {
            true => &self.address.client_id,
            false => "",
        }
    }

    /// Returns the time since it was queued, also in an earlier process.
    pub fn age(&self) -> Duration {
        self.age_before.saturating_add(self.since.elapsed())
    }

    /// Returns the error for a request that ends without a further attempt. It contains the last failure, if there was one.
    pub fn unsent_error(&self, status: Status, reason: &str) -> Error {
        let name = self.request.name();
        let mut message = format!("{name}: {reason}");
        if let Some(failure) = &self.last_failure {
            let prefix = format!("{name}: ");
            let failure = failure.strip_prefix(&*prefix).unwrap_or(failure);
            message.push_str(&format!("; its last attempt failed: {failure}"));
        }
        let error = Error::new(status, message).with_delivery(Delivery::NotSent);
        match self.maybe_received {
            true => error.after_unknown_attempt(),
            false => error,
        }
    }

    /// Returns the outcome for this result.
    pub fn outcome(&self, result: &Result<()>) -> Outcome {
        let error = result.as_ref().err();
        let has_data = error.is_none() && self.response != ResponseData::Nothing;
        let response = has_data.then_some(&self.response);
        Outcome {
            ticket: self.ticket,
            client_id: self.owner_id().to_owned(),
            request: self.request.name().to_owned(),
            delivery: match error {
                None => Delivery::Accepted,
                Some(error) => error.delivery().unwrap_or(Delivery::NotSent),
            } as i32,
            status: error.map_or(Status::Ok, Error::status) as i32,
            http_status: error.and_then(Error::http_status).unwrap_or(0),
            message: error.map(ToString::to_string).unwrap_or_default(),
            reference: self.reference.clone(),
            posted_at: self.posted_at,
            response: response.map(|data| Arc::new(data.clone())),
        }
    }
}
