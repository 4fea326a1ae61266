//! The dialect `interactions`, from 2018 on: `/core/api/v1/…` and `/api/external/departments`. Its ids are numbers and UUIDs, its requests have paths of
//! their own, and its triggers give back what the start had as `extra`.

use crate::sandbox::agents::scenario::Person;
use crate::sandbox::customers::customer_action::{CustomerRequest, Rejection, RequestKind};
use crate::sandbox::dialects::Dialect;
use crate::sandbox::dialects::contact;
use crate::sandbox::dialects::request_fields::{Fields, refuse};
use crate::sandbox::http::router::{Accepted, Asked, Subject};
use crate::sandbox::http::webhook::Payload;
use crate::sandbox::json_object::Object;
use crate::sandbox::lifecycle::{Opening, take};
use crate::sandbox::state::account;
use crate::sandbox::state::ids::new_hash;
use crate::sandbox::state::interaction::{About, Interaction, Key, Remarks, StateError};
use crate::sandbox::state::message::{Kind, Message};
use crate::sandbox::state::state::{SandboxState, Service};
use crate::sandbox::state::trigger::Trigger;
use hyper::Method;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::sync::Arc;

const ROOT: &str = "/core/api/v1/";
const DEPARTMENTS: &str = "/api/external/departments";
const MEDIA_TYPES: [&str; 3] = ["TEXT", "SMS", "WHATSAPP"];

/// A path of this dialect, with the hash in it.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    Start,
    Message(&'a str),
    /// Typing, cleared or finish.
    Sign(&'a str, CustomerRequest),
    Update(&'a str),
    Departments,
    AgentsOnline,
    OffHours,
    WhatsApp,
}

impl Place<'_> {
    pub fn at(path: &str) -> Option<Place<'_>> {
        if path == DEPARTMENTS {
            return Some(Place::Departments);
        }
        let parts: Vec<&str> = path.strip_prefix(ROOT)?.split('/').collect();
        match parts[..] {
            ["interactions"] => Some(Place::Start),
            ["interactions", hash, "messages"] => Some(Place::Message(hash)),
            ["interactions", hash, "typing"] => Some(Place::Sign(hash, CustomerRequest::Typing)),
            ["interactions", hash, "cleared"] => Some(Place::Sign(hash, CustomerRequest::Cleared)),
            ["interactions", hash, "finish"] => Some(Place::Sign(hash, CustomerRequest::Finish)),
            ["interactions", hash] if !hash.is_empty() => Some(Place::Update(hash)),
            ["agents", "online"] => Some(Place::AgentsOnline),
            ["offcontact"] => Some(Place::OffHours),
            ["whatsapp"] => Some(Place::WhatsApp),
            _ => None,
        }
    }

    pub fn method(&self) -> Method {
        match self {
            Place::Start | Place::Message(_) | Place::OffHours | Place::WhatsApp => Method::POST,
            Place::Sign(..) | Place::Update(_) => Method::PUT,
            Place::Departments | Place::AgentsOnline => Method::GET,
        }
    }

    /// Whether a refusal comes as `success: false` under HTTP 200. Some of the service's do, and no page says which:
    /// here those of the two contacts.
    pub fn hides_refusals(&self) -> bool {
        matches!(self, Place::OffHours | Place::WhatsApp)
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Place::Start => CustomerRequest::Start.name(),
            Place::Message(_) => CustomerRequest::Message.name(),
            Place::Sign(_, act) => act.name(),
            Place::Update(_) => "update",
            Place::Departments => "departments",
            Place::AgentsOnline => "agentsOnline",
            Place::OffHours => "offContact",
            Place::WhatsApp => "whatsApp",
        }
    }

    fn hash(&self) -> Option<&str> {
        match self {
            Place::Message(hash) | Place::Sign(hash, _) | Place::Update(hash) => Some(hash),
            _ => None,
        }
    }
}

pub(crate) fn answer(
    service: &Arc<Service>,
    desk: &mut SandboxState,
    place: &Place,
    asked: &Asked,
    subject: &mut Subject,
) -> Result<Accepted, Rejection> {
    subject.hash = place.hash().map(|hash| hash.chars().take(40).collect());
    subject.client_id = place.hash().and_then(|hash| desk.client_id_of(hash));
    let fields = asked.fields()?;
    let token = token_of(desk, &fields).map_err(|rejection| match place {
        // The external API has its own status for it.
        Place::Departments => Rejection::new(404, rejection.message),
        _ => rejection,
    })?;
    match place {
        Place::Start => start(service, desk, token, &fields, subject),
        Place::Message(hash) => {
            let message = read_message(&fields)?;
            let deed = RequestKind {
                act: CustomerRequest::Message,
                message: Some(message),
            };
            give(service, desk, token, hash, deed)
        }
        Place::Sign(hash, act) => {
            fields.only(act.name(), &["token"])?;
            give(service, desk, token, hash, RequestKind::silent(*act))
        }
        Place::Update(hash) => update(desk, token, hash, &fields),
        Place::Departments => {
            let only = fields.only("departments", &["token"]);
            only.map_err(|rejection| Rejection::new(404, rejection.message))?;
            Ok(Accepted::Data(account::departments(service, desk)))
        }
        Place::AgentsOnline => {
            fields.only("agents online", &["token", "department_id"])?;
            let wanted = fields.optional_text("department_id")?;
            let wanted = wanted.map(|id| department(service, id)).transpose()?;
            let online = account::agents_online(service, desk, wanted.as_deref());
            Ok(Accepted::Data(online))
        }
        Place::OffHours => contact::off_hours(service, desk, token, &fields, subject),
        Place::WhatsApp => contact::whatsapp(service, desk, token, &fields, subject),
    }
}

pub(crate) fn token_of(desk: &SandboxState, fields: &Fields) -> Result<usize, Rejection> {
    let token = desk.portal.number(&fields.text("token")?);
    token.ok_or_else(|| refuse("the token is unknown; expected one that the portal generated"))
}

fn start(
    service: &Arc<Service>,
    desk: &mut SandboxState,
    token: usize,
    fields: &Fields,
    subject: &mut Subject,
) -> Result<Accepted, Rejection> {
    fields.only(
        "start",
        &[
            "token",
            "department_id",
            "media_type",
            "customer",
            "extra",
            "external_history",
        ],
    )?;
    let department_id = department(service, fields.number("department_id")?)?;
    let department_id = service.open_department(department_id)?;
    let media_type = fields.optional_word("media_type", &MEDIA_TYPES)?;
    let external_history = fields.optional_url("external_history")?;
    let extra = fields.optional_object("extra")?;
    subject.client_id = extra.as_ref().and_then(|(extra, _)| extra.text("clientId"));
    let about = About {
        client_id: subject.client_id.clone(),
        customer_name: customer_name(fields)?,
        extra: extra.map(|(_, raw)| raw.to_owned()),
        media_type: Some(media_type.unwrap_or("TEXT")),
        external_history,
        ..About::default()
    };
    let hash = new_hash();
    subject.hash = Some(hash.clone());
    let key = Key {
        token,
        dialect: Dialect::Interactions,
        id: hash.clone(),
    };
    let opening = Opening {
        department_id,
        about,
    };
    take(
        service,
        desk,
        &key,
        RequestKind::silent(CustomerRequest::Start),
        Some(opening),
    )
    .map_err(|misfit| worded(&misfit))?;
    Ok(Accepted::Data(json!({
        "message": "start accepted",
        "data": { "interaction_hash": hash },
    })))
}

/// The department, which the account must have.
pub(crate) fn department(service: &Service, id: String) -> Result<String, Rejection> {
    if service.has_department(&id) {
        Ok(id)
    } else {
        Err(refuse(
            "department_id is unknown; expected one of the account's departments",
        ))
    }
}

fn customer_name(fields: &Fields) -> Result<Option<String>, Rejection> {
    let Some((customer, _)) = fields.optional_object("customer")? else {
        return Ok(None);
    };
    read_customer(&customer, &["name", "email", "phone", "cpf"])
}

/// Checks the customer's fields, each of which may be left out; returns the name.
pub(crate) fn read_customer(
    customer: &Object,
    known: &[&'static str],
) -> Result<Option<String>, Rejection> {
    let fields = Fields::inside(customer, "customer");
    fields.only("customer", known)?;
    for field in known {
        fields.optional_text(field)?;
    }
    fields.optional_text("name")
}

fn read_message(fields: &Fields) -> Result<Message, Rejection> {
    fields.only("message", &["token", "content", "type", "url"])?;
    message(fields, "type")
}

/// A message whose kind stands in the field `kind`.
pub(crate) fn message(fields: &Fields, kind: &str) -> Result<Message, Rejection> {
    let names = Kind::NAMES.map(|(name, _)| name);
    let name = fields.optional_word(kind, &names)?.unwrap_or("text");
    let kind = Kind::of(name).unwrap_or(Kind::Text);
    let url = fields.optional_url("url")?;
    match (kind, url) {
        (Kind::Text, Some(_)) => Err(refuse("url goes with image, video, audio and file only")),
        (Kind::Text, None) => fields.text("content").map(Message::text),
        (_, None) => Err(refuse(format!("url is missing; {name} needs it"))),
        (kind, url) => Ok(Message {
            kind,
            content: fields.words("content")?,
            url,
        }),
    }
}

fn give(
    service: &Arc<Service>,
    desk: &mut SandboxState,
    token: usize,
    hash: &str,
    deed: RequestKind,
) -> Result<Accepted, Rejection> {
    let act = deed.act;
    let key = Key {
        token,
        dialect: Dialect::Interactions,
        id: hash.to_owned(),
    };
    take(service, desk, &key, deed, None).map_err(|misfit| worded(&misfit))?;
    Ok(Accepted::Word(format!("{} accepted", act.name())))
}

fn update(
    desk: &mut SandboxState,
    token: usize,
    hash: &str,
    fields: &Fields,
) -> Result<Accepted, Rejection> {
    let known = ["token", "mood", "tag_ids", "customer_key", "note"];
    fields.only("update", &known)?;
    let remarks = Remarks {
        mood: fields.optional_word("mood", &["POSITIVE", "NEGATIVE"])?,
        tag_ids: fields.optional_texts("tag_ids")?,
        customer_key: fields.optional_uuid("customer_key")?,
        note: fields.optional_text("note")?,
    };
    let key = desk.hashes.get(hash).filter(|key| key.token == token);
    let key = key
        .filter(|key| key.dialect == Dialect::Interactions)
        .cloned();
    let interaction = key.and_then(|key| desk.interactions.get_mut(&key));
    // One that is finished takes it too: that is when an agent's mood is known.
    let interaction = interaction.ok_or_else(|| worded(&StateError::None))?;
    interaction.remarks.update(remarks);
    Ok(Accepted::Word("update accepted".to_owned()))
}

pub(crate) fn worded(misfit: &StateError) -> Rejection {
    refuse(match misfit {
        StateError::Open => "the interaction has begun already",
        StateError::None => "the interaction is unknown; expected the hash that a start answered",
        StateError::Finished => "the interaction is finished",
        StateError::OffHours => {
            "the interaction is an off-hours contact; nothing can be said in it"
        }
        StateError::Unavailable => "no agent was available; expected finish",
    })
}

impl SandboxState {
    /// The client id of the interaction that has this hash.
    pub fn client_id_of(&self, hash: &str) -> Option<String> {
        let interaction = self.interactions.get(self.hashes.get(hash)?)?;
        interaction.about.client_id.clone()
    }
}

/// The trigger in this dialect's form.
pub(crate) fn payload(trigger: &Trigger, interaction: &Interaction, agent: &Person) -> Payload {
    #[derive(Serialize)]
    struct Form<'a> {
        interaction_hash: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        position: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        department_id: Option<&'a RawValue>,
        /// On a transfer always, if only as null.
        #[serde(skip_serializing_if = "Option::is_none")]
        external_id: Option<Option<&'a str>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<Said<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        agent: Option<Speaker<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        extra: Option<&'a RawValue>,
    }
    #[derive(Serialize)]
    struct Speaker<'a> {
        id: u64,
        name: &'a str,
    }
    #[derive(Serialize)]
    struct Said<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        hash: Option<String>,
        content: &'a str,
        #[serde(rename = "type")]
        kind: Kind,
        url: Option<&'a str>,
    }
    let nothing = RawValue::from_string("{}".to_owned()).ok();
    let external_id = interaction.about.external_id.as_deref();
    let extra = interaction.about.extra.as_deref();
    let mut form = Form {
        interaction_hash: &interaction.hash,
        state: None,
        position: None,
        department_id: None,
        external_id: external_id.map(Some),
        message: None,
        agent: None,
        // WhatsApp's go without where there was none.
        extra: match external_id {
            Some(_) => extra,
            None => extra.or(nothing.as_deref()),
        },
    };
    let department: Option<Box<RawValue>>;
    match trigger {
        Trigger::Status("finish") => form.state = Some("finished"),
        Trigger::Status(status) => form.state = Some(status),
        Trigger::Queued(position) => {
            form.state = Some("queued");
            form.position = Some(*position);
        }
        Trigger::Transferred(id) => {
            form.state = Some("transferred");
            // A scenario's reader has let digits through only.
            department = RawValue::from_string(id.clone()).ok();
            form.department_id = department.as_deref();
            form.external_id = Some(external_id);
            form.extra = None;
        }
        Trigger::Message(message) => {
            form.message = Some(Said {
                hash: external_id.is_none().then(new_hash),
                content: &message.content,
                kind: message.kind,
                url: message.url.as_deref(),
            });
            form.agent = Some(Speaker {
                id: agent.id,
                name: &agent.name,
            });
            if external_id.is_some() {
                form.extra = None;
            }
        }
    }
    Payload::json(&form)
}
