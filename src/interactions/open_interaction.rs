//! An entry of the list of open interactions.

use crate::interactions::state::State;

/// An open interaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenInteraction {
    /// The application's id of the customer.
    pub client_id: String,
    /// The department of the start.
    pub department: String,
    /// The department that serves the customer: after a transfer, not that of the start.
    pub current_department: String,
    /// The bot that the start named, in the dialects with bots.
    pub bot_id: Option<String>,
    /// Starting, waiting or active.
    pub state: State,
    /// The time of the last state change by this machine's clock, in milliseconds since 1970-01-01 UTC.
    pub since: i64,
}
