//! Encodes triggers in the form of `interactions`.

use crate::sandbox::http::payload::Payload;
use crate::sandbox::model::ids::new_hash;
use crate::sandbox::model::message::MessageKind;
use crate::sandbox::model::trigger::Trigger;
use crate::sandbox::scripts::scenario::AgentProfile;
use crate::sandbox::state::interaction::Interaction;
use serde::Serialize;
use serde_json::value::RawValue;

/// Returns the payload in the form of `interactions`.
pub(crate) fn encode(
    trigger: &Trigger,
    interaction: &Interaction,
    agent: &AgentProfile,
) -> Payload {
    #[derive(Serialize)]
    struct EncodedTrigger<'a> {
        interaction_hash: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        position: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        department_id: Option<&'a RawValue>,
        /// Present on every *transferred*, as null if unknown.
        #[serde(skip_serializing_if = "Option::is_none")]
        external_id: Option<Option<&'a str>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<EncodedMessage<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        agent: Option<AgentName<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        extra: Option<&'a RawValue>,
    }
    #[derive(Serialize)]
    struct AgentName<'a> {
        id: u64,
        name: &'a str,
    }
    #[derive(Serialize)]
    struct EncodedMessage<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        hash: Option<String>,
        content: &'a str,
        #[serde(rename = "type")]
        kind: MessageKind,
        url: Option<&'a str>,
    }
    let empty_object = RawValue::from_string("{}".to_owned()).ok();
    let external_id = interaction.start_data.external_id.as_deref();
    let extra = interaction.start_data.extra.as_deref();
    let mut encoded = EncodedTrigger {
        interaction_hash: &interaction.hash,
        state: None,
        position: None,
        department_id: None,
        external_id: external_id.map(Some),
        message: None,
        agent: None,
        // A WhatsApp trigger has no `extra` if the start had none.
        extra: match external_id {
            Some(_) => extra,
            None => extra.or(empty_object.as_deref()),
        },
    };
    let department: Option<Box<RawValue>>;
    match trigger {
        Trigger::Status("finish") => encoded.state = Some("finished"),
        Trigger::Status(status) => encoded.state = Some(status),
        Trigger::Queued(position) => {
            encoded.state = Some("queued");
            encoded.position = Some(*position);
        }
        Trigger::Transferred(id) => {
            encoded.state = Some("transferred");
            // The scenario parser accepts only digits, so the id is valid JSON.
            department = RawValue::from_string(id.clone()).ok();
            encoded.department_id = department.as_deref();
            encoded.external_id = Some(external_id);
            encoded.extra = None;
        }
        Trigger::Message(message) => {
            encoded.message = Some(EncodedMessage {
                hash: external_id.is_none().then(new_hash),
                content: &message.content,
                kind: message.kind,
                url: message.url.as_deref(),
            });
            encoded.agent = Some(AgentName {
                id: agent.id,
                name: &agent.name,
            });
            if external_id.is_some() {
                encoded.extra = None;
            }
        }
    }
    Payload::json(&encoded)
}
