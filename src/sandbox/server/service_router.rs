//! Routes the requests of the chat API to their dialect, and records them.

use crate::sandbox::dialects::bot::{self, BotEndpoint};
use crate::sandbox::dialects::interactions::{self, InteractionsEndpoint};
use crate::sandbox::dialects::parsed_request::{Acceptance, ParsedRequest, RequestSubject};
use crate::sandbox::dialects::{gateway, rest};
use crate::sandbox::http::query::Query;
use crate::sandbox::http::request_body::{MAX_BODY_BYTES, RequestBody};
use crate::sandbox::http::responses::{HttpResponse, ResponseFormat, json_response};
use crate::sandbox::json::json_object::{JsonObject, JsonObjectError};
use crate::sandbox::json::rejection::Rejection;
use crate::sandbox::model::dialect::{Dialect, GATEWAY_PATH, REST_PATH};
use crate::sandbox::state::faults::Fault;
use crate::sandbox::state::sandbox_state::SandboxState;
use crate::sandbox::state::simulated_service::SimulatedService;
use crate::sandbox::state::transcript::{BOT_DIALECT, RequestRecord};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use hyper::{Method, StatusCode};
use std::sync::Arc;

/// A path of the chat API.
enum Endpoint<'a> {
    Rest,
    Gateway,
    Interactions(InteractionsEndpoint<'a>),
    Bot(BotEndpoint<'a>),
}

impl Endpoint<'_> {
    fn for_path(path: &str) -> Option<Endpoint<'_>> {
        match path {
            REST_PATH => Some(Endpoint::Rest),
            GATEWAY_PATH => Some(Endpoint::Gateway),
            _ => InteractionsEndpoint::for_path(path)
                .map(Endpoint::Interactions)
                .or_else(|| BotEndpoint::for_path(path).map(Endpoint::Bot)),
        }
    }

    /// Returns the name of the dialect for the transcript.
    fn dialect(&self) -> &'static str {
        match self {
            Endpoint::Rest => Dialect::Rest.name(),
            Endpoint::Gateway => Dialect::Gateway.name(),
            Endpoint::Interactions(_) => Dialect::Interactions.name(),
            Endpoint::Bot(_) => BOT_DIALECT,
        }
    }

    /// Returns the only accepted method.
    fn method(&self) -> Method {
        match self {
            Endpoint::Rest | Endpoint::Gateway => Method::POST,
            Endpoint::Interactions(endpoint) => endpoint.method(),
            Endpoint::Bot(endpoint) => endpoint.method(),
        }
    }

    /// Returns the kind of the request for the transcript, or `None` if it is unreadable.
    fn kind(&self, request: &ParsedRequest) -> Option<&'static str> {
        match self {
            Endpoint::Rest => rest::kind(&request.fields().ok()?),
            Endpoint::Gateway => gateway::kind(&request.fields().ok()?),
            Endpoint::Interactions(endpoint) => Some(endpoint.kind()),
            Endpoint::Bot(endpoint) => Some(endpoint.kind()),
        }
    }

    fn dispatch(
        &self,
        service: &Arc<SimulatedService>,
        state: &mut SandboxState,
        request: &ParsedRequest,
        subject: &mut RequestSubject,
    ) -> Result<Acceptance, Rejection> {
        match self {
            Endpoint::Rest => rest::handle(service, state, request),
            Endpoint::Gateway => gateway::handle(service, state, request, subject),
            Endpoint::Interactions(endpoint) => {
                interactions::handle(service, state, endpoint, request, subject)
            }
            Endpoint::Bot(endpoint) => bot::handle(service, state, endpoint, request, subject),
        }
    }

    fn rejection_response(&self, format: ResponseFormat, rejection: &Rejection) -> HttpResponse {
        match (self, format) {
            // A body that is not JSON has status 400 in every format.
            _ if rejection.status == 400 => format.message(400, &rejection.message),
            (Endpoint::Interactions(endpoint), ResponseFormat::Json)
                if endpoint.rejects_with_success_false() =>
            {
                ResponseFormat::SuccessFalse.rejection(rejection)
            }
            _ => format.rejection(rejection),
        }
    }
}

/// The response, absent if a fault closes the connection, and the error for the transcript.
struct HandledRequest {
    response: Option<HttpResponse>,
    error: Option<String>,
}

/// Handles a request and records it in the transcript. Returns `None` if a fault closes the connection.
pub(crate) fn handle(
    service: &Arc<SimulatedService>,
    path: &str,
    method: &Method,
    headers: &HeaderMap,
    query: &Query,
    body: &RequestBody,
) -> Option<HttpResponse> {
    let endpoint = Endpoint::for_path(path);
    let expects_query = endpoint
        .as_ref()
        .is_some_and(|endpoint| endpoint.method() == Method::GET);
    let object = match body {
        _ if expects_query => JsonObject::from_query(query.pairs()),
        RequestBody::Complete(bytes) => JsonObject::parse(bytes),
        RequestBody::TooLarge => Err(JsonObjectError::NotAnObject),
    };
    let client_id = object
        .as_ref()
        .ok()
        .and_then(|object| object.text("clientId"));
    let request = ParsedRequest { object };
    let mut subject = RequestSubject {
        client_id,
        ..RequestSubject::default()
    };
    let mut state = service.lock();
    let handled = match check_http_request(endpoint.as_ref(), method, headers, body) {
        Ok(endpoint) => handle_at_endpoint(endpoint, service, &mut state, &request, &mut subject),
        Err(rejection) => HandledRequest {
            response: Some(
                service
                    .response_format
                    .message(rejection.status, &rejection.message),
            ),
            error: Some(rejection.message),
        },
    };
    state.transcript.record_request(RequestRecord {
        dialect: endpoint.as_ref().map(Endpoint::dialect),
        kind: subject.kind,
        client_id: subject.client_id,
        interaction_hash: subject.hash,
        body: request.object.ok().and_then(|object| object.redacted()),
        status: handled
            .response
            .as_ref()
            .map(|response| response.status().as_u16()),
        error: handled.error,
    });
    drop(state);
    handled
        .response
        .map(|response| with_allow_header(response, endpoint.as_ref()))
}

fn handle_at_endpoint(
    endpoint: &Endpoint,
    service: &Arc<SimulatedService>,
    state: &mut SandboxState,
    request: &ParsedRequest,
    subject: &mut RequestSubject,
) -> HandledRequest {
    let format = service.response_format;
    subject.kind = endpoint.kind(request);
    let fault = state.faults.take_matching(subject.kind);
    if let Some(fault) = fault.as_ref().filter(|fault| !fault.taken) {
        return handle_by_fault(fault, format);
    }
    match (endpoint.dispatch(service, state, request, subject), fault) {
        (Ok(_), Some(fault)) => handle_by_fault(&fault, format),
        (Ok(Acceptance::Message(message)), None) => HandledRequest {
            response: Some(format.message(200, &message)),
            error: None,
        },
        (Ok(Acceptance::Json(data)), None) => HandledRequest {
            response: Some(json_response(200, &data)),
            error: None,
        },
        (Err(rejection), _) => HandledRequest {
            response: Some(endpoint.rejection_response(format, &rejection)),
            error: Some(rejection.message),
        },
    }
}

fn handle_by_fault(fault: &Fault, format: ResponseFormat) -> HandledRequest {
    let response = fault.status.map(|status| {
        let mut response = format.message(status, "a fault that was set in the sandbox");
        if let Some(seconds) = fault.retry_after {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    });
    HandledRequest {
        response,
        error: Some(fault.description()),
    }
}

fn with_allow_header(mut response: HttpResponse, endpoint: Option<&Endpoint>) -> HttpResponse {
    if let (StatusCode::METHOD_NOT_ALLOWED, Some(endpoint)) = (response.status(), endpoint)
        && let Ok(allow) = HeaderValue::from_str(endpoint.method().as_str())
    {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}

/// Checks path, method, media type and size. Returns the endpoint.
fn check_http_request<'a>(
    endpoint: Option<&'a Endpoint<'a>>,
    method: &Method,
    headers: &HeaderMap,
    body: &RequestBody,
) -> Result<&'a Endpoint<'a>, Rejection> {
    let Some(endpoint) = endpoint else {
        return Err(Rejection::new(
            404,
            format!(
                "the path is unknown; expected {REST_PATH}, {GATEWAY_PATH}, or a path under /core/api/v1 or /api/external"
            ),
        ));
    };
    let expected = endpoint.method();
    if *method != expected {
        return Err(Rejection::new(
            405,
            format!("method {method} is not allowed; expected {expected}"),
        ));
    }
    if expected == Method::GET {
        return Ok(endpoint);
    }
    if !headers.get(CONTENT_TYPE).is_some_and(is_json) {
        return Err(Rejection::new(
            415,
            "Content-Type is missing or different; expected application/json in UTF-8",
        ));
    }
    match body {
        RequestBody::Complete(_) => Ok(endpoint),
        RequestBody::TooLarge => Err(Rejection::new(
            413,
            format!("the body is larger than {MAX_BODY_BYTES} bytes"),
        )),
    }
}

/// Returns true for `application/json`, with or without `charset=utf-8`.
fn is_json(content_type: &HeaderValue) -> bool {
    let Ok(text) = content_type.to_str() else {
        return false;
    };
    let mut parts = text.split(';').map(str::trim);
    parts
        .next()
        .is_some_and(|media| media.eq_ignore_ascii_case("application/json"))
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) => {
                name.eq_ignore_ascii_case("charset")
                    && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            None => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_in_utf_8_is_an_accepted_content_type() {
        for accepted in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json;charset=\"utf-8\"",
        ] {
            assert!(is_json(&HeaderValue::from_static(accepted)), "{accepted}");
        }
        for rejected in [
            "text/json",
            "application/json; charset=latin1",
            "application/json; x",
            "application/json-patch",
        ] {
            assert!(!is_json(&HeaderValue::from_static(rejected)), "{rejected}");
        }
    }
}
