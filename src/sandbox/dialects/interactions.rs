//! The requests of the dialect `interactions`, from 2018: `/core/api/v1/…` and `/api/external/departments`.
//!
//! Department ids are numbers, interaction ids are UUIDs, and each kind of request has its own path. The service repeats
//! the `extra` of a start on the triggers.

use crate::sandbox::dialects::interactions_fields::{
    CUSTOMER_FIELDS, customer_name, message, require_department, state_rejection, token_number,
};
use crate::sandbox::dialects::parsed_request::{Acceptance, ParsedRequest, RequestSubject};
use crate::sandbox::dialects::{account_lists, contacts};
use crate::sandbox::json::field_reader::{FieldReader, MAX_SHOWN_CHARS};
use crate::sandbox::json::rejection::Rejection;
use crate::sandbox::lifecycle::{NewInteraction, apply_request};
use crate::sandbox::model::customer_request::{CustomerRequest, RequestKind};
use crate::sandbox::model::dialect::Dialect;
use crate::sandbox::model::ids::new_hash;
use crate::sandbox::state::interaction::{
    InteractionKey, InteractionUpdate, StartData, StateError,
};
use crate::sandbox::state::sandbox_state::SandboxState;
use crate::sandbox::state::simulated_service::SimulatedService;
use hyper::Method;
use serde_json::json;
use std::sync::Arc;

const ROOT: &str = "/core/api/v1/";
const DEPARTMENTS: &str = "/api/external/departments";
const MEDIA_TYPES: [&str; 3] = ["TEXT", "SMS", "WHATSAPP"];

/// A path of this dialect, with the interaction's hash.
#[derive(Clone, Copy)]
pub(crate) enum InteractionsEndpoint<'a> {
    Start,
    Message(&'a str),
    /// Typing, cleared or finish.
    Signal(&'a str, RequestKind),
    Update(&'a str),
    Departments,
    OnlineAgents,
    OffHours,
    WhatsApp,
}

impl InteractionsEndpoint<'_> {
    pub fn for_path(path: &str) -> Option<InteractionsEndpoint<'_>> {
        if path == DEPARTMENTS {
            return Some(InteractionsEndpoint::Departments);
        }
        let signal = |hash, kind| Some(InteractionsEndpoint::Signal(hash, kind));
        let segments: Vec<&str> = path.strip_prefix(ROOT)?.split('/').collect();
        match segments[..] {
            ["interactions"] => Some(InteractionsEndpoint::Start),
            ["interactions", hash, "messages"] => Some(InteractionsEndpoint::Message(hash)),
            ["interactions", hash, "typing"] => signal(hash, RequestKind::Typing),
            ["interactions", hash, "cleared"] => signal(hash, RequestKind::Cleared),
            ["interactions", hash, "finish"] => signal(hash, RequestKind::Finish),
            ["interactions", hash] if !hash.is_empty() => Some(InteractionsEndpoint::Update(hash)),
            ["agents", "online"] => Some(InteractionsEndpoint::OnlineAgents),
            ["offcontact"] => Some(InteractionsEndpoint::OffHours),
            ["whatsapp"] => Some(InteractionsEndpoint::WhatsApp),
            _ => None,
        }
    }

    pub fn method(&self) -> Method {
        match self {
            InteractionsEndpoint::Start
            | InteractionsEndpoint::Message(_)
            | InteractionsEndpoint::OffHours
            | InteractionsEndpoint::WhatsApp => Method::POST,
            InteractionsEndpoint::Signal(..) | InteractionsEndpoint::Update(_) => Method::PUT,
            InteractionsEndpoint::Departments | InteractionsEndpoint::OnlineAgents => Method::GET,
        }
    }

    /// Returns whether a rejection has HTTP status 200 and `success: false`. Some endpoints of the service do that, and no
    /// page says which; here the two contacts do.
    pub fn rejects_with_success_false(&self) -> bool {
        matches!(
            self,
            InteractionsEndpoint::OffHours | InteractionsEndpoint::WhatsApp
        )
    }

    /// Returns the kind for the transcript.
    pub fn kind(&self) -> &'static str {
        match self {
            InteractionsEndpoint::Start => RequestKind::Start.name(),
            InteractionsEndpoint::Message(_) => RequestKind::Message.name(),
            InteractionsEndpoint::Signal(_, kind) => kind.name(),
            InteractionsEndpoint::Update(_) => "update",
            InteractionsEndpoint::Departments => "departments",
            InteractionsEndpoint::OnlineAgents => "agentsOnline",
            InteractionsEndpoint::OffHours => "offContact",
            InteractionsEndpoint::WhatsApp => "whatsApp",
        }
    }

    fn hash(&self) -> Option<&str> {
        match self {
            InteractionsEndpoint::Message(hash)
            | InteractionsEndpoint::Signal(hash, _)
            | InteractionsEndpoint::Update(hash) => Some(hash),
            _ => None,
        }
    }
}

pub(crate) fn handle(
    service: &Arc<SimulatedService>,
    state: &mut SandboxState,
    endpoint: &InteractionsEndpoint,
    request: &ParsedRequest,
    subject: &mut RequestSubject,
) -> Result<Acceptance, Rejection> {
    let hash = endpoint.hash();
    subject.hash = hash.map(|hash| hash.chars().take(MAX_SHOWN_CHARS).collect());
    subject.client_id = hash.and_then(|hash| state.client_id_of(hash));
    let fields = request.fields()?;
    let token = token_number(state, &fields).map_err(|rejection| match endpoint {
        // The external API rejects an unknown token with 404.
        InteractionsEndpoint::Departments => Rejection::new(404, rejection.message),
        _ => rejection,
    })?;
    match endpoint {
        InteractionsEndpoint::Start => start(service, state, token, &fields, subject),
        InteractionsEndpoint::Message(hash) => {
            fields.allow_only("message", &["token", "content", "type", "url"])?;
            let request = CustomerRequest::with_message(message(&fields, "type")?);
            apply(service, state, token, hash, request)
        }
        InteractionsEndpoint::Signal(hash, kind) => {
            fields.allow_only(kind.name(), &["token"])?;
            apply(service, state, token, hash, CustomerRequest::new(*kind))
        }
        InteractionsEndpoint::Update(hash) => update(state, token, hash, &fields),
        InteractionsEndpoint::Departments => {
            let result = fields.allow_only("departments", &["token"]);
            result.map_err(|rejection| Rejection::new(404, rejection.message))?;
            Ok(Acceptance::Json(account_lists::departments(service, state)))
        }
        InteractionsEndpoint::OnlineAgents => {
            fields.allow_only("agents online", &["token", "department_id"])?;
            let department_id = fields
                .optional_text("department_id")?
                .map(|id| require_department(service, id))
                .transpose()?;
            let agents = account_lists::online_agents(service, state, department_id.as_deref());
            Ok(Acceptance::Json(agents))
        }
        InteractionsEndpoint::OffHours => {
            contacts::off_hours(service, state, token, &fields, subject)
        }
        InteractionsEndpoint::WhatsApp => {
            contacts::whatsapp(service, state, token, &fields, subject)
        }
    }
}

fn start(
    service: &Arc<SimulatedService>,
    state: &mut SandboxState,
    token: usize,
    fields: &FieldReader,
    subject: &mut RequestSubject,
) -> Result<Acceptance, Rejection> {
    fields.allow_only(
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
    let department_id = require_department(service, fields.number("department_id")?)?;
    let department_id = service.require_open_department(department_id)?;
    let media_type = fields.optional_choice("media_type", &MEDIA_TYPES)?;
    let external_history = fields.optional_url("external_history")?;
    let extra = fields.optional_object("extra")?;
    subject.client_id = extra.as_ref().and_then(|(extra, _)| extra.text("clientId"));
    let customer_name = match fields.optional_object("customer")? {
        Some((customer, _)) => customer_name(&customer, &CUSTOMER_FIELDS)?,
        None => None,
    };
    let start_data = StartData {
        client_id: subject.client_id.clone(),
        customer_name,
        extra: extra.map(|(_, raw)| raw.to_owned()),
        media_type: Some(media_type.unwrap_or("TEXT")),
        external_history,
        ..StartData::default()
    };
    let hash = new_hash();
    subject.hash = Some(hash.clone());
    let new_interaction = NewInteraction {
        department_id,
        start_data,
    };
    apply_request(
        service,
        state,
        &InteractionKey::from_hash(token, &hash),
        CustomerRequest::new(RequestKind::Start),
        Some(new_interaction),
    )
    .map_err(|error| state_rejection(&error))?;
    Ok(Acceptance::Json(json!({
        "message": "start accepted",
        "data": { "interaction_hash": hash },
    })))
}

fn apply(
    service: &Arc<SimulatedService>,
    state: &mut SandboxState,
    token: usize,
    hash: &str,
    request: CustomerRequest,
) -> Result<Acceptance, Rejection> {
    let kind = request.kind;
    let key = InteractionKey::from_hash(token, hash);
    apply_request(service, state, &key, request, None).map_err(|error| state_rejection(&error))?;
    Ok(Acceptance::message(kind.name()))
}

fn update(
    state: &mut SandboxState,
    token: usize,
    hash: &str,
    fields: &FieldReader,
) -> Result<Acceptance, Rejection> {
    let allowed = ["token", "mood", "tag_ids", "customer_key", "note"];
    fields.allow_only("update", &allowed)?;
    let update = InteractionUpdate {
        mood: fields.optional_choice("mood", &["POSITIVE", "NEGATIVE"])?,
        tag_ids: fields.optional_text_list("tag_ids")?,
        customer_key: fields.optional_uuid("customer_key")?,
        note: fields.optional_text("note")?,
    };
    let key = state
        .hashes
        .get(hash)
        .filter(|key| key.token == token && key.dialect == Dialect::Interactions)
        .cloned();
    let interaction = key.and_then(|key| state.interactions.get_mut(&key));
    // Finished interactions accept updates too, because an agent often rates an interaction after its end.
    let interaction = interaction.ok_or_else(|| state_rejection(&StateError::NotFound))?;
    interaction.update_data.merge(update);
    Ok(Acceptance::message("update"))
}
