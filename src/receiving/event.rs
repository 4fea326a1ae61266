//! What the application is told.

use crate::wire::Trigger;

/// One trigger, as it waits for the application and is handed to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What the service said.
    pub trigger: Trigger,
    /// Its place in the order in which this client received, from 1.
    pub sequence: u64,
    /// When it was received, in milliseconds since 1970-01-01 UTC by this machine's clock.
    pub received_at: i64,
}
