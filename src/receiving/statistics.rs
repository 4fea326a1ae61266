//! What was received, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

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
    /// Triggers that were turned away because too many waited.
    TurnedAway,
    /// Requests to the listener at a wrong path.
    WrongPath,
    /// Requests to the listener with a wrong method.
    WrongMethod,
    /// Requests to the listener with a body that is too large.
    TooLarge,
    /// Requests to the listener that broke off or took too long.
    BrokenOff,
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
        "Triggers that were not taken because too many events waited.",
    ),
    (
        Statistic::WrongPath,
        "wrong_path",
        "Requests to the listener at another path than the webhook's.",
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
        "Requests to the listener whose body broke off or took too long.",
    ),
];

/// The counters of one client.
#[derive(Debug, Default)]
pub struct Counters([AtomicU64; STATISTICS.len()]);

impl Counters {
    /// One more.
    pub fn count(&self, statistic: Statistic) {
        self.0[statistic as usize].fetch_add(1, Ordering::Relaxed);
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
