//! The life of an interaction: `apply_request` starts it and passes each later request to its agent or bot.
//!
//! The dialects and the scripted customers call this file after they have parsed a request.

use crate::sandbox::agents::agent_task::run_agent;
use crate::sandbox::agents::bot_relay::start_bot_relay;
use crate::sandbox::model::customer_request::{CustomerRequest, RequestKind};
use crate::sandbox::model::dialect::Dialect;
use crate::sandbox::model::ids::new_hash;
use crate::sandbox::state::agent_input::AgentInput;
use crate::sandbox::state::bot_link::BotAction;
use crate::sandbox::state::interaction::{
    Interaction, InteractionKey, InteractionState, InteractionUpdate, StartData, StateError,
    check_allowed,
};
use crate::sandbox::state::interaction_end::InteractionEnd;
use crate::sandbox::state::sandbox_state::SandboxState;
use crate::sandbox::state::simulated_service::SimulatedService;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{mpsc, watch};

/// The parameters of a new interaction.
pub(crate) struct NewInteraction {
    pub department_id: String,
    pub start_data: StartData,
}

/// Applies a request if the interaction's state allows it. `new_interaction` must be present for a start only.
pub(crate) fn apply_request(
    service: &Arc<SimulatedService>,
    state: &mut SandboxState,
    key: &InteractionKey,
    request: CustomerRequest,
    new_interaction: Option<NewInteraction>,
) -> Result<(), StateError> {
    check_allowed(state.interactions.get(key), request.kind)?;
    if let Some(new_interaction) = new_interaction {
        let endpoint = state
            .portal
            .bot(key.token, &new_interaction.department_id)
            .cloned();
        create_interaction(service, state, key, new_interaction);
        if let (Some(endpoint), Some(interaction)) = (endpoint, state.interactions.get_mut(key)) {
            let end = interaction.end.subscribe();
            interaction.bot = Some(start_bot_relay(service, key, end, endpoint));
        }
    }
    // The interaction exists: the check has found it, or the start has created it.
    if let Some(interaction) = state.interactions.get_mut(key) {
        if request.kind == RequestKind::Finish {
            interaction.finish();
        }
        let input = agent_input(service, interaction, request);
        // Fails only while the sandbox stops: the agent task lives as long as the interaction.
        let _ = interaction.agent_inputs.send(input);
    }
    Ok(())
}

/// Creates an off-hours contact: an interaction that no agent serves.
pub(crate) fn record_off_hours_contact(
    service: &Arc<SimulatedService>,
    state: &mut SandboxState,
    key: &InteractionKey,
    new_interaction: NewInteraction,
) {
    create_interaction(service, state, key, new_interaction);
    if let Some(interaction) = state.interactions.get_mut(key) {
        interaction.state = InteractionState::OffHours;
    }
}

fn create_interaction(
    service: &Arc<SimulatedService>,
    state: &mut SandboxState,
    key: &InteractionKey,
    new_interaction: NewInteraction,
) {
    let agent_inputs = match state.interactions.remove(key) {
        Some(earlier) => {
            earlier.mark_replaced();
            state.hashes.remove(&earlier.hash);
            earlier.agent_inputs
        }
        None => {
            let (agent_inputs, receiver) = mpsc::unbounded_channel();
            tokio::spawn(run_agent(Arc::clone(service), key.clone(), receiver));
            agent_inputs
        }
    };
    state.starts += 1;
    let interaction = Interaction {
        sequence: state.starts,
        hash: match key.dialect {
            Dialect::Interactions => key.id.clone(),
            Dialect::Rest | Dialect::Gateway => new_hash(),
        },
        serving_department_id: new_interaction.department_id.clone(),
        department_id: new_interaction.department_id,
        start_data: new_interaction.start_data,
        update_data: InteractionUpdate::default(),
        last_payload: None,
        bot: None,
        customer_session: None,
        started_at: Instant::now(),
        accepted_after: None,
        state: InteractionState::Waiting,
        end: watch::Sender::new(InteractionEnd::NotEnded),
        agent_inputs,
    };
    state.hashes.insert(interaction.hash.clone(), key.clone());
    state.interactions.insert(key.clone(), interaction);
}

/// Transfers an interaction from its bot to the scripted agent of a department. The agent receives a start after the
/// bot's earlier triggers were sent.
pub(crate) fn transfer_to_agent(
    service: &SimulatedService,
    interaction: &mut Interaction,
    department_id: String,
) {
    interaction.serving_department_id = department_id;
    interaction.state = InteractionState::Waiting;
    if let Some(bot) = interaction.bot.take() {
        let start = agent_input(
            service,
            interaction,
            CustomerRequest::new(RequestKind::Start),
        );
        // A new queue: the later requests of the customer follow the start.
        let (agent_inputs, receiver) = mpsc::unbounded_channel();
        let _ = agent_inputs.send(start);
        interaction.agent_inputs = agent_inputs;
        bot.enqueue(BotAction::StartAgent(receiver));
    }
}

/// Returns the request as an input for the bot or agent that serves the interaction now.
fn agent_input(
    service: &SimulatedService,
    interaction: &Interaction,
    request: CustomerRequest,
) -> AgentInput {
    let start_data = &interaction.start_data;
    AgentInput {
        kind: request.kind,
        message: request.message,
        client_id: start_data.client_id.clone().unwrap_or_default(),
        customer_name: start_data.customer_name.clone().unwrap_or_default(),
        hash: interaction.hash.clone(),
        department_id: interaction.department_id.clone(),
        bot_endpoint: interaction
            .bot
            .as_ref()
            .map(|bot| Arc::clone(&bot.endpoint)),
        scenario: service.agent(&interaction.serving_department_id),
        _processing_guard: interaction
            .customer_session
            .as_ref()
            .and_then(|session| session.processing_guard.clone()),
        end: interaction.end.subscribe(),
    }
}
