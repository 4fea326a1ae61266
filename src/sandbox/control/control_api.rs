//! The sandbox's own paths, which the real service does not have: what was said, the interactions' states, a reset, and
//! other agents and customers. What an agent does by hand is in `by_hand`.
//!
//! - `GET /sandbox/health`
//! - `GET /sandbox/transcript?after=N&wait=MS`: the entries after `N`. With `wait`, not before there is one and all of
//!   them have their result, or the time is over.
//! - `DELETE /sandbox/transcript`: forgets transcript, interactions and faults; tokens, webhooks, bots and
//!   agents stay.
//! - `POST /sandbox/reset`: brings everything back to how it was when the sandbox had started, what was set in the portal
//!   included: transcript, interactions, faults, agents, customers, bots, webhooks and tokens.
//! - `GET /sandbox/interactions`
//! - `PUT /sandbox/agents` with `{DEPARTMENT: AGENT, …}`: these agents hear of every request from now on, those of
//!   interactions that run included. `*` stands for all other departments; an agent is the name of a built-in one or
//!   a scenario.
//! - `DELETE /sandbox/agents`: brings back the agents that the sandbox was started with.
//! - `POST /sandbox/customers` with `{"token": …, "script": {…}}`: has a scripted customer come, and answers its
//!   `interaction_hash`.
//! - `GET /sandbox/customers?wait=MS`: how each fares. With `wait`, not before all have gone, or the time is over.

use crate::sandbox::control::portal::{read_object, unknown_token};
use crate::sandbox::customers::customer_action::Rejection;
use crate::sandbox::customers::customer_script::Script;
use crate::sandbox::dialects::Dialect;
use crate::sandbox::dialects::request_fields::Fields;
use crate::sandbox::http::responses::{HttpAnswer, json, refusal};
use crate::sandbox::http::server::Query;
use crate::sandbox::state::departments::Departments;
use crate::sandbox::state::interaction::{Remarks, State};
use crate::sandbox::state::state::Service;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

pub(crate) const HEALTH: &str = "/sandbox/health";
pub(crate) const TRANSCRIPT: &str = "/sandbox/transcript";
pub(crate) const INTERACTIONS: &str = "/sandbox/interactions";
pub(crate) const RESET: &str = "/sandbox/reset";
pub(crate) const AGENTS: &str = "/sandbox/agents";
pub(crate) const CUSTOMERS: &str = "/sandbox/customers";

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

pub(crate) fn restart(service: &Arc<Service>) -> HttpAnswer {
    service.restart();
    json(
        200,
        &json!({ "message": "everything is as when the sandbox started", "status": 200 }),
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
