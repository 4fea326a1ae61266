//! The connection between an interaction and the external bot that serves it.

use crate::sandbox::http::webhook_url::WebhookUrl;
use crate::sandbox::model::trigger::Trigger;
use crate::sandbox::state::agent_input::AgentInput;
use std::sync::Arc;
use tokio::sync::mpsc;

/// An accepted request of a bot. The relay task executes the actions in the order of the requests.
pub(crate) enum BotAction {
    /// Sends a trigger to the customer's side.
    SendTrigger(Trigger),
    /// Starts a scripted agent that receives these inputs.
    StartAgent(mpsc::UnboundedReceiver<AgentInput>),
}

pub(crate) struct BotLink {
    pub endpoint: Arc<WebhookUrl>,
    actions: mpsc::UnboundedSender<BotAction>,
}

impl BotLink {
    /// Returns the link, and the receiver for the relay task.
    pub fn new(endpoint: WebhookUrl) -> (BotLink, mpsc::UnboundedReceiver<BotAction>) {
        let (actions, receiver) = mpsc::unbounded_channel();
        let link = BotLink {
            endpoint: Arc::new(endpoint),
            actions,
        };
        (link, receiver)
    }

    pub fn enqueue(&self, action: BotAction) {
        // Fails only while the sandbox stops: the relay task lives as long as this link.
        let _ = self.actions.send(action);
    }
}
