//! Posts the requests of the customer's side to the external bot.

use crate::sandbox::http::payload::Payload;
use crate::sandbox::http::webhook_url::WebhookUrl;
use crate::sandbox::model::customer_request::RequestKind;
use crate::sandbox::model::message::{Message, MessageKind};
use crate::sandbox::state::agent_input::AgentInput;
use crate::sandbox::state::interaction::InteractionKey;
use crate::sandbox::state::simulated_service::SimulatedService;
use crate::sandbox::state::transcript::{BOT_DIALECT, TriggerRecord};
use serde_json::{Value, json};

/// Posts an input to the bot. The bot API has no form for typing and cleared, so these are skipped.
pub(crate) async fn notify_bot(
    service: &SimulatedService,
    key: &InteractionKey,
    endpoint: &WebhookUrl,
    input: &AgentInput,
) {
    let hash = &input.hash;
    let objects = match (input.kind, &input.message) {
        (RequestKind::Start, _) => {
            // Only `rest` has department ids that are not numbers. The bot receives null for them.
            let id = input.department_id.parse::<u64>().ok();
            vec![(
                "newInteraction",
                json!({ "type": "new_interaction", "interaction_hash": hash, "department_id": id }),
            )]
        }
        (RequestKind::Message, Some(message)) => message_objects(hash, message),
        (RequestKind::Finish, _) => vec![(
            "finishedInteraction",
            json!({ "type": "finished_interaction", "interaction_hash": hash }),
        )],
        (RequestKind::Typing | RequestKind::Cleared | RequestKind::Message, _) => vec![],
    };
    for (kind, object) in objects {
        if input.is_cancelled() {
            return;
        }
        post_to_bot(service, key, endpoint, kind, &object, input).await;
    }
}

async fn post_to_bot(
    service: &SimulatedService,
    key: &InteractionKey,
    endpoint: &WebhookUrl,
    kind: &'static str,
    object: &Value,
    input: &AgentInput,
) {
    let pending = {
        let mut state = service.lock();
        let client_id = state
            .interactions
            .get(key)
            .and_then(|interaction| interaction.start_data.client_id.clone());
        state.transcript.record_trigger(TriggerRecord {
            dialect: Some(BOT_DIALECT),
            kind: Some(kind),
            client_id,
            interaction_hash: Some(input.hash.clone()),
            body: serde_json::value::to_raw_value(object).ok(),
        })
    };
    let result = service
        .webhook_client
        .post(endpoint, Payload::json(object))
        .await;
    service.lock().transcript.complete_trigger(pending, &result);
}

/// Returns the objects for a message. The content of a medium is its URL; its caption is a separate message before it.
fn message_objects(hash: &str, message: &Message) -> Vec<(&'static str, Value)> {
    let new_message = |content: &str, kind: MessageKind| {
        let object = json!({
            "type": "new_message", "interaction_hash": hash, "content": content, "content_type": kind,
        });
        ("newMessage", object)
    };
    let text =
        (!message.content.is_empty()).then(|| new_message(&message.content, MessageKind::Text));
    let medium = message
        .url
        .as_ref()
        .map(|url| new_message(url, message.kind));
    text.into_iter().chain(medium).collect()
}
