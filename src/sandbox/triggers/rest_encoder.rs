//! Encodes triggers in the form that `rest` and `gateway` share.

use crate::sandbox::http::payload::Payload;
use crate::sandbox::model::trigger::Trigger;
use crate::sandbox::state::interaction::Interaction;
use serde::Serialize;

/// Returns the payload, or `None` for a trigger that only `interactions` has. `bot_id` is used by `gateway`.
pub(crate) fn encode(
    trigger: &Trigger,
    interaction: &Interaction,
    bot_id: Option<&str>,
) -> Option<Payload> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct EncodedTrigger<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        client_id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        bot_id: Option<&'a str>,
    }
    let (status, message) = match trigger {
        Trigger::Status(status) => (Some(*status), None),
        Trigger::Message(message) => (None, Some(message.as_text())),
        Trigger::Queued(_) | Trigger::Transferred(_) => return None,
    };
    Some(Payload::json(&EncodedTrigger {
        status,
        message,
        client_id: interaction
            .start_data
            .client_id
            .as_deref()
            .unwrap_or_default(),
        bot_id,
    }))
}
