//! Functions about the library as a whole: version, statuses, names of numbers, errors, statistics and the log.

pub mod enumeration;
pub mod error;
pub mod log;
pub mod statistic;
pub mod status;
pub mod version;
