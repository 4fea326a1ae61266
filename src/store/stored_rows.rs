//! The rows of the store's tables as Rust types: events, posted requests and open interactions.

use std::fmt;
use std::sync::Arc;

use crate::wire::Redacted;

/// The kind of an event record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// A trigger, with the body that the service posted.
    Trigger,
    /// The outcome of a posted request, as JSON of the library.
    Outcome,
}

/// An event, as it was received.
#[derive(Clone)]
pub struct Record {
    /// Trigger or outcome.
    pub kind: RecordKind,
    /// The time of receipt, in milliseconds since 1970-01-01 UTC.
    pub received_at: i64,
    /// The Content-Type of the request.
    pub content_type: Option<String>,
    /// The body, byte for byte.
    pub body: Arc<[u8]>,
}

/// A posted request that has no outcome yet.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredRequest {
    /// The address and the request, as JSON of the library.
    pub content: String,
    /// The progress when the row was written.
    pub sent: SendState,
    /// The time of the post, in milliseconds since 1970-01-01 UTC. `None` if an earlier version wrote the row.
    pub posted_at: Option<i64>,
}

/// The progress of a posted request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendState {
    /// No attempt was made.
    Queued = 0,
    /// An attempt was in progress. The service may have received the request.
    MaybeSent = 1,
    /// At least one attempt was made, and the service certainly did not receive the request.
    NotSent = 2,
}

/// An open interaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InteractionRow {
    /// The department of the start.
    pub department: Arc<str>,
    /// The number of the state.
    pub state: i32,
    /// The time of the last state change, in milliseconds since 1970-01-01 UTC.
    pub since: i64,
    /// The id of the bot that the start named.
    pub bot_id: Option<Arc<str>>,
    /// The interaction hash.
    pub hash: Option<Arc<str>>,
    /// The customer's id at WhatsApp.
    pub external_id: Option<Redacted>,
    /// The department after a transfer, if it is not `department`.
    pub current_department: Option<Arc<str>>,
}

/// The reference of a posted request that has an outcome.
#[derive(Clone, PartialEq, Eq)]
pub struct ReferenceRow {
    /// The reference.
    pub reference: Redacted,
    /// The ticket of the request.
    pub ticket: u64,
    /// The keyed hash of the request.
    pub digest: Vec<u8>,
    /// The time of the outcome, in milliseconds since 1970-01-01 UTC.
    pub ended_at: i64,
}

/// Identifies a row of one of the tables.
#[derive(Debug)]
pub enum RowKey {
    /// The event with this number.
    Record(u64),
    /// The posted request with this ticket.
    Request(u64),
    /// The interaction with this value in its column `client_id`.
    Interaction(rusqlite::types::Value),
    /// The reference with this value in its column `reference`.
    Reference(rusqlite::types::Value),
}

/// The rows that an earlier process left, in the order of their numbers.
#[derive(Debug, Default)]
pub struct RecoveredState {
    /// Events that the application has not handled, with their numbers.
    pub records: Vec<(u64, Record)>,
    /// Posted requests without an outcome, with their tickets.
    pub requests: Vec<(u64, StoredRequest)>,
    /// Open interactions by client id, in no order.
    pub interactions: Vec<(Arc<str>, InteractionRow)>,
    /// References of posted requests with an outcome, the oldest first.
    pub references: Vec<ReferenceRow>,
    /// Unreadable rows. Another program wrote to the file.
    pub unreadable: Vec<RowKey>,
    /// Whether an earlier version wrote the file, without a table of interactions.
    pub is_old_schema: bool,
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RowKey::Record(number) => write!(f, "event {number}"),
            RowKey::Request(ticket) => write!(f, "request {ticket}"),
            RowKey::Interaction(_) => f.write_str("an interaction"),
            RowKey::Reference(_) => f.write_str("a reference"),
        }
    }
}

// Records and requests contain message texts, so their debug output omits the content.

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("kind", &self.kind)
            .field("received_at", &self.received_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ReferenceRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReferenceRow")
            .field("ticket", &self.ticket)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for StoredRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredRequest")
            .field("sent", &self.sent)
            .finish_non_exhaustive()
    }
}
