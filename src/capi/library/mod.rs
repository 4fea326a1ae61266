//! Functions about the library as a whole: version, statuses, errors, statistics and the log.

pub mod error;
pub mod log;
pub mod statistic;
pub mod status;
pub mod version;
