//! Renders a step of a scenario into a trigger.

use crate::sandbox::http::payload::Payload;
use crate::sandbox::model::message::Message;
use crate::sandbox::model::trigger::Trigger;
use crate::sandbox::scripts::agent_step::{AgentStep, RawBody};
use crate::sandbox::scripts::template::TemplateValues;
use crate::sandbox::triggers::trigger_sender::OutgoingTrigger;
use hyper::body::Bytes;
use hyper::header::HeaderValue;

/// Returns the trigger of a step, or `None` for a wait and for an echo without a message.
pub(crate) fn step_trigger(
    step: &AgentStep,
    values: &TemplateValues,
    message: Option<&Message>,
) -> Option<OutgoingTrigger> {
    match step {
        AgentStep::Wait(_) => None,
        AgentStep::Trigger(trigger) => {
            Some(OutgoingTrigger::Trigger(render_trigger(trigger, values)))
        }
        AgentStep::Echo => {
            message.map(|message| OutgoingTrigger::Trigger(Trigger::Message(message.clone())))
        }
        AgentStep::Repeat => Some(OutgoingTrigger::Repeat),
        AgentStep::Raw { body, content_type } => Some(OutgoingTrigger::Raw(render_raw(
            body,
            content_type.clone(),
            values,
        ))),
    }
}

fn render_trigger(trigger: &Trigger, values: &TemplateValues) -> Trigger {
    match trigger {
        Trigger::Message(message) => Trigger::Message(Message {
            kind: message.kind,
            content: values.render(&message.content),
            url: message.url.as_ref().map(|url| values.render(url)),
        }),
        other => other.clone(),
    }
}

fn render_raw(
    body: &RawBody,
    content_type: Option<HeaderValue>,
    values: &TemplateValues,
) -> Payload {
    let bytes = match body {
        RawBody::Json(json) => Bytes::from(values.render_json(json)),
        RawBody::Text(text) => Bytes::from(values.render(text)),
        RawBody::Bytes(bytes) => bytes.clone(),
    };
    Payload {
        bytes,
        content_type,
    }
}
