//! Counts what a client and a listener do, and prints the numbers for monitoring.
//!
//! `statistic` is the table. Sending and receiving count with `counters`, and the duration of each attempt with `latency`.
//! A `snapshot` contains all values at one moment, and prints them as `json` or as `prometheus` text.

mod counters;
mod json;
mod latency;
mod prometheus;
mod snapshot;
mod statistic;

pub use crate::statistics::counters::Counters;
pub use crate::statistics::latency::{LATENCY_BUCKETS, Latency};
pub use crate::statistics::prometheus::series_of;
#[cfg(feature = "listener")]
pub use crate::statistics::prometheus::{CONTENT_TYPE, render as render_prometheus};
pub use crate::statistics::snapshot::Snapshot;
pub use crate::statistics::statistic::{STATISTICS, Statistic, StatisticKind, StatisticSpec};
