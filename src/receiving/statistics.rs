//! What was received, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Result;
use crate::status::Status;

/// One thing that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Triggers that were taken in.
    Received,
    /// Events that the application has been given.
    Handled,
    /// Events that no subscription wanted.
    Unwanted,
    /// Bodies that were no trigger.
    Unreadable,
    /// Triggers that were turned away because too many waited, or no open client was there.
    TurnedAway,
    /// Messages that came again under the same hash.
    Repeated,
    /// Rows of the store that could not be read when the client was opened.
    SetAside,
    /// Requests to the listener at a path that no client has.
    WrongPath,
    /// Requests to the listener that were neither POST nor PUT.
    WrongMethod,
    /// Requests to the listener with a body over listen.max_body.
    TooLarge,
    /// Requests to the listener that broke off.
    BrokenOff,
    /// Requests to the listener that took longer than listen.timeout.head or listen.timeout.body.
    TooSlow,
    /// Requests to the listener that were no HTTP, or contradicted themselves.
    Malformed,
    /// Requests to the listener with a head over listen.max_head.
    HeadTooLarge,
    /// Requests to the listener from addresses that listen.allow does not have.
    NotAllowed,
    /// Requests to the listener without the credentials of listen.basic.
    BadCredentials,
    /// Connections to the listener whose TLS handshake failed.
    NoTls,
    /// Connections to the listener over listen.max_connections or listen.max_connections_per_address.
    OverLimit,
}

impl Statistic {
    /// Whether a listener counts it, before it knows the client that a request is for.
    pub fn is_of_listener(self) -> bool {
        self as usize >= Statistic::WrongPath as usize
    }
}

/// Every statistic, with its name and what it counts.
pub const STATISTICS: &[(Statistic, &str, &str)] = &[
    (
        Statistic::Received,
        "received",
        "Triggers that were taken in.",
    ),
    (
        Statistic::Handled,
        "handled",
        "Events that the application has been given.",
    ),
    (
        Statistic::Unwanted,
        "unwanted",
        "Events for which there was no callback.",
    ),
    (
        Statistic::Unreadable,
        "unreadable",
        "Bodies that were no trigger.",
    ),
    (
        Statistic::TurnedAway,
        "turned_away",
        "Triggers that were not taken because too many events waited, or no open client was there.",
    ),
    (
        Statistic::Repeated,
        "repeated",
        "Messages that the service posted again under the same hash, and that the application was given once.",
    ),
    (
        Statistic::SetAside,
        "set_aside",
        "Rows of the store that could not be read when the client was opened, and stand in its table aside since.",
    ),
    (
        Statistic::WrongPath,
        "wrong_path",
        "Requests to the listener at a path that no client has.",
    ),
    (
        Statistic::WrongMethod,
        "wrong_method",
        "Requests to the listener that were neither POST nor PUT.",
    ),
    (
        Statistic::TooLarge,
        "too_large",
        "Requests to the listener with a body over listen.max_body.",
    ),
    (
        Statistic::BrokenOff,
        "broken_off",
        "Requests to the listener that broke off.",
    ),
    (
        Statistic::TooSlow,
        "too_slow",
        "Requests to the listener that took longer than listen.timeout.head or listen.timeout.body.",
    ),
    (
        Statistic::Malformed,
        "malformed",
        "Requests to the listener that were no HTTP, or contradicted themselves.",
    ),
    (
        Statistic::HeadTooLarge,
        "head_too_large",
        "Requests to the listener with a head over listen.max_head.",
    ),
    (
        Statistic::NotAllowed,
        "not_allowed",
        "Requests to the listener from addresses that listen.allow does not have.",
    ),
    (
        Statistic::BadCredentials,
        "bad_credentials",
        "Requests to the listener without the credentials of listen.basic.",
    ),
    (
        Statistic::NoTls,
        "no_tls",
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
    /// One more.
    pub fn count(&self, statistic: Statistic) {
        self.0[statistic as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// What became of a trigger.
    pub fn count_taken(&self, outcome: &Result<()>) {
        match outcome {
            Ok(()) => self.count(Statistic::Received),
            Err(error) if error.status() == Status::Full => self.count(Statistic::TurnedAway),
            Err(_) => {}
        }
    }

    /// How many so far.
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
