//! The posted requests and the references that an earlier process left in the store.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::receiving::queue::journal::SendState;
use crate::sending::EndedReference;
#[cfg(feature = "store")]
use crate::sending::{QueuedRequest, RequestDigest};
#[cfg(feature = "store")]
use crate::store::{ReferenceRow, RowKey};
use crate::wire::{Address, Redacted, Request};

/// The posted requests and the references of an earlier process.
#[derive(Debug, Default)]
pub struct RecoveredRequests {
    /// The requests without an outcome.
    pub requests: Vec<RecoveredRequest>,
    /// The references of requests with an outcome, the oldest first.
    pub references: Vec<EndedReference>,
}

/// A posted request that was in the store at open.
#[derive(Debug)]
pub struct RecoveredRequest {
    /// The ticket.
    pub ticket: u64,
    /// The address and the request.
    pub request: StoredRequest,
    /// Whether the request was sent.
    pub sent: SendState,
    /// When it was posted, in milliseconds since 1970-01-01 UTC; 0 if an earlier version stored it.
    pub posted_at: i64,
    /// The time since it was posted, by this machine's clock.
    pub age: Duration,
    /// Whether the store had a table of open interactions when it was opened.
    pub has_interactions_table: bool,
}

/// The stored form of a posted request.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoredRequest {
    /// The address of the interaction.
    pub address: Address,
    /// The request.
    pub request: Request,
    /// The application's own text for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Redacted>,
    /// Its own age limit, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
}

#[cfg(feature = "store")]
impl StoredRequest {
    /// Returns the stored form of a request.
    pub fn of(posted: &QueuedRequest) -> Self {
        let max_age = posted.max_age.map(|limit| limit.as_millis());
        StoredRequest {
            address: posted.address.clone(),
            request: posted.request.clone(),
            reference: posted.reference.clone(),
            max_age: max_age.map(|limit| u64::try_from(limit).unwrap_or(u64::MAX)),
        }
    }
}

/// Returns the row of the reference of an ended request.
#[cfg(feature = "store")]
pub fn reference_row(ended: EndedReference) -> ReferenceRow {
    ReferenceRow {
        reference: ended.reference,
        ticket: ended.ticket,
        digest: ended.digest.as_bytes().to_vec(),
        ended_at: ended.ended_at,
    }
}

/// Parses the row of a reference. Returns its key if it is invalid.
#[cfg(feature = "store")]
pub fn parse_reference(row: ReferenceRow) -> Result<EndedReference, RowKey> {
    match RequestDigest::from_bytes(&row.digest) {
        Some(digest) => Ok(EndedReference {
            reference: row.reference,
            ticket: row.ticket,
            digest,
            ended_at: row.ended_at,
        }),
        None => Err(RowKey::Reference(row.reference.expose().to_owned().into())),
    }
}
