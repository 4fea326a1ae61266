//! The dialect `interactions`, which the service speaks today: a URL for each request, and an interaction that is known by
//! the service's hash. The customer's id travels in `extra`.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::wire::body;
use crate::wire::body::charset::Charset;
use crate::wire::body::lenient_json;
use crate::wire::dialects::external_bot;
use crate::wire::dialects::external_bot::Said;
use crate::wire::dialects::rest;
use crate::wire::json::json_object::JsonObject;
use crate::wire::json::json_value::{id, number_or_text, text};
use crate::wire::requests::extra::Returned;
use crate::wire::requests::http_request::part;
use crate::wire::{
    Address, Body, Customer, Details, Extra, HttpRequest, Kind, Media, MediaKind, Message, Method,
    Mood, Redacted, Request, Start, Trigger, Unreadable, Update,
};

/// Where the service listens.
pub const BASE_URL: &str = "https://zchat.zenvia.io";

/// A request as HTTP has it, for the interaction of this hash; `None` where the request needs the hash and it is not known.
pub fn encode(
    token: &Redacted,
    address: &Address,
    hash: Option<&str>,
    request: &Request,
) -> Option<HttpRequest> {
    let of_interaction = |method, tail: &str, fields: &Fields| {
        let hash = hash?;
        let path = format!("/core/api/v1/interactions/{}{tail}", part(hash));
        Some(call(method, path, fields))
    };
    let mut fields = Fields {
        token: Some(token),
        ..Fields::default()
    };
    match request {
        Request::Start(start) => {
            fields.department_id = Some(number_or_text(&address.department));
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
            fields.department_id = Some(number_or_text(&address.department));
            fields.written(&whatsapp.message);
            fields.start(&whatsapp.start, address);
            let customer = fields.customer.get_or_insert_default();
            customer.external_id = Some(&whatsapp.external_id);
            Some(call(Method::Post, "/core/api/v1/whatsapp", &fields))
        }
        Request::OffHours(off_hours) => {
            fields.department_id = Some(number_or_text(&address.department));
            fields.written(&off_hours.message);
            fields.customer = WrittenCustomer::of(&off_hours.customer);
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
        // No key is anything but a string, and what is raw in them was read as JSON.
        body: Body(
            serde_json::to_vec(fields).expect("strings, numbers and lists of them are JSON"),
        ),
    }
}

fn get(path: &'static str, token: &Redacted, department: Option<&str>) -> HttpRequest {
    let token = part(token.expose());
    let query = match department {
        Some(department) => format!("token={token}&department_id={}", part(department)),
        None => format!("token={token}"),
    };
    HttpRequest {
        method: Method::Get,
        path: path.into(),
        query: Some(query.into()),
        body: Body::default(),
    }
}

/// What a request says; each field is sent where it is there.
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
    customer: Option<WrittenCustomer<'a>>,
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
        self.customer = WrittenCustomer::of(&start.customer);
        self.extra = Some(Extra::sent(
            start.extra.as_ref(),
            &address.client_id,
            start.bot_id.as_deref(),
        ));
        self.external_history = start.external_history.as_ref();
    }

    /// A message outside an interaction names its type otherwise.
    fn written(&mut self, message: &'a Message) {
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
struct WrittenCustomer<'a> {
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

impl<'a> WrittenCustomer<'a> {
    /// The customer, of whom something is known.
    fn of(customer: &'a Customer) -> Option<Self> {
        customer.given().next()?;
        Some(WrittenCustomer {
            external_id: None,
            name: customer.name.as_ref(),
            email: customer.email.as_ref(),
            phone: customer.phone.as_ref(),
            cpf: customer.cpf.as_ref(),
        })
    }
}

/// Reads a trigger from the body that the service posted. `content_type` is consulted for its charset alone.
///
/// The customer's id is empty where `extra` does not bring it back; who knows the hash knows the customer.
pub fn decode(raw: Arc<[u8]>, content_type: Option<&str>) -> Result<Trigger, Unreadable> {
    let label = content_type.and_then(Charset::of_content_type);
    let body::Text { text, replaced } = body::text(&raw, label);
    let said = lenient_json::read(&text, |json| JsonObject::read(json)?.said())
        .map_err(|error| rest::unreadable(&error))?;
    let is_known = !said.client_id.is_empty()
        || said.details.interaction_hash.is_some()
        || said.details.external_id.is_some();
    if !is_known {
        return Err(Unreadable::NoClientId);
    }
    Ok(Trigger {
        kind: said.kind,
        client_id: said.client_id,
        text: said.text,
        replaced,
        raw,
        details: Some(Box::new(said.details)),
    })
}

/// What a trigger says.
struct Spoken {
    kind: Kind,
    client_id: String,
    text: Option<String>,
    details: Details,
}

impl JsonObject<'_> {
    fn said(&self) -> serde_json::Result<Spoken> {
        let hash = self.id("interaction_hash")?;
        let (state, kind) = (self.text("state")?, self.text("type")?);
        let returned = self.get("extra").map(Returned::read).unwrap_or_default();
        let of = |value: &Option<Box<RawValue>>| {
            value.as_deref().map_or(Ok(None), id::<serde_json::Error>)
        };
        let agent = self.within("agent");
        let agent = |key| agent.as_ref().map_or(Ok(None), |agent| agent.id(key));
        let mut said = Spoken {
            kind: state.as_deref().map_or(Kind::Unknown, kind_of),
            client_id: of(&returned.client_id)?.unwrap_or_default(),
            text: None,
            details: Details {
                position: self
                    .id("position")?
                    .and_then(|position| position.parse().ok()),
                department: self.id("department_id")?,
                agent_id: agent("id")?,
                agent_name: agent("name")?.map(Redacted::from),
                interaction_hash: hash,
                external_id: self.id("external_id")?.map(Redacted::from),
                bot_id: of(&returned.bot_id)?,
                extra: returned.own,
                ..Details::default()
            },
        };
        match (self.get("message"), kind, state) {
            (Some(message), ..) => self.message(message, &mut said)?,
            (None, Some(kind), None) => self.to_a_bot(&kind, &mut said)?,
            _ => {}
        }
        Ok(said)
    }

    /// The agent's message, an object or a mere text.
    fn message(&self, message: &RawValue, said: &mut Spoken) -> serde_json::Result<()> {
        if let Some(text) = text(message)? {
            said.kind = Kind::Message;
            said.text = Some(text);
        } else if let Ok(message) = JsonObject::read(message.get()) {
            said.kind = Kind::Message;
            said.text = Some(message.text("content")?.unwrap_or_default());
            said.details.message_hash = message.id("hash")?;
            let kind = message.text("type")?;
            let kind = kind.as_deref().and_then(MediaKind::named);
            let url = message.text("url")?;
            said.details.media = kind.map(|kind| Media {
                kind,
                url: url.unwrap_or_default().into(),
            });
        }
        Ok(())
    }

    /// What is said to an external bot, whose interaction goes by its hash alone.
    fn to_a_bot(&self, kind: &str, said: &mut Spoken) -> serde_json::Result<()> {
        let content_type = self.text("content_type")?;
        said.client_id = said.details.interaction_hash.clone().unwrap_or_default();
        said.kind = match external_bot::read(kind, content_type.as_deref()) {
            Said::NewInteraction => Kind::NewInteraction,
            Said::Finished => Kind::Finish,
            Said::Unknown => Kind::Unknown,
            Said::NewMessage(media) => {
                let content = self.text("content")?.unwrap_or_default();
                // The page names no place for the address but the content.
                let url = self.text("url")?.unwrap_or_else(|| content.clone());
                said.details.media = media.map(|kind| Media {
                    kind,
                    url: url.into(),
                });
                said.text = Some(content);
                Kind::Message
            }
        };
        Ok(())
    }
}

fn kind_of(state: &str) -> Kind {
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
