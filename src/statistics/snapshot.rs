//! All statistics at one moment.

use crate::statistics::latency::Latency;
use crate::statistics::statistic::{STATISTICS, Statistic};

/// The values of all statistics, by number.
pub type Values = [u64; STATISTICS.len()];

/// The statistics of a client at one moment. It contains no text of a customer, and no client id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    values: Values,
    latency: Latency,
    /// The values of the client's own listener, if it has one.
    pub(super) listener: Option<Values>,
}

impl Snapshot {
    pub(super) fn new(values: Values, latency: Latency) -> Self {
        Snapshot {
            values,
            latency,
            listener: None,
        }
    }

    /// Replaces a value.
    pub(crate) fn with(mut self, statistic: Statistic, value: usize) -> Self {
        self.values[statistic as usize] = value as u64;
        self
    }

    /// Adds the values of the client's own listener.
    pub(crate) fn with_listener(mut self, listener: Values) -> Self {
        self.listener = Some(listener);
        self
    }

    /// Returns the value of a statistic.
    pub fn get(&self, statistic: Statistic) -> u64 {
        match &self.listener {
            Some(listener) if statistic.is_of_listener() => listener[statistic as usize],
            _ => self.values[statistic as usize],
        }
    }

    /// Returns the durations of attempts.
    pub fn latency(&self) -> &Latency {
        &self.latency
    }
}
