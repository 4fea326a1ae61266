//! Routes the requests for the portal and for the control API.

use crate::sandbox::control::{control_api, faults_api, manual_agent, portal_api};
use crate::sandbox::http::query::Query;
use crate::sandbox::http::request_body::RequestBody;
use crate::sandbox::http::responses::{HttpResponse, error_response};
use crate::sandbox::state::simulated_service::SimulatedService;
use hyper::Method;
use hyper::header::{ALLOW, HeaderValue};
use std::sync::Arc;

/// Returns whether the path belongs to this router.
pub(crate) fn owns_path(path: &str) -> bool {
    path.starts_with("/portal/") || path.starts_with("/sandbox/")
}

pub(crate) async fn handle(
    service: &Arc<SimulatedService>,
    path: &str,
    method: &Method,
    query: &Query,
    body: RequestBody,
) -> HttpResponse {
    let RequestBody::Complete(body) = body else {
        return error_response(413, "the body is too large");
    };
    match (path, method) {
        (portal_api::TOKENS, &Method::POST) => portal_api::generate_token(service),
        (portal_api::WEBHOOK, &Method::PUT) => portal_api::set_webhook(service, &body),
        (portal_api::BOT, &Method::PUT) => portal_api::set_bot(service, &body),
        (portal_api::WEBHOOK, &Method::GET) => portal_api::get_webhook(service, query),
        (control_api::HEALTH, &Method::GET) => control_api::health(),
        (control_api::TRANSCRIPT, &Method::GET) => {
            control_api::get_transcript(service, query).await
        }
        (control_api::TRANSCRIPT, &Method::DELETE) => control_api::reset(service),
        (control_api::RESET, &Method::POST) => control_api::restore_initial_state(service),
        (control_api::INTERACTIONS, &Method::GET) => control_api::get_interactions(service),
        (control_api::AGENTS, &Method::PUT) => control_api::set_agents(service, &body),
        (control_api::AGENTS, &Method::DELETE) => control_api::restore_agents(service),
        (control_api::CUSTOMERS, &Method::POST) => control_api::start_customer(service, &body),
        (control_api::CUSTOMERS, &Method::GET) => control_api::get_customers(service, query).await,
        (faults_api::FAULTS, &Method::PUT) => faults_api::set_faults(service, &body),
        (faults_api::FAULTS, &Method::GET) => faults_api::get_faults(service),
        (faults_api::FAULTS, &Method::DELETE) => faults_api::clear_faults(service),
        (manual_agent::STEPS, &Method::POST) => manual_agent::run_steps(service, &body).await,
        (manual_agent::TRIGGER, &Method::POST) => manual_agent::send_trigger(service, &body).await,
        (path, _) => unmatched(path),
    }
}

/// Returns 405 with the allowed methods for a known path, otherwise 404.
fn unmatched(path: &str) -> HttpResponse {
    let allow = match path {
        portal_api::TOKENS | control_api::RESET | manual_agent::STEPS | manual_agent::TRIGGER => {
            "POST"
        }
        portal_api::WEBHOOK => "GET, PUT",
        portal_api::BOT => "PUT",
        control_api::HEALTH | control_api::INTERACTIONS => "GET",
        control_api::TRANSCRIPT => "GET, DELETE",
        control_api::CUSTOMERS => "GET, POST",
        control_api::AGENTS => "PUT, DELETE",
        faults_api::FAULTS => "GET, PUT, DELETE",
        _ => return error_response(404, "the path is unknown"),
    };
    let mut response = error_response(405, &format!("the method is not allowed; expected {allow}"));
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(allow));
    response
}
