//! Sends the triggers of an interaction, one after the other.

use crate::sandbox::http::payload::Payload;
use crate::sandbox::json::json_object::JsonObject;
use crate::sandbox::model::customer_request::RequestKind;
use crate::sandbox::model::dialect::Dialect;
use crate::sandbox::model::trigger::{Trigger, canonical_name};
use crate::sandbox::state::agent_input::AgentInput;
use crate::sandbox::state::interaction::InteractionKey;
use crate::sandbox::state::interaction_end::InteractionEnd;
use crate::sandbox::state::sandbox_state::SandboxState;
use crate::sandbox::state::simulated_service::SimulatedService;
use crate::sandbox::state::transcript::TriggerRecord;
use crate::sandbox::triggers::encoder::encode;
use serde_json::value::RawValue;
use tokio::sync::watch;

/// A trigger before it is encoded.
pub(crate) enum OutgoingTrigger {
    /// A trigger in the form of the interaction's dialect.
    Trigger(Trigger),
    /// Any payload, independent of the dialect.
    Raw(Payload),
    /// The most recently sent payload of the interaction.
    Repeat,
}

impl SimulatedService {
    /// Sends a trigger of a scripted agent, unless the agent's input is cancelled.
    pub async fn send_agent_trigger(
        &self,
        key: &InteractionKey,
        outgoing: OutgoingTrigger,
        input: &AgentInput,
    ) {
        self.send_trigger(key, None, outgoing, || input.is_cancelled())
            .await;
    }

    /// Sends a trigger of a bot, unless the interaction has ended for the bot.
    pub async fn send_bot_trigger(
        &self,
        key: &InteractionKey,
        trigger: Trigger,
        end: &watch::Receiver<InteractionEnd>,
    ) {
        // The same events stop a bot and an agent's rule on a message.
        let is_cancelled = || end.borrow().stops(RequestKind::Message);
        self.send_trigger(key, None, OutgoingTrigger::Trigger(trigger), is_cancelled)
            .await;
    }

    /// Sends a trigger of the control API. `client_id` is the client id in the trigger's object.
    pub async fn send_manual_trigger(
        &self,
        key: &InteractionKey,
        client_id: Option<String>,
        outgoing: OutgoingTrigger,
    ) -> Result<u16, String> {
        let sent = self.send_trigger(key, client_id, outgoing, || false).await;
        sent.unwrap_or_else(|| {
            Err(
                "nothing was sent: the interaction's dialect has no such trigger, or its customer is scripted"
                    .to_owned(),
            )
        })
    }

    /// Sends a trigger after the interaction's earlier triggers, and returns its result. Returns `None` if it was
    /// cancelled, if the dialect has no such trigger, or if a scripted customer received it.
    async fn send_trigger(
        &self,
        key: &InteractionKey,
        client_id: Option<String>,
        outgoing: OutgoingTrigger,
        is_cancelled: impl Fn() -> bool,
    ) -> Option<Result<u16, String>> {
        let send_lock = self.lock().send_lock(key);
        let _permit = send_lock.lock().await;
        let (pending, webhook, payload) = {
            let mut state = self.lock();
            // Checked under the lock, so that no trigger is sent after the response to a finish.
            if is_cancelled() {
                return None;
            }
            let trigger_for_customer = match &outgoing {
                OutgoingTrigger::Trigger(trigger) => Some(trigger.clone()),
                OutgoingTrigger::Raw(_) | OutgoingTrigger::Repeat => None,
            };
            let (record, payload) = self.apply_and_encode(&mut state, key, client_id, outgoing);
            if let Some(session) = state.customer_session(key) {
                // Fails if the script has ended; the trigger is then dropped.
                trigger_for_customer.map(|trigger| session.triggers.send(trigger));
                state.transcript.notify();
                return None;
            }
            let payload = payload?;
            let Some(webhook) = state.portal.webhook(key.token).cloned() else {
                let error = "no webhook is set for the token".to_owned();
                state
                    .transcript
                    .record_undeliverable_trigger(record, error.clone());
                return Some(Err(error));
            };
            (state.transcript.record_trigger(record), webhook, payload)
        };
        let result = self.webhook_client.post(&webhook, payload).await;
        self.lock().transcript.complete_trigger(pending, &result);
        Some(result)
    }

    /// Changes the interaction as the trigger requires. Returns the trigger's record, and its payload in the dialect.
    fn apply_and_encode(
        &self,
        state: &mut SandboxState,
        key: &InteractionKey,
        client_id: Option<String>,
        outgoing: OutgoingTrigger,
    ) -> (TriggerRecord, Option<Payload>) {
        let mut interaction = state.interactions.get_mut(key);
        let (kind, payload) = match outgoing {
            OutgoingTrigger::Trigger(trigger) => {
                let payload = interaction.as_deref().and_then(|interaction| {
                    let agent = self.agent(&interaction.serving_department_id);
                    encode(&trigger, key.dialect, interaction, &agent.agents[0])
                });
                if let (Trigger::Transferred(department_id), Some(interaction)) =
                    (&trigger, interaction.as_deref_mut())
                {
                    interaction.serving_department_id = department_id.clone();
                }
                (Some(trigger.name()), payload)
            }
            OutgoingTrigger::Repeat => {
                let last = interaction
                    .as_deref()
                    .and_then(|interaction| interaction.last_payload.clone());
                (last.as_ref().and_then(payload_kind), last)
            }
            OutgoingTrigger::Raw(payload) => (payload_kind(&payload), Some(payload)),
        };
        if let Some(interaction) = interaction.as_deref_mut() {
            if let Some(kind) = kind {
                interaction.apply_trigger(kind);
            }
            interaction.last_payload = payload.clone().or(interaction.last_payload.take());
        }
        let record = TriggerRecord {
            dialect: Some(key.dialect.name()),
            kind,
            client_id: client_id.or_else(|| interaction?.start_data.client_id.clone()),
            interaction_hash: (key.dialect == Dialect::Interactions).then(|| key.id.clone()),
            body: payload.as_ref().and_then(transcript_body),
        };
        (record, payload)
    }
}

/// Returns the kind of the trigger in a payload, or `None` if no dialect has such a trigger.
fn payload_kind(payload: &Payload) -> Option<&'static str> {
    let object = JsonObject::parse(&payload.bytes).ok()?;
    if object.get("message").is_some() {
        return Some("message");
    }
    let word = object.text("status").or_else(|| object.text("state"))?;
    canonical_name(&word)
}

/// Returns the payload for the transcript: the object without its token, or a JSON string for any other bytes.
fn transcript_body(payload: &Payload) -> Option<Box<RawValue>> {
    match JsonObject::parse(&payload.bytes) {
        Ok(object) => object.redacted(),
        Err(_) => serde_json::value::to_raw_value(&String::from_utf8_lossy(&payload.bytes)).ok(),
    }
}
