//! The two requests of `interactions` that create an interaction without a start: an off-hours contact, and a WhatsApp
//! message to a customer's external id.

use crate::sandbox::dialects::interactions_fields::{
    CUSTOMER_FIELDS, customer_name, message, require_department, state_rejection,
};
use crate::sandbox::dialects::parsed_request::{Acceptance, RequestSubject};
use crate::sandbox::json::field_reader::FieldReader;
use crate::sandbox::json::rejection::Rejection;
use crate::sandbox::lifecycle::{NewInteraction, apply_request, record_off_hours_contact};
use crate::sandbox::model::customer_request::{CustomerRequest, RequestKind};
use crate::sandbox::model::ids::new_hash;
use crate::sandbox::state::interaction::{InteractionKey, StartData};
use crate::sandbox::state::sandbox_state::SandboxState;
use crate::sandbox::state::simulated_service::SimulatedService;
use serde_json::json;
use std::sync::Arc;

/// Records a message that an agent answers later by e-mail. The department may be closed.
pub(crate) fn off_hours(
    service: &Arc<SimulatedService>,
    state: &mut SandboxState,
    token: usize,
    fields: &FieldReader,
    subject: &mut RequestSubject,
) -> Result<Acceptance, Rejection> {
    let allowed = [
        "token",
        "content",
        "content_type",
        "department_id",
        "url",
        "customer",
    ];
    fields.allow_only("offcontact", &allowed)?;
    let department_id = require_department(service, fields.number("department_id")?)?;
    message(fields, "content_type")?;
    let (customer, _) = fields.object("customer")?;
    let customer_name = customer_name(&customer, &CUSTOMER_FIELDS)?;
    FieldReader::nested(&customer, "customer").text("email")?;
    let start_data = StartData {
        customer_name,
        ..StartData::default()
    };
    let key = new_key(token, subject);
    let new_interaction = NewInteraction {
        department_id,
        start_data,
    };
    record_off_hours_contact(service, state, &key, new_interaction);
    Ok(Acceptance::Json(json!({
        "message": "offcontact accepted",
        "interaction_hash": key.id,
        "status": 200,
    })))
}

/// Adds a message to the open interaction of a WhatsApp number, or starts an interaction with the message.
pub(crate) fn whatsapp(
    service: &Arc<SimulatedService>,
    state: &mut SandboxState,
    token: usize,
    fields: &FieldReader,
    subject: &mut RequestSubject,
) -> Result<Acceptance, Rejection> {
    let allowed = [
        "token",
        "content",
        "content_type",
        "url",
        "department_id",
        "customer",
        "extra",
        "external_history",
    ];
    fields.allow_only("whatsapp", &allowed)?;
    let department_id = require_department(service, fields.number("department_id")?)?;
    let department_id = service.require_open_department(department_id)?;
    let message = message(fields, "content_type")?;
    let external_history = fields.optional_url("external_history")?;
    let extra = fields.optional_object("extra")?;
    let (customer, _) = fields.object("customer")?;
    let [name, email, phone, cpf] = CUSTOMER_FIELDS;
    let customer_name = customer_name(&customer, &["external_id", name, email, phone, cpf])?;
    let external_id = FieldReader::nested(&customer, "customer").text("external_id")?;
    let client_id = extra.as_ref().and_then(|(extra, _)| extra.text("clientId"));
    let key = match state.open_by_external_id(token, &external_id) {
        Some(key) => {
            subject.hash = Some(key.id.clone());
            subject.client_id = state.client_id_of(&key.id);
            key
        }
        None => {
            subject.client_id = client_id.clone();
            let start_data = StartData {
                client_id,
                customer_name,
                extra: extra.map(|(_, raw)| raw.to_owned()),
                external_id: Some(external_id),
                media_type: Some("WHATSAPP"),
                external_history,
                ..StartData::default()
            };
            let new_interaction = NewInteraction {
                department_id,
                start_data,
            };
            let key = new_key(token, subject);
            let start = CustomerRequest::new(RequestKind::Start);
            apply_request(service, state, &key, start, Some(new_interaction))
                .map_err(|error| state_rejection(&error))?;
            key
        }
    };
    let request = CustomerRequest::with_message(message);
    apply_request(service, state, &key, request, None).map_err(|error| state_rejection(&error))?;
    Ok(Acceptance::message("whatsapp"))
}

/// Returns the key of a new interaction, and sets its hash as the request's subject.
fn new_key(token: usize, subject: &mut RequestSubject) -> InteractionKey {
    let hash = new_hash();
    subject.hash = Some(hash.clone());
    InteractionKey::from_hash(token, hash)
}
