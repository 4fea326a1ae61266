//! What closing left.

/// What was left when a client was closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CloseReport {
    /// Events that the application was not given.
    pub events: usize,
    /// Requests that were broken off while they waited for their answers, and posted ones that were not sent. With a
    /// store, those that were posted go out, or are reported, after the next start.
    pub requests: usize,
}
