//! A request of the customer's side for the agent or bot of the interaction.

use crate::sandbox::http::webhook_url::WebhookUrl;
use crate::sandbox::model::customer_request::RequestKind;
use crate::sandbox::model::message::Message;
use crate::sandbox::scripts::scenario::Scenario;
use crate::sandbox::state::interaction_end::InteractionEnd;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

pub(crate) struct AgentInput {
    pub kind: RequestKind,
    /// Present only if the kind is `Message`.
    pub message: Option<Message>,
    pub client_id: String,
    pub customer_name: String,
    pub hash: String,
    pub department_id: String,
    /// The endpoint of the interaction's bot. If absent, the agent runs the scenario.
    pub bot_endpoint: Option<Arc<WebhookUrl>>,
    pub scenario: Arc<Scenario>,
    /// Dropped after the input was processed; a scripted customer waits for that.
    pub _processing_guard: Option<mpsc::Sender<()>>,
    pub end: watch::Receiver<InteractionEnd>,
}

impl AgentInput {
    /// Returns whether the current rule must stop.
    pub fn is_cancelled(&self) -> bool {
        self.end.borrow().stops(self.kind)
    }

    /// Returns whether no rule may start for this input.
    pub fn is_too_late(&self) -> bool {
        self.end.borrow().prevents(self.kind)
    }

    /// Returns when the interaction's end cancels this input.
    pub async fn cancelled(&self) {
        let mut end = self.end.clone();
        // The sender is dropped with the interaction, which ends the wait too.
        let _ = end.wait_for(|end| end.stops(self.kind)).await;
    }

    /// Sleeps. Returns early if the input is cancelled.
    pub async fn sleep(&self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.cancelled() => {}
        }
    }
}
