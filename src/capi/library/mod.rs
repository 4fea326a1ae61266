//! Functions about the library as a whole: version, statuses, names of numbers, errors, statistics with their snapshots, and the
//! log.

pub mod enumeration;
pub mod error;
pub mod log;
pub mod snapshot;
pub mod statistic;
pub mod status;
pub mod version;
