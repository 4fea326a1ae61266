//! An entry of the list of the requests in an outbox.

use std::time::Duration;

use crate::status::Status;
use crate::wire::{Redacted, RequestKind};

/// A posted request that has no outcome yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEntry {
    /// The ticket that `post` returned.
    pub ticket: u64,
    /// The application's id of the customer. For an external bot, the interaction hash.
    pub client_id: String,
    /// The kind of the request.
    pub kind: RequestKind,
    /// The reference of the post, if it had one.
    pub reference: Option<Redacted>,
    /// The time since the post, also in an earlier process.
    pub age: Duration,
    /// The number of attempts in this process, including one in progress.
    pub attempts: u32,
    /// Whether an attempt is in progress.
    pub is_in_progress: bool,
    /// The status of the last failed attempt in this process; [`Status::Ok`] without one.
    pub last_status: Status,
    /// The error message of that attempt. Contains no token and no personal data.
    pub last_message: String,
}
