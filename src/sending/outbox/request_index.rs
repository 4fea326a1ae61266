//! The index of the requests in an outbox, by ticket: those that wait in a lane, and those in progress.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::sending::interaction_types::Interaction;
use crate::sending::outbox::control::outbox_entry::OutboxEntry;
use crate::sending::outbox::queued_request::QueuedRequest;
use crate::status::Status;
use crate::wire::{Redacted, RequestKind};

/// The requests that have no outcome yet, without those of the library itself.
#[derive(Debug, Default)]
pub(crate) struct RequestIndex {
    by_ticket: BTreeMap<u64, IndexEntry>,
    in_progress: BTreeSet<u64>,
}

/// A request as the list shows it. Its text stays in the lane.
#[derive(Clone, Debug)]
pub(crate) struct IndexEntry {
    pub interaction: Arc<Interaction>,
    kind: RequestKind,
    reference: Option<Redacted>,
    age_before: Duration,
    since: Instant,
    attempts: u32,
    last_error: Option<(Status, Arc<str>)>,
}

impl RequestIndex {
    /// Adds a request before it enters its lane.
    pub fn insert(&mut self, posted: &QueuedRequest, interaction: &Arc<Interaction>) {
        let indexed = IndexEntry {
            interaction: interaction.clone(),
            kind: posted.request.kind(),
            reference: posted.reference.clone(),
            age_before: posted.age_before,
            since: posted.since,
            attempts: posted.attempts,
            last_error: None,
        };
        self.by_ticket.insert(posted.ticket, indexed);
    }

    /// Removes a request that has ended. The caller drops it without the lock.
    pub fn remove(&mut self, ticket: u64) -> Option<IndexEntry> {
        self.in_progress.remove(&ticket);
        self.by_ticket.remove(&ticket)
    }

    /// Records the start of an attempt.
    pub fn begin_attempt(&mut self, ticket: u64) {
        if let Some(indexed) = self.by_ticket.get_mut(&ticket) {
            indexed.attempts += 1;
            self.in_progress.insert(ticket);
        }
    }

    /// Records that the request waits for its next attempt.
    pub fn record_failure(&mut self, ticket: u64, error: &Error) {
        self.in_progress.remove(&ticket);
        if let Some(indexed) = self.by_ticket.get_mut(&ticket) {
            indexed.last_error = Some((error.status(), error.message().into()));
        }
    }

    /// Returns the request with this ticket.
    pub fn get(&self, ticket: u64) -> Option<&IndexEntry> {
        self.by_ticket.get(&ticket)
    }

    /// Returns the number of requests.
    pub fn len(&self) -> usize {
        self.by_ticket.len()
    }

    /// Returns the first tickets, at most `count`.
    pub fn tickets(&self, count: usize) -> Vec<u64> {
        self.by_ticket.keys().take(count).copied().collect()
    }

    /// Returns the number of requests up to this ticket.
    pub fn count_until(&self, ticket: u64) -> usize {
        self.by_ticket.range(..=ticket).count()
    }

    /// Returns the first ticket.
    pub fn first(&self) -> Option<u64> {
        self.by_ticket.first_key_value().map(|(ticket, _)| *ticket)
    }

    /// Returns the last ticket.
    pub fn last(&self) -> Option<u64> {
        self.by_ticket.last_key_value().map(|(ticket, _)| *ticket)
    }

    /// Returns the first ticket of the requests in progress.
    pub fn first_in_progress(&self) -> Option<u64> {
        self.in_progress.first().copied()
    }

    /// Copies the requests after this ticket, at most `count`. The result includes whether each is in progress.
    pub fn copy_after(&self, ticket: u64, count: usize) -> Vec<(u64, IndexEntry, bool)> {
        let after = self.by_ticket.range((Excluded(ticket), Unbounded));
        let copy = |(ticket, indexed): (&u64, &IndexEntry)| {
            (*ticket, indexed.clone(), self.in_progress.contains(ticket))
        };
        after.take(count).map(copy).collect()
    }
}

impl IndexEntry {
    /// Returns the entry of the list.
    pub fn to_entry(&self, ticket: u64, is_in_progress: bool) -> OutboxEntry {
        let (last_status, last_message) = match &self.last_error {
            Some((status, message)) => (*status, message.to_string()),
            None => (Status::Ok, String::new()),
        };
        OutboxEntry {
            ticket,
            client_id: self.interaction.client_id.to_string(),
            kind: self.kind,
            reference: self.reference.clone(),
            age: self.age_before.saturating_add(self.since.elapsed()),
            attempts: self.attempts,
            is_in_progress,
            last_status,
            last_message,
        }
    }
}
