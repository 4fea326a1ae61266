//! The scripted customer of an interaction.

use crate::sandbox::model::trigger::Trigger;
use tokio::sync::mpsc;

/// The interaction's side of a scripted customer.
pub(crate) struct CustomerSession {
    /// Receives the triggers that an application would receive at its webhook.
    pub triggers: mpsc::UnboundedSender<Trigger>,
    /// Cloned into every request of the customer, and dropped when the request was processed.
    pub processing_guard: Option<mpsc::Sender<()>>,
    pub progress: SessionProgress,
}

#[derive(PartialEq, Eq)]
pub(crate) enum SessionProgress {
    Running,
    Done,
    Failed(String),
}
