//! The number of events and requests that remain after a close.

/// The rest of the work of a closed client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CloseReport {
    /// Events that were not delivered to the application.
    pub events: usize,
    /// Aborted requests, and posted requests that were not sent. With a store, posted ones are sent or reported after a
    /// restart.
    pub requests: usize,
}
