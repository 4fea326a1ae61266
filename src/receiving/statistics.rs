//! Counters of triggers, events and requests to the listener.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Result;
use crate::status::Status;

/// A counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Triggers that were accepted.
    Received,
    /// Events that were delivered to the application.
    Delivered,
    /// Events without a matching subscription.
    Unwanted,
    /// Bodies that are not a valid trigger.
    Unreadable,
    /// Triggers that were rejected because the event queue was full or no client was open.
    Rejected,
    /// Messages that the service posted again with the same hash. They were delivered once.
    Repeated,
    /// Rows of the store that could not be read when the client opened. They were moved to its table aside.
    Quarantined,
    /// Requests to the listener at a path without a client.
    WrongPath,
    /// Requests to the listener with a method other than POST and PUT.
    WrongMethod,
    /// Requests to the listener with a body larger than listen.max_body.
    TooLarge,
    /// Requests to the listener that ended before they were complete.
    Incomplete,
    /// Requests to the listener that exceeded listen.timeout.head or listen.timeout.body.
    TooSlow,
    /// Requests to the listener that are not valid HTTP, or contradict themselves.
    Malformed,
    /// Requests to the listener with a head larger than listen.max_head.
    HeadTooLarge,
    /// Requests to the listener from an address outside listen.allow.
    NotAllowed,
    /// Requests to the listener without the credentials of listen.basic.
    BadCredentials,
    /// Connections to the listener whose TLS handshake failed.
    TlsFailed,
    /// Connections to the listener over listen.max_connections or listen.max_connections_per_address.
    OverLimit,
}

impl Statistic {
    /// Returns whether the listener counts it, before it knows the client of a request.
    pub fn is_of_listener(self) -> bool {
        self as usize >= Statistic::WrongPath as usize
    }
}

/// All statistics, with name and description.
pub const STATISTICS: &[(Statistic, &str, &str)] = &[
    (
        Statistic::Received,
        "received",
        "Triggers that were accepted.",
    ),
    (
        Statistic::Delivered,
        "delivered",
        "Events that were delivered to the application.",
    ),
    (
        Statistic::Unwanted,
        "unwanted",
        "Events without a matching subscription.",
    ),
    (
        Statistic::Unreadable,
        "unreadable",
        "Bodies that are not a valid trigger.",
    ),
    (
        Statistic::Rejected,
        "rejected",
        "Triggers that were rejected because the event queue was full or no client was open.",
    ),
    (
        Statistic::Repeated,
        "repeated",
        "Messages that the service posted again with the same hash. They were delivered once.",
    ),
    (
        Statistic::Quarantined,
        "quarantined",
        "Rows of the store that could not be read when the client opened. They were moved to its table aside.",
    ),
    (
        Statistic::WrongPath,
        "wrong_path",
        "Requests to the listener at a path without a client.",
    ),
    (
        Statistic::WrongMethod,
        "wrong_method",
        "Requests to the listener with a method other than POST and PUT.",
    ),
    (
        Statistic::TooLarge,
        "too_large",
        "Requests to the listener with a body larger than listen.max_body.",
    ),
    (
        Statistic::Incomplete,
        "incomplete",
        "Requests to the listener that ended before they were complete.",
    ),
    (
        Statistic::TooSlow,
        "too_slow",
        "Requests to the listener that exceeded listen.timeout.head or listen.timeout.body.",
    ),
    (
        Statistic::Malformed,
        "malformed",
        "Requests to the listener that are not valid HTTP, or contradict themselves.",
    ),
    (
        Statistic::HeadTooLarge,
        "head_too_large",
        "Requests to the listener with a head larger than listen.max_head.",
    ),
    (
        Statistic::NotAllowed,
        "not_allowed",
        "Requests to the listener from an address outside listen.allow.",
    ),
    (
        Statistic::BadCredentials,
        "bad_credentials",
        "Requests to the listener without the credentials of listen.basic.",
    ),
    (
        Statistic::TlsFailed,
        "tls_failed",
        "Connections to the listener whose TLS handshake failed.",
    ),
    (
        Statistic::OverLimit,
        "over_limit",
        "Connections to the listener over listen.max_connections or listen.max_connections_per_address.",
    ),
];

/// The counters of one client, or of one listener.
#[derive(Debug, Default)]
pub struct Counters([AtomicU64; STATISTICS.len()]);

impl Counters {
    /// Increments a counter.
    pub fn count(&self, statistic: Statistic) {
        self.0[statistic as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts the result of accepting a trigger.
    pub fn count_taken(&self, outcome: &Result<()>) {
        match outcome {
            Ok(()) => self.count(Statistic::Received),
            Err(error) if error.status() == Status::Full => self.count(Statistic::Rejected),
            Err(_) => {}
        }
    }

    /// Returns the value of a counter.
    pub fn get(&self, statistic: Statistic) -> u64 {
        self.0[statistic as usize].load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_counters() {
        for (index, (statistic, ..)) in STATISTICS.iter().enumerate() {
            assert_eq!(*statistic as usize, index);
        }
    }
}
