//! The report about a scripted customer.

use crate::sandbox::state::customer_session::{CustomerSession, SessionProgress};
use crate::sandbox::state::interaction::Interaction;
use serde::Serialize;

/// The state of a scripted customer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CustomerReport {
    /// The hash of the customer's interaction.
    pub interaction_hash: String,
    /// The department of the start.
    pub department_id: String,
    /// `talking`, `done` or `failed`.
    pub state: &'static str,
    /// The step that failed, and the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl CustomerReport {
    pub(crate) fn new(interaction: &Interaction, session: &CustomerSession) -> CustomerReport {
        let (state, error) = match &session.progress {
            SessionProgress::Running => ("talking", None),
            SessionProgress::Done => ("done", None),
            SessionProgress::Failed(error) => ("failed", Some(error.clone())),
        };
        CustomerReport {
            interaction_hash: interaction.hash.clone(),
            department_id: interaction.department_id.clone(),
            state,
            error,
        }
    }

    /// Returns whether the script still runs.
    pub fn is_running(&self) -> bool {
        self.state == "talking"
    }
}
