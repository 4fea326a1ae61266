//! The reference of a request that has an outcome, as the store keeps it.

use crate::sending::outbox::references::request_digest::RequestDigest;
use crate::wire::Redacted;

/// The reference of a request that has an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedReference {
    /// The reference.
    pub reference: Redacted,
    /// The ticket of the request.
    pub ticket: u64,
    /// Recognizes the same request.
    pub digest: RequestDigest,
    /// The time of the outcome, in milliseconds since 1970-01-01 UTC.
    pub ended_at: i64,
}
