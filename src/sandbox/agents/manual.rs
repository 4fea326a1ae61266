//! An agent by hand, on paths that the real service does not have:
//!
//! - `POST /sandbox/steps` with `{"token": …, "clientId": …, "steps": […]}`, or `interactionHash` in the client id's place:
//!   plays a scenario's steps in that interaction, in its dialect. Answers `{"results": […]}` when they are done, with
//!   `status` and `error` of each that was posted.
//! - `POST /sandbox/trigger` with `{"token": …, "object": {…}}`: posts the object to the token's webhook in its
//!   interaction's turn. Answers `{"status": N}` with the webhook's status, or 502 when there was none.

use crate::sandbox::agents::agent::outgoing;
use crate::sandbox::agents::step::Step;
use crate::sandbox::agents::template::Values;
use crate::sandbox::control::portal::{read_object, unknown_token};
use crate::sandbox::customers::customer_action::{CustomerRequest, Rejection};
use crate::sandbox::dialects::Dialect;
use crate::sandbox::dialects::request_fields::Fields;
use crate::sandbox::http::responses::{HttpAnswer, json, refusal};
use crate::sandbox::http::webhook::Payload;
use crate::sandbox::json_object::text_of;
use crate::sandbox::state::interaction::Key;
use crate::sandbox::state::state::{Outgoing, SandboxState, Service};
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::sync::Arc;

pub(crate) const STEPS: &str = "/sandbox/steps";
pub(crate) const TRIGGER: &str = "/sandbox/trigger";

pub(crate) async fn steps(service: &Arc<Service>, body: &[u8]) -> HttpAnswer {
    let hand = match Hand::read(service, body) {
        Ok(hand) => hand,
        Err(rejection) => return refusal(rejection.status, &rejection.message),
    };
    // A task of its own: when the one who asked hangs up, the steps are played to their end.
    let playing = Arc::clone(service);
    match tokio::spawn(async move { hand.play(&playing).await }).await {
        Ok(results) => json(200, &json!({ "results": results })),
        Err(_) => refusal(500, "the sandbox is stopping"),
    }
}

/// What is to be played, and where.
struct Hand {
    key: Key,
    client_id: String,
    customer_name: String,
    hash: String,
    steps: Vec<Step>,
}

/// What became of a step that posts.
#[derive(Serialize)]
struct Posted {
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Hand {
    fn read(service: &Service, body: &[u8]) -> Result<Hand, Rejection> {
        let object = read_object(body)?;
        let fields = Fields::of(&object);
        let token = fields.text("token")?;
        fields.only("steps", &["token", "clientId", "interactionHash", "steps"])?;
        let hash = fields.optional_text("interactionHash")?;
        let client_id = match hash {
            Some(_) => fields.optional_text("clientId")?,
            None => Some(fields.text("clientId")?),
        };
        let wrong = |error: String| Rejection::new(422, format!("steps: {error}"));
        let steps: Vec<&RawValue> = object
            .get("steps")
            .and_then(|steps| serde_json::from_str(steps.get()).ok())
            .ok_or_else(|| wrong("expected an array of steps".to_owned()))?;
        let steps = steps
            .into_iter()
            .enumerate()
            // As in a rule on a start: no message of a customer is at hand.
            .map(|(at, step)| {
                Step::read(step, CustomerRequest::Start)
                    .map_err(|error| wrong(format!("step {}: {error}", at + 1)))
            })
            .collect::<Result<_, Rejection>>()?;
        let desk = service.desk();
        let token = desk.portal.number(&token).ok_or_else(unknown_token)?;
        let found = desk
            .interactions
            .iter()
            .filter(|(key, interaction)| {
                key.token == token
                    && hash.as_ref().is_none_or(|hash| *hash == interaction.hash)
                    && client_id
                        .as_ref()
                        .is_none_or(|id| interaction.about.client_id.as_ref() == Some(id))
            })
            // Of those of one client id, in whatever dialect, the one that was started last.
            .max_by_key(|(_, interaction)| interaction.number);
        let (key, interaction) =
            found.ok_or_else(|| Rejection::new(404, "there is no such interaction"))?;
        let about = &interaction.about;
        Ok(Hand {
            key: key.clone(),
            client_id: about.client_id.clone().unwrap_or_default(),
            customer_name: about.customer_name.clone().unwrap_or_default(),
            hash: interaction.hash.clone(),
            steps,
        })
    }

    async fn play(&self, service: &Service) -> Vec<Posted> {
        let values = Values {
            content: "",
            client_id: &self.client_id,
            customer_name: &self.customer_name,
            hash: &self.hash,
        };
        let mut results = Vec::new();
        for step in &self.steps {
            if let Step::Wait(time) = step {
                tokio::time::sleep(*time).await;
            }
            let Some(outgoing) = outgoing(step, &values, None) else {
                continue;
            };
            results.push(
                match service.hand_trigger(&self.key, None, outgoing).await {
                    Ok(status) => Posted {
                        status: Some(status),
                        error: None,
                    },
                    Err(error) => Posted {
                        status: None,
                        error: Some(error),
                    },
                },
            );
        }
        results
    }
}

pub(crate) async fn trigger(service: &Arc<Service>, body: &[u8]) -> HttpAnswer {
    let (key, client_id, payload) = match read_trigger(service, body) {
        Ok(read) => read,
        Err(rejection) => return refusal(rejection.status, &rejection.message),
    };
    // A task of its own: when the one who asked hangs up, the trigger still gets its result in the transcript.
    let sending = Arc::clone(service);
    let sent = tokio::spawn(async move {
        sending
            .hand_trigger(&key, client_id, Outgoing::Raw(payload))
            .await
    })
    .await;
    match sent {
        Ok(Ok(status)) => json(200, &json!({ "status": status })),
        Ok(Err(error)) => refusal(502, &error),
        Err(_) => refusal(500, "the sandbox is stopping"),
    }
}

fn read_trigger(
    service: &Service,
    body: &[u8],
) -> Result<(Key, Option<String>, Payload), Rejection> {
    let request = read_object(body)?;
    let token = Fields::of(&request).text("token")?;
    let raw = request
        .get("object")
        .ok_or_else(|| Rejection::new(422, "object is missing; expected a JSON object"))?;
    if request.names().count() > 2 {
        return Err(Rejection::new(
            422,
            "unknown field; expected token and object only",
        ));
    }
    let object = read_object(raw.get().as_bytes()).map_err(|rejection| {
        Rejection::new(422, rejection.message.replace("the body", "object"))
    })?;
    let desk = service.desk();
    let token = desk.portal.number(&token).ok_or_else(unknown_token)?;
    // A number is a client id too, for those who try how an application reads one.
    let client_id = object
        .get("clientId")
        .map(|id| text_of(id).unwrap_or_else(|| id.get().to_owned()));
    let hash = object.text("interaction_hash");
    let key = hand_key(&desk, token, hash, client_id.clone().unwrap_or_default());
    Ok((key, client_id, Payload::json_bytes(raw.get().to_owned())))
}

/// The interaction that an object by hand belongs to: the one of its hash, else of its client id, in the first dialect
/// that has one.
fn hand_key(desk: &SandboxState, token: usize, hash: Option<String>, client_id: String) -> Key {
    if let Some(hash) = hash {
        let key = desk.hashes.get(&hash).filter(|key| key.token == token);
        return key.cloned().unwrap_or(Key {
            token,
            dialect: Dialect::Interactions,
            id: hash,
        });
    }
    let key = |dialect| Key {
        token,
        dialect,
        id: client_id.clone(),
    };
    let gateway = key(Dialect::Gateway);
    if desk.interactions.contains_key(&gateway)
        && !desk.interactions.contains_key(&key(Dialect::Rest))
    {
        gateway
    } else {
        key(Dialect::Rest)
    }
}
