//! The control API. The real service does not have it.
//!
//! - `GET /sandbox/health`
//! - `GET /sandbox/transcript?after=N&wait=MS` returns the entries after `N`. With `wait`, it blocks until an entry exists
//!   and every trigger has its result, at most for that time.
//! - `DELETE /sandbox/transcript` removes transcript, interactions and faults. Tokens, webhooks, bots and agents remain.
//! - `POST /sandbox/reset` restores the state at the start of the sandbox: transcript, interactions, faults, agents,
//!   customers, bots, webhooks and tokens.
//! - `GET /sandbox/interactions`
//! - `PUT /sandbox/agents` with `{DEPARTMENT: AGENT, …}` replaces the agents for all later requests, including those of
//!   open interactions. `*` is the agent of all other departments. An agent is the name of a built-in one or a scenario.
//! - `DELETE /sandbox/agents` restores the agents of the options.
//! - `POST /sandbox/customers` with `{"token": …, "script": {…}}` starts a scripted customer and returns its
//!   `interaction_hash`.
//! - `GET /sandbox/customers?wait=MS` returns a report for each customer. With `wait`, it blocks until all scripts have
//!   ended, at most for that time.

use crate::sandbox::control::request_parser::{parse_object, unknown_token};
use crate::sandbox::customers::customer_report::CustomerReport;
use crate::sandbox::http::query::Query;
use crate::sandbox::http::responses::{
    HttpResponse, error_response, json_response, rejection_response,
};
use crate::sandbox::json::field_reader::FieldReader;
use crate::sandbox::json::rejection::Rejection;
use crate::sandbox::model::dialect::Dialect;
use crate::sandbox::scripts::customer_script::CustomerScript;
use crate::sandbox::scripts::departments::Departments;
use crate::sandbox::state::interaction::{InteractionState, InteractionUpdate};
use crate::sandbox::state::simulated_service::SimulatedService;
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

const MAX_WAIT_MS: u64 = 60_000;

pub(crate) fn health() -> HttpResponse {
    json_response(200, &json!({ "status": "ok" }))
}

pub(crate) async fn get_transcript(service: &SimulatedService, query: &Query) -> HttpResponse {
    let (after, deadline) = match (query.number("after"), wait_deadline(query)) {
        (Ok(after), Ok(deadline)) => (after.unwrap_or(0), deadline),
        (Err(error), _) | (_, Err(error)) => return error_response(422, &error),
    };
    let mut changes = service.lock().transcript.subscribe();
    loop {
        {
            let state = service.lock();
            let entries = state.transcript.entries_after(after);
            let is_complete = !entries.is_empty() && state.transcript.is_complete(after);
            if is_complete || Instant::now() >= deadline {
                return json_response(200, &entries);
            }
        }
        // The loop checks both results: a change and the timeout.
        let _ = timeout_at(deadline, changes.changed()).await;
    }
}

pub(crate) fn reset(service: &SimulatedService) -> HttpResponse {
    service.lock().reset();
    json_response(
        200,
        &json!({ "message": "transcript and interactions are removed", "status": 200 }),
    )
}

pub(crate) fn restore_initial_state(service: &Arc<SimulatedService>) -> HttpResponse {
    service.restore_initial_state();
    json_response(
        200,
        &json!({ "message": "the state at the start of the sandbox is restored", "status": 200 }),
    )
}

pub(crate) fn get_interactions(service: &SimulatedService) -> HttpResponse {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct InteractionView<'a> {
        client_id: Option<&'a str>,
        department_id: &'a str,
        state: InteractionState,
        dialect: Dialect,
        interaction_hash: &'a str,
        /// The department whose agent serves the interaction now, if it is not the department of the start.
        #[serde(skip_serializing_if = "Option::is_none")]
        served_by: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        external_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        media_type: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        external_history: Option<&'a str>,
        #[serde(flatten)]
        update_data: &'a InteractionUpdate,
        /// The number of the interaction's token in the portal, counted from 1.
        token_number: usize,
    }
    let state = service.lock();
    let mut interactions: Vec<_> = state.interactions.iter().collect();
    interactions.sort_by_key(|(_, interaction)| interaction.sequence);
    let views: Vec<_> = interactions
        .into_iter()
        .map(|(key, interaction)| InteractionView {
            client_id: interaction.start_data.client_id.as_deref(),
            department_id: &interaction.department_id,
            state: interaction.state,
            dialect: key.dialect,
            interaction_hash: &interaction.hash,
            served_by: Some(interaction.serving_department_id.as_str())
                .filter(|department| *department != interaction.department_id),
            external_id: interaction.start_data.external_id.as_deref(),
            media_type: interaction.start_data.media_type,
            external_history: interaction.start_data.external_history.as_deref(),
            update_data: &interaction.update_data,
            token_number: key.token + 1,
        })
        .collect();
    json_response(200, &views)
}

pub(crate) fn set_agents(service: &SimulatedService, body: &[u8]) -> HttpResponse {
    let agents = parse_object(body).and_then(|object| {
        Departments::parse(&object).map_err(|error| Rejection::unprocessable(error.to_string()))
    });
    match agents {
        Ok(agents) => {
            service.set_agents(Some(agents));
            json_response(
                200,
                &json!({ "message": "the agents are replaced", "status": 200 }),
            )
        }
        Err(rejection) => rejection_response(&rejection),
    }
}

pub(crate) fn restore_agents(service: &SimulatedService) -> HttpResponse {
    service.set_agents(None);
    json_response(
        200,
        &json!({ "message": "the agents of the options are restored", "status": 200 }),
    )
}

pub(crate) fn start_customer(service: &Arc<SimulatedService>, body: &[u8]) -> HttpResponse {
    match parse_and_start_customer(service, body) {
        Ok(hash) => json_response(200, &json!({ "interaction_hash": hash })),
        Err(rejection) => rejection_response(&rejection),
    }
}

fn parse_and_start_customer(
    service: &Arc<SimulatedService>,
    body: &[u8],
) -> Result<String, Rejection> {
    let object = parse_object(body)?;
    let fields = FieldReader::new(&object);
    let token = fields.text("token")?;
    fields.allow_only("customer", &["token", "script"])?;
    let (_, script) = fields.object("script")?;
    let script = CustomerScript::parse(script.get().as_bytes())
        .map_err(|error| Rejection::unprocessable(format!("script: {error}")))?;
    let number = service.lock().portal.token_number(&token);
    service.start_customer(number.ok_or_else(unknown_token)?, Arc::new(script))
}

pub(crate) async fn get_customers(service: &SimulatedService, query: &Query) -> HttpResponse {
    let deadline = match wait_deadline(query) {
        Ok(deadline) => deadline,
        Err(error) => return error_response(422, &error),
    };
    let mut changes = service.lock().transcript.subscribe();
    loop {
        let reports = service.customer_reports();
        let is_running = reports.iter().any(CustomerReport::is_running);
        if !is_running || Instant::now() >= deadline {
            return json_response(200, &reports);
        }
        // The loop checks both results: a change and the timeout.
        let _ = timeout_at(deadline, changes.changed()).await;
    }
}

/// Returns the end of the query's `wait`.
fn wait_deadline(query: &Query) -> Result<Instant, String> {
    let wait = query.number("wait")?.unwrap_or(0);
    if wait > MAX_WAIT_MS {
        return Err(format!(
            "wait is too long; expected at most {MAX_WAIT_MS} milliseconds"
        ));
    }
    Ok(Instant::now() + Duration::from_millis(wait))
}
