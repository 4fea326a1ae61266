//! The dialect `interactions`, the current one: a URL for each request, and interactions with a hash. The customer's id is
//! sent in the field `extra`.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::wire::body;
use crate::wire::body::charset::Charset;
use crate::wire::body::lenient_json;
use crate::wire::dialects::external_bot;
use crate::wire::dialects::external_bot::BotTrigger;
use crate::wire::dialects::rest;
use crate::wire::json::json_object::JsonObject;
use crate::wire::json::json_value::{number_or_string, parse_id, parse_string};
use crate::wire::requests::extra::ReturnedExtra;
use crate::wire::requests::http_request::percent_encode;
use crate::wire::{
    Address, Body, Customer, DecodeError, Details, Extra, HttpRequest, Kind, Media, MediaKind,
    Message, Method, Mood, Redacted, Request, Start, Trigger, Update,
};

/// The default URL of the service.
pub const BASE_URL: &str = "https://zchat.zenvia.io";

/// Encodes a request for the interaction with this hash. Returns `None` if the request needs a hash and has no hash.
pub fn encode(
    token: &Redacted,
    address: &Address,
    hash: Option<&str>,
    request: &Request,
) -> Option<HttpRequest> {
    let of_interaction = |method, tail: &str, fields: &Fields| {
        let hash = hash?;
        let path = format!("/core/api/v1/interactions/{}{tail}", percent_encode(hash));
        Some(call(method, path, fields))
    };
    let mut fields = Fields {
        token: Some(token),
        ..Fields::default()
    };
    match request {
        Request::Start(start) => {
            fields.department_id = Some(number_or_string(&address.department));
            fields.start(start, address);
            Some(call(Method::Post, "/core/api/v1/interactions", &fields))
        }
        Request::Message(message) => {
            fields.content = Some(&message.text);
            fields.kind = message.media.as_ref().map(|media| media.kind.name());
            fields.url = message.media.as_ref().map(|media| &media.url);
            of_interaction(Method::Post, "/messages", &fields)
        }
        Request::Typing | Request::Cleared | Request::Finish => {
            of_interaction(Method::Put, &format!("/{}", request.name()), &fields)
        }
        Request::Update(update) => {
            fields.update(update);
            of_interaction(Method::Put, "", &fields)
        }
        Request::WhatsApp(whatsapp) => {
            fields.department_id = Some(number_or_string(&address.department));
            fields.message(&whatsapp.message);
            fields.start(&whatsapp.start, address);
            let customer = fields.customer.get_or_insert_default();
            customer.external_id = Some(&whatsapp.external_id);
            Some(call(Method::Post, "/core/api/v1/whatsapp", &fields))
        }
        Request::OffHours(off_hours) => {
            fields.department_id = Some(number_or_string(&address.department));
            fields.message(&off_hours.message);
            fields.customer = CustomerFields::new(&off_hours.customer);
            Some(call(Method::Post, "/core/api/v1/offcontact", &fields))
        }
        Request::Departments => Some(get("/api/external/departments", token, None)),
        Request::OnlineAgents => Some(get(
            "/core/api/v1/agents/online",
            token,
            Some(&address.department),
        )),
        Request::Bot(request) => Some(external_bot::encode(token, &address.client_id, request)),
    }
}

fn call(
    method: Method,
    path: impl Into<std::borrow::Cow<'static, str>>,
    fields: &Fields,
) -> HttpRequest {
    HttpRequest {
        method,
        path: path.into(),
        query: None,
        // All keys are strings, and raw values were parsed as JSON.
        body: Body(
            serde_json::to_vec(fields).expect("strings, numbers and lists of them are JSON"),
        ),
    }
}

fn get(path: &'static str, token: &Redacted, department: Option<&str>) -> HttpRequest {
    let token = percent_encode(token.expose());
    let query = match department {
        Some(department) => format!("token={token}&department_id={}", percent_encode(department)),
        None => format!("token={token}"),
    };
    HttpRequest {
        method: Method::Get,
        path: path.into(),
        query: Some(query.into()),
        body: Body::default(),
    }
}

/// The JSON of a request. Unset fields are omitted.
#[derive(Default, Serialize)]
struct Fields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a Redacted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    department_id: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a Redacted>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a Redacted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<CustomerFields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_history: Option<&'a Redacted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mood: Option<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tag_ids: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_key: Option<&'a Redacted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a Redacted>,
}

impl<'a> Fields<'a> {
    fn start(&mut self, start: &'a Start, address: &Address) {
        self.media_type = start.media_type.as_deref();
        self.customer = CustomerFields::new(&start.customer);
        self.extra = Some(Extra::with_ids(
            start.extra.as_ref(),
            &address.client_id,
            start.bot_id.as_deref(),
        ));
        self.external_history = start.external_history.as_ref();
    }

    /// Sets a message without an interaction. Its type has another field name.
    fn message(&mut self, message: &'a Message) {
        self.content = Some(&message.text);
        self.content_type = Some(
            message
                .media
                .as_ref()
                .map_or("text", |media| media.kind.name()),
        );
        self.url = message.media.as_ref().map(|media| &media.url);
    }

    fn update(&mut self, update: &'a Update) {
        self.mood = update.mood.map(|mood| match mood {
            Mood::Positive => "POSITIVE",
            Mood::Negative => "NEGATIVE",
        });
        self.tag_ids = &update.tags;
        self.customer_key = update.customer_key.as_ref();
        self.note = update.note.as_ref();
    }
}

#[derive(Default, Serialize)]
struct CustomerFields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a Redacted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a Redacted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a Redacted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a Redacted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpf: Option<&'a Redacted>,
}

impl<'a> CustomerFields<'a> {
    /// Returns the fields of the customer, or `None` if all are unset.
    fn new(customer: &'a Customer) -> Option<Self> {
        customer.fields().next()?;
        Some(CustomerFields {
            external_id: None,
            name: customer.name.as_ref(),
            email: customer.email.as_ref(),
            phone: customer.phone.as_ref(),
            cpf: customer.cpf.as_ref(),
        })
    }
}

/// Decodes the body of a trigger. Only the charset of `content_type` is used.
///
/// The client id is empty if `extra` does not contain it. It can be found by the hash then.
pub fn decode(raw: Arc<[u8]>, content_type: Option<&str>) -> Result<Trigger, DecodeError> {
    let label = content_type.and_then(Charset::of_content_type);
    let body::DecodedText { text, replaced } = body::decode_text(&raw, label);
    let parsed = lenient_json::parse(&text, |json| parse_trigger(&JsonObject::parse(json)?))
        .map_err(|error| rest::decode_error(&error))?;
    let has_id = !parsed.client_id.is_empty()
        || parsed.details.interaction_hash.is_some()
        || parsed.details.external_id.is_some();
    if !has_id {
        return Err(DecodeError::NoClientId);
    }
    Ok(Trigger {
        kind: parsed.kind,
        client_id: parsed.client_id,
        text: parsed.text,
        replaced,
        raw,
        details: Some(Box::new(parsed.details)),
    })
}

/// The content of a trigger.
struct ParsedTrigger {
    kind: Kind,
    client_id: String,
    text: Option<String>,
    details: Details,
}

fn parse_trigger(object: &JsonObject) -> serde_json::Result<ParsedTrigger> {
    let hash = object.id("interaction_hash")?;
    let (state, kind) = (object.string("state")?, object.string("type")?);
    let returned = object
        .get("extra")
        .map(ReturnedExtra::parse)
        .unwrap_or_default();
    let optional_id = |value: &Option<Box<RawValue>>| {
        value
            .as_deref()
            .map_or(Ok(None), parse_id::<serde_json::Error>)
    };
    let agent = object.object("agent");
    let agent = |key| agent.as_ref().map_or(Ok(None), |agent| agent.id(key));
    let mut trigger = ParsedTrigger {
        kind: state.as_deref().map_or(Kind::Unknown, parse_state),
        client_id: optional_id(&returned.client_id)?.unwrap_or_default(),
        text: None,
        details: Details {
            position: object
                .id("position")?
                .and_then(|position| position.parse().ok()),
            department: object.id("department_id")?,
            agent_id: agent("id")?,
            agent_name: agent("name")?.map(Redacted::from),
            interaction_hash: hash,
            external_id: object.id("external_id")?.map(Redacted::from),
            bot_id: optional_id(&returned.bot_id)?,
            extra: returned.fields,
            ..Details::default()
        },
    };
    match (object.get("message"), kind, state) {
        (Some(message), ..) => parse_message(message, &mut trigger)?,
        (None, Some(kind), None) => parse_bot_trigger(object, &kind, &mut trigger)?,
        _ => {}
    }
    Ok(trigger)
}

/// Parses the agent's message, an object or a string.
fn parse_message(message: &RawValue, trigger: &mut ParsedTrigger) -> serde_json::Result<()> {
    if let Some(text) = parse_string(message)? {
        trigger.kind = Kind::Message;
        trigger.text = Some(text);
    } else if let Ok(message) = JsonObject::parse(message.get()) {
        trigger.kind = Kind::Message;
        trigger.text = Some(message.string("content")?.unwrap_or_default());
        trigger.details.message_hash = message.id("hash")?;
        let kind = message.string("type")?;
        let kind = kind.as_deref().and_then(MediaKind::from_name);
        let url = message.string("url")?;
        trigger.details.media = kind.map(|kind| Media {
            kind,
            url: url.unwrap_or_default().into(),
        });
    }
    Ok(())
}

/// Parses a trigger for an external bot. Such a trigger has a hash and no client id.
fn parse_bot_trigger(
    object: &JsonObject,
    kind: &str,
    trigger: &mut ParsedTrigger,
) -> serde_json::Result<()> {
    let content_type = object.string("content_type")?;
    trigger.client_id = trigger.details.interaction_hash.clone().unwrap_or_default();
    trigger.kind = match external_bot::parse_type(kind, content_type.as_deref()) {
        BotTrigger::NewInteraction => Kind::NewInteraction,
        BotTrigger::Finished => Kind::Finish,
        BotTrigger::Unknown => Kind::Unknown,
        BotTrigger::NewMessage(media) => {
            let content = object.string("content")?.unwrap_or_default();
            // The service's page has no other field for the URL.
            let url = object.string("url")?.unwrap_or_else(|| content.clone());
            trigger.details.media = media.map(|kind| Media {
                kind,
                url: url.into(),
            });
            trigger.text = Some(content);
            Kind::Message
        }
    };
    Ok(())
}

fn parse_state(state: &str) -> Kind {
    match state {
        "queued" => Kind::Queued,
        "accepted" => Kind::Accepted,
        "unavailable" => Kind::Unavailable,
        "finished" => Kind::Finish,
        "typing" => Kind::Typing,
        "cleared" => Kind::Cleared,
        "transferred" => Kind::Transferred,
        _ => Kind::Unknown,
    }
}
