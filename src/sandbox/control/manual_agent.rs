//! A test acts as the agent. The real service does not have these paths.
//!
//! - `POST /sandbox/steps` with `{"token": …, "clientId": …, "steps": […]}` runs a scenario's steps in the interaction, in
//!   its dialect. `interactionHash` may replace the client id. The response follows the last step. It is
//!   `{"results": […]}`, with `status` and `error` of each trigger.
//! - `POST /sandbox/trigger` with `{"token": …, "object": {…}}` posts the object to the token's webhook, after the earlier
//!   triggers of its interaction. The response is `{"status": N}` with the webhook's status, or 502 without one.

use crate::sandbox::agents::step_trigger::step_trigger;
use crate::sandbox::control::request_parser::{parse_object, unknown_token};
use crate::sandbox::http::payload::Payload;
use crate::sandbox::http::responses::{
    HttpResponse, error_response, json_response, rejection_response,
};
use crate::sandbox::json::field_reader::FieldReader;
use crate::sandbox::json::json_object::json_string;
use crate::sandbox::json::rejection::Rejection;
use crate::sandbox::model::customer_request::RequestKind;
use crate::sandbox::model::dialect::Dialect;
use crate::sandbox::scripts::agent_step::AgentStep;
use crate::sandbox::scripts::template::TemplateValues;
use crate::sandbox::state::interaction::InteractionKey;
use crate::sandbox::state::sandbox_state::SandboxState;
use crate::sandbox::state::simulated_service::SimulatedService;
use crate::sandbox::triggers::trigger_sender::OutgoingTrigger;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::sync::Arc;

pub(crate) const STEPS: &str = "/sandbox/steps";
pub(crate) const TRIGGER: &str = "/sandbox/trigger";

pub(crate) async fn run_steps(service: &Arc<SimulatedService>, body: &[u8]) -> HttpResponse {
    let steps = match ManualSteps::parse(service, body) {
        Ok(steps) => steps,
        Err(rejection) => return rejection_response(&rejection),
    };
    // A separate task, so that all steps run even if the client closes the connection.
    let task_service = Arc::clone(service);
    match tokio::spawn(async move { steps.run(&task_service).await }).await {
        Ok(results) => json_response(200, &json!({ "results": results })),
        Err(_) => error_response(500, "the sandbox is stopping"),
    }
}

/// The steps, and the interaction that they run in.
struct ManualSteps {
    key: InteractionKey,
    client_id: String,
    customer_name: String,
    hash: String,
    steps: Vec<AgentStep>,
}

/// The result of a step that sends a trigger.
#[derive(Serialize)]
struct StepResult {
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl ManualSteps {
    fn parse(service: &SimulatedService, body: &[u8]) -> Result<ManualSteps, Rejection> {
        let object = parse_object(body)?;
        let fields = FieldReader::new(&object);
        let token = fields.text("token")?;
        fields.allow_only("steps", &["token", "clientId", "interactionHash", "steps"])?;
        let hash = fields.optional_text("interactionHash")?;
        let client_id = match hash {
            Some(_) => fields.optional_text("clientId")?,
            None => Some(fields.text("clientId")?),
        };
        let steps = parse_steps(object.get("steps"))
            .map_err(|error| Rejection::unprocessable(format!("steps: {error}")))?;
        let state = service.lock();
        let token = state
            .portal
            .token_number(&token)
            .ok_or_else(unknown_token)?;
        let found = state
            .interactions
            .iter()
            .filter(|(key, interaction)| {
                let interaction_client_id = interaction.start_data.client_id.as_ref();
                key.token == token
                    && hash.as_ref().is_none_or(|hash| *hash == interaction.hash)
                    && (client_id.is_none() || interaction_client_id == client_id.as_ref())
            })
            // A client id may have an interaction in each dialect. The most recent start is used.
            .max_by_key(|(_, interaction)| interaction.sequence);
        let (key, interaction) = found.ok_or_else(|| {
            Rejection::new(
                404,
                "the interaction is unknown; expected one that was started",
            )
        })?;
        let start_data = &interaction.start_data;
        Ok(ManualSteps {
            key: key.clone(),
            client_id: start_data.client_id.clone().unwrap_or_default(),
            customer_name: start_data.customer_name.clone().unwrap_or_default(),
            hash: interaction.hash.clone(),
            steps,
        })
    }

    async fn run(&self, service: &SimulatedService) -> Vec<StepResult> {
        let values = TemplateValues {
            content: "",
            client_id: &self.client_id,
            customer_name: &self.customer_name,
            hash: &self.hash,
        };
        let mut results = Vec::new();
        for step in &self.steps {
            if let AgentStep::Wait(time) = step {
                tokio::time::sleep(*time).await;
            }
            let Some(outgoing) = step_trigger(step, &values, None) else {
                continue;
            };
            let result = service.send_manual_trigger(&self.key, None, outgoing).await;
            let (status, error) = match result {
                Ok(status) => (Some(status), None),
                Err(error) => (None, Some(error)),
            };
            results.push(StepResult { status, error });
        }
        results
    }
}

fn parse_steps(steps: Option<&RawValue>) -> Result<Vec<AgentStep>, String> {
    let steps: Vec<&RawValue> = steps
        .and_then(|steps| serde_json::from_str(steps.get()).ok())
        .ok_or("expected an array of steps")?;
    let parsed = steps.into_iter().enumerate().map(|(index, step)| {
        // The rules for a start apply, because no message of a customer is available.
        AgentStep::parse(step, RequestKind::Start)
            .map_err(|error| format!("step {}: {error}", index + 1))
    });
    parsed.collect()
}

pub(crate) async fn send_trigger(service: &Arc<SimulatedService>, body: &[u8]) -> HttpResponse {
    let (key, client_id, payload) = match parse_trigger(service, body) {
        Ok(trigger) => trigger,
        Err(rejection) => return rejection_response(&rejection),
    };
    // A separate task, so that the transcript gets the result even if the client closes the connection.
    let task_service = Arc::clone(service);
    let sent = tokio::spawn(async move {
        task_service
            .send_manual_trigger(&key, client_id, OutgoingTrigger::Raw(payload))
            .await
    })
    .await;
    match sent {
        Ok(Ok(status)) => json_response(200, &json!({ "status": status })),
        Ok(Err(error)) => error_response(502, &error),
        Err(_) => error_response(500, "the sandbox is stopping"),
    }
}

fn parse_trigger(
    service: &SimulatedService,
    body: &[u8],
) -> Result<(InteractionKey, Option<String>, Payload), Rejection> {
    let request = parse_object(body)?;
    let token = FieldReader::new(&request).text("token")?;
    let raw = request
        .get("object")
        .ok_or_else(|| Rejection::unprocessable("object is missing; expected a JSON object"))?;
    if request.names().count() > 2 {
        return Err(Rejection::unprocessable(
            "unknown field; expected token and object only",
        ));
    }
    let object = parse_object(raw.get().as_bytes()).map_err(|rejection| {
        Rejection::unprocessable(rejection.message.replace("the body", "object"))
    })?;
    let state = service.lock();
    let token = state
        .portal
        .token_number(&token)
        .ok_or_else(unknown_token)?;
    // A number is accepted as a client id, so that a test can check how an application handles it.
    let client_id = object
        .get("clientId")
        .map(|id| json_string(id).unwrap_or_else(|| id.get().to_owned()));
    let hash = object.text("interaction_hash");
    let key = trigger_key(&state, token, hash, client_id.clone().unwrap_or_default());
    Ok((key, client_id, Payload::json_bytes(raw.get().to_owned())))
}

/// Returns the interaction that an object belongs to: the interaction of its hash, or else the interaction of its client
/// id in `rest` or `gateway`.
fn trigger_key(
    state: &SandboxState,
    token: usize,
    hash: Option<String>,
    client_id: String,
) -> InteractionKey {
    if let Some(hash) = hash {
        let key = state.hashes.get(&hash).filter(|key| key.token == token);
        return key
            .cloned()
            .unwrap_or_else(|| InteractionKey::from_hash(token, hash));
    }
    let key = |dialect| InteractionKey {
        token,
        dialect,
        id: client_id.clone(),
    };
    let (rest, gateway) = (key(Dialect::Rest), key(Dialect::Gateway));
    if state.interactions.contains_key(&gateway) && !state.interactions.contains_key(&rest) {
        gateway
    } else {
        rest
    }
}
