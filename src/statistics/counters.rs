//! The counters of one client, or of one listener.
//!
//! Every count is a relaxed atomic addition, and no lock is held. A snapshot is therefore not of one exact instant.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::{Delivery, Error, Result};
use crate::statistics::latency::LatencyHistogram;
use crate::statistics::snapshot::{Snapshot, Values};
use crate::statistics::statistic::{STATISTICS, Statistic};
use crate::status::Status;

/// Counters, gauges, and the durations of attempts.
#[derive(Debug)]
pub struct Counters {
    values: [AtomicU64; STATISTICS.len()],
    latency: LatencyHistogram,
}

impl Default for Counters {
    fn default() -> Self {
        Counters {
            values: [const { AtomicU64::new(0) }; STATISTICS.len()],
            latency: LatencyHistogram::default(),
        }
    }
}

impl Counters {
    /// Increments a counter.
    pub fn count(&self, statistic: Statistic) {
        self.add(statistic, 1);
    }

    /// Adds a number to a counter.
    pub fn add(&self, statistic: Statistic, number: u64) {
        self.values[statistic as usize].fetch_add(number, Ordering::Relaxed);
    }

    /// Sets a gauge.
    pub fn set(&self, gauge: Statistic, value: usize) {
        self.values[gauge as usize].store(value as u64, Ordering::Relaxed);
    }

    /// Counts the result of accepting a trigger.
    pub fn count_taken(&self, outcome: &Result<()>) {
        match outcome {
            Ok(()) => self.count(Statistic::Received),
            Err(error) if error.status() == Status::Full => self.count(Statistic::Rejected),
            Err(_) => {}
        }
    }

    /// Counts an attempt that wrote at least one byte of its request and lasted this long.
    pub fn count_sent(&self, duration: Duration) {
        self.count(Statistic::RequestsSent);
        self.latency.record(duration);
    }

    /// Counts a request that has ended with this result. Each request is counted once.
    pub fn count_ended<T>(&self, result: &Result<T>) {
        match result {
            Ok(_) => self.count(Statistic::RequestsAccepted),
            Err(error) => self.count_failed(error),
        }
    }

    /// Counts a request that has ended with this error.
    pub fn count_failed(&self, error: &Error) {
        self.count(match error.delivery().unwrap_or(Delivery::NotSent) {
            Delivery::Accepted => Statistic::RequestsAccepted,
            Delivery::Rejected => Statistic::RequestsRejected,
            Delivery::Unknown => Statistic::RequestsUnknown,
            Delivery::NotSent => of_unsent(error),
        });
    }

    /// Returns the value of a statistic.
    pub fn get(&self, statistic: Statistic) -> u64 {
        self.values[statistic as usize].load(Ordering::Relaxed)
    }

    /// Returns all values.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.values(), self.latency.read())
    }

    /// Returns the values without the durations.
    pub fn values(&self) -> Values {
        std::array::from_fn(|index| self.values[index].load(Ordering::Relaxed))
    }
}

/// Returns the counter of a request that was not sent, by its status.
fn of_unsent(error: &Error) -> Statistic {
    match error.status() {
        Status::Expired => Statistic::RequestsExpired,
        Status::Cancelled => Statistic::RequestsCancelled,
        _ => Statistic::RequestsNotSent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_delivery_has_its_counter() {
        let counters = Counters::default();
        let error = |delivery| Error::new(Status::Lost, "lost").with_delivery(delivery);
        counters.count_ended(&Ok(()));
        for (delivery, statistic, expected) in [
            (Delivery::Accepted, Statistic::RequestsAccepted, 2),
            (Delivery::Rejected, Statistic::RequestsRejected, 1),
            (Delivery::Unknown, Statistic::RequestsUnknown, 1),
            (Delivery::NotSent, Statistic::RequestsNotSent, 1),
        ] {
            counters.count_ended::<()>(&Err(error(delivery)));
            assert_eq!(counters.get(statistic), expected, "{delivery:?}");
        }
        let cancelled = |delivery| Error::new(Status::Cancelled, "").with_delivery(delivery);
        counters.count_ended::<()>(&Err(cancelled(Delivery::NotSent)));
        assert_eq!(counters.get(Statistic::RequestsCancelled), 1);
        let expired = |delivery| Error::new(Status::Expired, "old").with_delivery(delivery);
        counters.count_ended::<()>(&Err(expired(Delivery::NotSent)));
        assert_eq!(counters.get(Statistic::RequestsExpired), 1);
        counters.count_ended::<()>(&Err(expired(Delivery::Unknown)));
        assert_eq!(counters.get(Statistic::RequestsUnknown), 2);
        counters.count_ended::<()>(&Err(Error::new(Status::State, "no delivery")));
        assert_eq!(counters.get(Statistic::RequestsNotSent), 2);
    }
}
