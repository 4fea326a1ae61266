//! The portal's page Menu > Settings > Integrations > ClientSDK, over HTTP.
//!
//! - `POST …/clientsdk/tokens` generates a token.
//! - `PUT …/clientsdk/webhook` sets the webhook URL of a token; `GET …/clientsdk/webhook?token=` returns it.
//! - `PUT …/bot` with `{"token": …, "url": …}` registers a bot for all departments, or with `department_id` for one. The
//!   URL `null` removes the bot.

use crate::sandbox::control::request_parser::{parse_object, unknown_token};
use crate::sandbox::http::query::Query;
use crate::sandbox::http::responses::{
    HttpResponse, error_response, json_response, rejection_response,
};
use crate::sandbox::http::webhook_url::WebhookUrl;
use crate::sandbox::json::field_reader::FieldReader;
use crate::sandbox::json::rejection::Rejection;
use crate::sandbox::model::ids::new_token;
use crate::sandbox::state::simulated_service::SimulatedService;
use serde_json::json;
use serde_json::value::RawValue;
use std::sync::Arc;

pub(crate) const TOKENS: &str = "/portal/settings/integrations/clientsdk/tokens";
pub(crate) const BOT: &str = "/portal/settings/integrations/bot";
pub(crate) const WEBHOOK: &str = "/portal/settings/integrations/clientsdk/webhook";

pub(crate) fn generate_token(service: &SimulatedService) -> HttpResponse {
    match new_token() {
        Ok(token) => {
            service.lock().portal.add_token(token.clone());
            json_response(201, &json!({ "token": token }))
        }
        Err(error) => error_response(500, &error.to_string()),
    }
}

pub(crate) fn set_webhook(service: &SimulatedService, body: &[u8]) -> HttpResponse {
    match apply_webhook(service, body) {
        Ok(url) => json_response(200, &json!({ "url": url })),
        Err(rejection) => rejection_response(&rejection),
    }
}

fn apply_webhook(service: &SimulatedService, body: &[u8]) -> Result<String, Rejection> {
    let object = parse_object(body)?;
    let fields = FieldReader::new(&object);
    let (token, url) = (fields.text("token")?, fields.text("url")?);
    if object.names().count() > 2 {
        return Err(Rejection::unprocessable(
            "unknown field; expected token and url only",
        ));
    }
    let webhook = WebhookUrl::parse(&url).map_err(Rejection::unprocessable)?;
    let mut state = service.lock();
    let number = state
        .portal
        .token_number(&token)
        .ok_or_else(unknown_token)?;
    state.portal.set_webhook(number, webhook);
    Ok(url)
}

pub(crate) fn set_bot(service: &Arc<SimulatedService>, body: &[u8]) -> HttpResponse {
    match apply_bot(service, body) {
        Ok(url) => json_response(200, &json!({ "url": url })),
        Err(rejection) => rejection_response(&rejection),
    }
}

fn apply_bot(service: &Arc<SimulatedService>, body: &[u8]) -> Result<Option<String>, Rejection> {
    let object = parse_object(body)?;
    let fields = FieldReader::new(&object);
    let token = fields.text("token")?;
    fields.allow_only("bot", &["token", "url", "department_id"])?;
    let url = match object.get("url").map(RawValue::get) {
        Some("null") => None,
        _ => Some(fields.text("url")?),
    };
    let department_id = fields.optional_number("department_id")?;
    let bot = url.as_deref().map(WebhookUrl::parse).transpose();
    let bot = bot.map_err(Rejection::unprocessable)?;
    let number = service
        .lock()
        .portal
        .token_number(&token)
        .ok_or_else(unknown_token)?;
    service.register_bot(number, department_id, bot);
    Ok(url)
}

pub(crate) fn get_webhook(service: &SimulatedService, query: &Query) -> HttpResponse {
    let Some(token) = query.get("token") else {
        return error_response(422, "token is missing; expected ?token=TOKEN");
    };
    let state = service.lock();
    match state.portal.token_number(token) {
        Some(number) => {
            let url = state.portal.webhook(number).map(WebhookUrl::as_str);
            json_response(200, &json!({ "url": url }))
        }
        None => rejection_response(&unknown_token()),
    }
}
