//! The portal's page Menu > Settings > Integrations > ClientSDK: where an operator generates tokens and sets the
//! webhook URL of each. Over HTTP: `POST …/tokens`, `PUT …/webhook` and `GET …/webhook?token=`. And the page where a bot's
//! endpoint is registered: `PUT …/bot`.

use crate::sandbox::customers::customer_action::Rejection;
use crate::sandbox::dialects::request_fields::Fields;
use crate::sandbox::http::responses::{HttpAnswer, json, refusal};
use crate::sandbox::http::server::Query;
use crate::sandbox::http::webhook::Webhook;
use crate::sandbox::json_object::{NotAnObject, Object};
use crate::sandbox::state::ids::new_token;
use crate::sandbox::state::state::Service;
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::Arc;

pub(crate) const TOKENS: &str = "/portal/settings/integrations/clientsdk/tokens";
pub(crate) const BOT: &str = "/portal/settings/integrations/bot";
pub(crate) const WEBHOOK: &str = "/portal/settings/integrations/clientsdk/webhook";

/// The tokens, numbered from 0, and the webhook of each.
#[derive(Clone, Default)]
pub(crate) struct Portal {
    numbers: HashMap<String, usize>,
    webhooks: Vec<Option<Webhook>>,
    /// The external bots: of a token and a department, or of all its departments that have none of their own.
    bots: HashMap<(usize, Option<String>), Webhook>,
}

impl Portal {
    pub fn add(&mut self, token: String) -> usize {
        let number = self.webhooks.len();
        self.numbers.insert(token, number);
        self.webhooks.push(None);
        number
    }

    pub fn number(&self, token: &str) -> Option<usize> {
        self.numbers.get(token).copied()
    }

    pub fn webhook(&self, number: usize) -> Option<&Webhook> {
        self.webhooks.get(number).and_then(Option::as_ref)
    }

    /// The endpoint of the bot that serves new interactions of this department.
    pub fn bot(&self, token: usize, department_id: &str) -> Option<&Webhook> {
        let own = self.bots.get(&(token, Some(department_id.to_owned())));
        own.or_else(|| self.bots.get(&(token, None)))
    }

    /// Registers a bot, or with `None` takes it away.
    pub fn set_bot(&mut self, token: usize, department_id: Option<String>, bot: Option<Webhook>) {
        match bot {
            Some(bot) => self.bots.insert((token, department_id), bot),
            None => self.bots.remove(&(token, department_id)),
        };
    }

    pub fn set_webhook(&mut self, number: usize, webhook: Webhook) {
        if let Some(place) = self.webhooks.get_mut(number) {
            *place = Some(webhook);
        }
    }
}

pub(crate) fn generate_token(service: &Service) -> HttpAnswer {
    match new_token() {
        Ok(token) => {
            service.desk().portal.add(token.clone());
            json(201, &json!({ "token": token }))
        }
        Err(error) => refusal(500, &error.to_string()),
    }
}

pub(crate) fn set_webhook(service: &Service, body: &[u8]) -> HttpAnswer {
    match read_and_set(service, body) {
        Ok(url) => json(200, &json!({ "url": url })),
        Err(rejection) => refusal(rejection.status, &rejection.message),
    }
}

fn read_and_set(service: &Service, body: &[u8]) -> Result<String, Rejection> {
    let object = read_object(body)?;
    let fields = Fields::of(&object);
    let (token, url) = (fields.text("token")?, fields.text("url")?);
    if object.names().count() > 2 {
        return Err(Rejection::new(
            422,
            "unknown field; expected token and url only",
        ));
    }
    let webhook = Webhook::parse(&url).map_err(|error| Rejection::new(422, error))?;
    let mut desk = service.desk();
    let number = desk.portal.number(&token).ok_or_else(unknown_token)?;
    desk.portal.set_webhook(number, webhook);
    Ok(url)
}

/// Registers a bot's endpoint: `{"token": …, "url": …}` for all departments, with `department_id` for one; `null` as the
/// URL takes it away.
pub(crate) fn set_bot(service: &Arc<Service>, body: &[u8]) -> HttpAnswer {
    match read_bot(service, body) {
        Ok(url) => json(200, &json!({ "url": url })),
        Err(rejection) => refusal(rejection.status, &rejection.message),
    }
}

fn read_bot(service: &Arc<Service>, body: &[u8]) -> Result<Option<String>, Rejection> {
    let object = read_object(body)?;
    let fields = Fields::of(&object);
    let token = fields.text("token")?;
    fields.only("bot", &["token", "url", "department_id"])?;
    let url = match object.get("url").map(RawValue::get) {
        Some("null") => None,
        _ => Some(fields.text("url")?),
    };
    let department_id = fields.optional_number("department_id")?;
    let bot = url.as_deref().map(Webhook::parse).transpose();
    let bot = bot.map_err(|error| Rejection::new(422, error))?;
    let number = service
        .desk()
        .portal
        .number(&token)
        .ok_or_else(unknown_token)?;
    service.register_bot(number, department_id, bot);
    Ok(url)
}

pub(crate) fn show_webhook(service: &Service, query: &Query) -> HttpAnswer {
    let Some(token) = query.get("token") else {
        return refusal(422, "token is missing; expected ?token=TOKEN");
    };
    let desk = service.desk();
    match desk.portal.number(token) {
        Some(number) => json(
            200,
            &json!({ "url": desk.portal.webhook(number).map(Webhook::as_str) }),
        ),
        None => refusal(404, &unknown_token().message),
    }
}

/// The JSON object of the portal's and the sandbox's own requests.
pub(crate) fn read_object(body: &[u8]) -> Result<Object, Rejection> {
    Object::read(body).map_err(|error| {
        let message = match error {
            NotAnObject::NotJson(why) => format!("the body is no JSON: {why}"),
            NotAnObject::OtherJson => "the body is JSON, but no object".to_owned(),
            NotAnObject::RepeatedField(_) => "a field is there twice".to_owned(),
        };
        Rejection::new(422, message)
    })
}

pub(crate) fn unknown_token() -> Rejection {
    Rejection::new(
        404,
        "the token is unknown; expected one that the portal generated",
    )
}
