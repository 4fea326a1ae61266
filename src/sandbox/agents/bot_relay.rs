//! Executes the accepted requests of an external bot.

use crate::sandbox::agents::agent_task::run_agent;
use crate::sandbox::http::webhook_url::WebhookUrl;
use crate::sandbox::state::bot_link::{BotAction, BotLink};
use crate::sandbox::state::interaction::InteractionKey;
use crate::sandbox::state::interaction_end::InteractionEnd;
use crate::sandbox::state::simulated_service::SimulatedService;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// Starts the relay task of an interaction. The task ends when the returned link is dropped.
pub(crate) fn start_bot_relay(
    service: &Arc<SimulatedService>,
    key: &InteractionKey,
    end: watch::Receiver<InteractionEnd>,
    endpoint: WebhookUrl,
) -> BotLink {
    let (link, actions) = BotLink::new(endpoint);
    tokio::spawn(relay(Arc::clone(service), key.clone(), end, actions));
    link
}

async fn relay(
    service: Arc<SimulatedService>,
    key: InteractionKey,
    // The end of this interaction. It stops the remaining triggers if another start replaces the interaction.
    end: watch::Receiver<InteractionEnd>,
    mut actions: mpsc::UnboundedReceiver<BotAction>,
) {
    while let Some(action) = actions.recv().await {
        match action {
            BotAction::SendTrigger(trigger) => service.send_bot_trigger(&key, trigger, &end).await,
            BotAction::StartAgent(inputs) => {
                tokio::spawn(run_agent(Arc::clone(&service), key.clone(), inputs));
            }
        }
    }
}
