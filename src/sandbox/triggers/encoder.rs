//! Encodes a trigger in the dialect of its interaction.

use crate::sandbox::http::payload::Payload;
use crate::sandbox::model::dialect::Dialect;
use crate::sandbox::model::trigger::Trigger;
use crate::sandbox::scripts::scenario::AgentProfile;
use crate::sandbox::state::interaction::Interaction;
use crate::sandbox::triggers::{interactions_encoder, rest_encoder};

/// Returns the payload, or `None` if the dialect has no such trigger.
pub(crate) fn encode(
    trigger: &Trigger,
    dialect: Dialect,
    interaction: &Interaction,
    agent: &AgentProfile,
) -> Option<Payload> {
    match dialect {
        Dialect::Rest => rest_encoder::encode(trigger, interaction, None),
        Dialect::Gateway => {
            let bot_id = interaction.start_data.bot_id.as_deref();
            rest_encoder::encode(trigger, interaction, bot_id)
        }
        Dialect::Interactions => Some(interactions_encoder::encode(trigger, interaction, agent)),
    }
}
