//! The durations of attempts, as a histogram with fixed buckets.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bound of each bucket in milliseconds. The last bucket has no bound.
pub(super) const BOUNDS: [u64; 12] = [
    5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000,
];

/// The number of buckets.
pub const LATENCY_BUCKETS: usize = BOUNDS.len() + 1;

/// A histogram that threads share.
#[derive(Debug, Default)]
pub(super) struct LatencyHistogram {
    buckets: [AtomicU64; LATENCY_BUCKETS],
    micros: AtomicU64,
}

impl LatencyHistogram {
    /// Counts an attempt that lasted this long.
    pub fn record(&self, duration: Duration) {
        // A request ends at its timeout, which is far below 584,000 years.
        let micros = duration.as_micros() as u64;
        let bucket = BOUNDS.partition_point(|bound| bound * 1000 < micros);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// Returns the values.
    pub fn read(&self) -> Latency {
        Latency {
            attempts: std::array::from_fn(|index| self.buckets[index].load(Ordering::Relaxed)),
            total: Duration::from_micros(self.micros.load(Ordering::Relaxed)),
        }
    }
}

/// The durations of attempts: from the start of an attempt, including the connection, to the end of its response or to its
/// failure. Attempts that wrote no byte of their request are not included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latency {
    attempts: [u64; LATENCY_BUCKETS],
    total: Duration,
}

impl Latency {
    /// Returns each bucket: its upper bound, and the number of attempts up to it that are in no earlier bucket. The last
    /// bucket has no bound.
    pub fn buckets(&self) -> impl Iterator<Item = (Option<Duration>, u64)> + '_ {
        let bounds = BOUNDS.iter().copied().map(Duration::from_millis).map(Some);
        bounds.chain([None]).zip(self.attempts)
    }

    /// Returns the number of attempts.
    pub fn attempts(&self) -> u64 {
        self.attempts.iter().sum()
    }

    /// Returns the sum of all durations.
    pub fn total(&self) -> Duration {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        let histogram = LatencyHistogram::default();
        for micros in [0, 5_000, 5_001, 30_000_000, 30_000_001, 900_000_000] {
            histogram.record(Duration::from_micros(micros));
        }
        let latency = histogram.read();
        let counts: Vec<_> = latency.buckets().map(|(_, attempts)| attempts).collect();
        assert_eq!(counts, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(latency.attempts(), 6);
        assert_eq!(latency.total(), Duration::from_micros(960_010_002));
        assert_eq!(latency.buckets().last().unwrap().0, None);
    }
}
