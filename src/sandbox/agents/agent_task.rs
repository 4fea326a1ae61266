//! Runs a scripted agent for one interaction.

use crate::sandbox::agents::agent_queue::wait_for_agent;
use crate::sandbox::agents::bot_notifier::notify_bot;
use crate::sandbox::agents::step_trigger::step_trigger;
use crate::sandbox::model::customer_request::RequestKind;
use crate::sandbox::model::message::Message;
use crate::sandbox::scripts::agent_step::AgentStep;
use crate::sandbox::scripts::template::TemplateValues;
use crate::sandbox::state::agent_input::AgentInput;
use crate::sandbox::state::interaction::InteractionKey;
use crate::sandbox::state::simulated_service::SimulatedService;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Processes the inputs in order. Returns when the sender is dropped, which a reset of the sandbox does.
pub(crate) async fn run_agent(
    service: Arc<SimulatedService>,
    key: InteractionKey,
    mut inputs: mpsc::UnboundedReceiver<AgentInput>,
) {
    while let Some(input) = inputs.recv().await {
        if input.is_too_late() {
            continue;
        }
        if let Some(endpoint) = &input.bot_endpoint {
            notify_bot(&service, &key, endpoint, &input).await;
            continue;
        }
        if input.kind == RequestKind::Start && !wait_for_agent(&service, &key, &input).await {
            continue;
        }
        run_steps(&service, &key, &input).await;
    }
}

async fn run_steps(service: &SimulatedService, key: &InteractionKey, input: &AgentInput) {
    let content = input
        .message
        .as_ref()
        .map(Message::as_text)
        .unwrap_or_default();
    let values = TemplateValues {
        content: &content,
        client_id: &input.client_id,
        customer_name: &input.customer_name,
        hash: &input.hash,
    };
    for step in input.scenario.steps(input.kind, &content) {
        if let AgentStep::Wait(time) = step {
            input.sleep(*time).await;
        }
        if let Some(outgoing) = step_trigger(step, &values, input.message.as_ref()) {
            service.send_agent_trigger(key, outgoing, input).await;
        }
        if input.is_cancelled() {
            break;
        }
    }
}
