//! The queue of interactions in front of a busy agent.

use crate::sandbox::model::trigger::Trigger;
use crate::sandbox::state::agent_input::AgentInput;
use crate::sandbox::state::interaction::InteractionKey;
use crate::sandbox::state::simulated_service::SimulatedService;
use crate::sandbox::triggers::trigger_sender::OutgoingTrigger;

/// Waits until the agent has capacity for a new interaction, and sends *queued* for each position on the way. Returns
/// false if the interaction ended before.
pub(crate) async fn wait_for_agent(
    service: &SimulatedService,
    key: &InteractionKey,
    input: &AgentInput,
) -> bool {
    let Some(max_interactions) = input.scenario.max_interactions else {
        return true;
    };
    let mut reported_position = 0;
    // The transcript notifies about every change of an interaction's state.
    let mut changes = service.lock().transcript.subscribe();
    loop {
        changes.mark_unchanged();
        let position = service.lock().queue_position(key, max_interactions);
        if input.is_cancelled() {
            return false;
        }
        match position {
            0 => return true,
            position if position != reported_position => {
                reported_position = position;
                let queued = OutgoingTrigger::Trigger(Trigger::Queued(position));
                service.send_agent_trigger(key, queued, input).await;
                // The position may have changed while the trigger was sent.
                continue;
            }
            _ => {}
        }
        tokio::select! {
            _ = changes.changed() => {}
            () = input.cancelled() => {}
        }
    }
}
