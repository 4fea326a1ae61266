//! The sandbox's own paths, which the real service does not have: what was said, the interactions' states, a reset, and
//! agents by hand.
//!
//! - `GET /sandbox/health`
//! - `GET /sandbox/transcript?after=N&wait=MS`: the entries after `N`. With `wait`, not before there is one and all of
//!   them have their result, or the time is over.
//! - `DELETE /sandbox/transcript`: forgets the transcript and the interactions; tokens, webhooks and
//!   agents stay.
//! - `GET /sandbox/interactions`
//! - `PUT /sandbox/agents` with `{DEPARTMENT: AGENT, …}`: these agents hear of every request from now on, those of
//!   interactions that run included. `*` stands for all other departments; an agent is the name of a built-in one or
//!   a scenario.
//! - `DELETE /sandbox/agents`: brings back the agents that the sandbox was started with.
//! - `POST /sandbox/customers` with `{"token": …, "script": {…}}`: has a scripted customer come, and answers its
//!   `interaction_hash`.
//! - `GET /sandbox/customers?wait=MS`: how each fares. With `wait`, not before all have gone, or the time is over.
//! - `POST /sandbox/trigger` with `{"token": …, "object": {…}}`: posts the object to the token's webhook in its
//!   interaction's turn. Answers `{"status": N}` with the webhook's status, or 502 when there was none.

use super::act::Rejection;
use super::answer::{HttpAnswer, json, refusal};
use super::customer::Script;
use super::departments::Departments;
use super::dialect::Dialect;
use super::fields::Fields;
use super::interaction::{Key, Remarks, State};
use super::object::text_of;
use super::portal::{read_object, unknown_token};
use super::server::Query;
use super::service::{Desk, Service};
use super::webhook::Payload;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

pub(crate) const HEALTH: &str = "/sandbox/health";
pub(crate) const TRANSCRIPT: &str = "/sandbox/transcript";
pub(crate) const INTERACTIONS: &str = "/sandbox/interactions";
pub(crate) const AGENTS: &str = "/sandbox/agents";
pub(crate) const CUSTOMERS: &str = "/sandbox/customers";
pub(crate) const TRIGGER: &str = "/sandbox/trigger";

const LONGEST_WAIT_MS: u64 = 60_000;

pub(crate) fn health() -> HttpAnswer {
    json(200, &json!({ "status": "ok" }))
}

pub(crate) async fn show_transcript(service: &Service, query: &Query) -> HttpAnswer {
    let (after, deadline) = match (query.number("after"), wait(query)) {
        (Ok(after), Ok(deadline)) => (after.unwrap_or(0), deadline),
        (Err(error), _) | (_, Err(error)) => return refusal(422, &error),
    };
    let mut changes = service.desk().transcript.changes();
    loop {
        {
            let desk = service.desk();
            let entries = desk.transcript.since(after);
            let complete = !entries.is_empty() && desk.transcript.is_settled(after);
            if complete || Instant::now() >= deadline {
                return json(200, &entries);
            }
        }
        // Whether it changed or the time is over is looked at above.
        let _ = timeout_at(deadline, changes.changed()).await;
    }
}

pub(crate) fn forget(service: &Service) -> HttpAnswer {
    service.reset();
    json(
        200,
        &json!({ "message": "transcript and interactions are forgotten", "status": 200 }),
    )
}

pub(crate) fn show_interactions(service: &Service) -> HttpAnswer {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Shown<'a> {
        client_id: Option<&'a str>,
        department_id: &'a str,
        state: State,
        dialect: Dialect,
        interaction_hash: &'a str,
        /// The department whose agent serves it now, where that is another.
        #[serde(skip_serializing_if = "Option::is_none")]
        served_by: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        external_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        media_type: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        external_history: Option<&'a str>,
        #[serde(flatten)]
        remarks: &'a Remarks,
        /// Which of the portal's tokens it belongs to, counted from 1.
        token_number: usize,
    }
    let desk = service.desk();
    let mut interactions: Vec<_> = desk.interactions.iter().collect();
    interactions.sort_by_key(|(_, interaction)| interaction.number);
    let shown: Vec<_> = interactions
        .into_iter()
        .map(|(key, interaction)| Shown {
            client_id: interaction.about.client_id.as_deref(),
            department_id: &interaction.department_id,
            state: interaction.state,
            dialect: key.dialect,
            interaction_hash: &interaction.hash,
            served_by: Some(interaction.served_by.as_str())
                .filter(|department| *department != interaction.department_id),
            external_id: interaction.about.external_id.as_deref(),
            media_type: interaction.about.media_type,
            external_history: interaction.about.external_history.as_deref(),
            remarks: &interaction.remarks,
            token_number: key.token + 1,
        })
        .collect();
    json(200, &shown)
}

pub(crate) fn set_agents(service: &Service, body: &[u8]) -> HttpAnswer {
    let read = read_object(body).and_then(|object| {
        Departments::read(&object).map_err(|error| Rejection::new(422, error.to_string()))
    });
    match read {
        Ok(agents) => {
            service.set_agents(Some(agents));
            json(
                200,
                &json!({ "message": "the agents are at work", "status": 200 }),
            )
        }
        Err(rejection) => refusal(rejection.status, &rejection.message),
    }
}

pub(crate) fn first_agents(service: &Service) -> HttpAnswer {
    service.set_agents(None);
    json(
        200,
        &json!({ "message": "the first agents are back", "status": 200 }),
    )
}

pub(crate) fn admit_customer(service: &Arc<Service>, body: &[u8]) -> HttpAnswer {
    match read_customer(service, body) {
        Ok(hash) => json(200, &json!({ "interaction_hash": hash })),
        Err(rejection) => refusal(rejection.status, &rejection.message),
    }
}

fn read_customer(service: &Arc<Service>, body: &[u8]) -> Result<String, Rejection> {
    let object = read_object(body)?;
    let fields = Fields::of(&object);
    let token = fields.text("token")?;
    fields.only("customer", &["token", "script"])?;
    let (_, script) = fields.object("script")?;
    let script = Script::read(script.get().as_bytes())
        .map_err(|error| Rejection::new(422, format!("script: {error}")))?;
    let token = service.desk().portal.number(&token);
    service.admit_customer(token.ok_or_else(unknown_token)?, Arc::new(script))
}

pub(crate) async fn show_customers(service: &Service, query: &Query) -> HttpAnswer {
    let deadline = match wait(query) {
        Ok(deadline) => deadline,
        Err(error) => return refusal(422, &error),
    };
    let mut changes = service.desk().transcript.changes();
    loop {
        let reports = service.reports();
        let gone = reports.iter().all(|report| report.state != "talking");
        if gone || Instant::now() >= deadline {
            return json(200, &reports);
        }
        // Whether it changed or the time is over is looked at above.
        let _ = timeout_at(deadline, changes.changed()).await;
    }
}

/// Until when the query's `wait` lasts.
fn wait(query: &Query) -> Result<Instant, String> {
    let wait = query.number("wait")?.unwrap_or(0);
    if wait > LONGEST_WAIT_MS {
        return Err(format!(
            "wait is too long; expected at most {LONGEST_WAIT_MS} milliseconds"
        ));
    }
    Ok(Instant::now() + Duration::from_millis(wait))
}

pub(crate) async fn trigger(service: &Arc<Service>, body: &[u8]) -> HttpAnswer {
    let (key, client_id, payload) = match read_trigger(service, body) {
        Ok(read) => read,
        Err(rejection) => return refusal(rejection.status, &rejection.message),
    };
    // A task of its own: when the one who asked hangs up, the trigger still gets its result in the transcript.
    let sending = Arc::clone(service);
    let sent =
        tokio::spawn(async move { sending.hand_trigger(&key, client_id, payload).await }).await;
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
fn hand_key(desk: &Desk, token: usize, hash: Option<String>, client_id: String) -> Key {
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
