//! Contacts of `interactions` that do not begin with a start: a message left out of hours, and one by WhatsApp to a
//! customer's external id.

use crate::sandbox::customers::customer_action::{CustomerRequest, Rejection, RequestKind};
use crate::sandbox::dialects::Dialect;
use crate::sandbox::dialects::interactions::{department, message, read_customer, worded};
use crate::sandbox::dialects::request_fields::Fields;
use crate::sandbox::http::router::{Accepted, Subject};
use crate::sandbox::lifecycle::{Opening, file, take};
use crate::sandbox::state::ids::new_hash;
use crate::sandbox::state::interaction::{About, Key};
use crate::sandbox::state::state::{SandboxState, Service};
use serde_json::json;
use std::sync::Arc;

const CUSTOMER: [&str; 4] = ["name", "email", "phone", "cpf"];

/// A message for an agent to answer later, by e-mail; the department may be closed.
pub(crate) fn off_hours(
    service: &Arc<Service>,
    desk: &mut SandboxState,
    token: usize,
    fields: &Fields,
    subject: &mut Subject,
) -> Result<Accepted, Rejection> {
    let known = [
        "token",
        "content",
        "content_type",
        "department_id",
        "url",
        "customer",
    ];
    fields.only("offcontact", &known)?;
    let department_id = department(service, fields.number("department_id")?)?;
    message(fields, "content_type")?;
    let (customer, _) = fields.object("customer")?;
    let customer_name = read_customer(&customer, &CUSTOMER)?;
    Fields::inside(&customer, "customer").text("email")?;
    let about = About {
        customer_name,
        ..About::default()
    };
    let (hash, key) = new_key(token, subject);
    file(
        service,
        desk,
        &key,
        Opening {
            department_id,
            about,
        },
    );
    Ok(Accepted::Data(json!({
        "message": "offcontact accepted",
        "interaction_hash": hash,
        "status": 200,
    })))
}

/// A message to the customer's side of a WhatsApp number: into the open interaction of that external id, else as the
/// first of a new one.
pub(crate) fn whatsapp(
    service: &Arc<Service>,
    desk: &mut SandboxState,
    token: usize,
    fields: &Fields,
    subject: &mut Subject,
) -> Result<Accepted, Rejection> {
    let known = [
        "token",
        "content",
        "content_type",
        "url",
        "department_id",
        "customer",
        "extra",
        "external_history",
    ];
    fields.only("whatsapp", &known)?;
    let department_id =
        service.open_department(department(service, fields.number("department_id")?)?)?;
    let message = message(fields, "content_type")?;
    let external_history = fields.optional_url("external_history")?;
    let extra = fields.optional_object("extra")?;
    let (customer, _) = fields.object("customer")?;
    let [name, email, phone, cpf] = CUSTOMER;
    let customer_name = read_customer(&customer, &["external_id", name, email, phone, cpf])?;
    let external_id = Fields::inside(&customer, "customer").text("external_id")?;
    let client_id = extra.as_ref().and_then(|(extra, _)| extra.text("clientId"));
    let key = match desk.open_by_external_id(token, &external_id) {
        Some(key) => {
            subject.hash = Some(key.id.clone());
            subject.client_id = desk.client_id_of(&key.id);
            key
        }
        None => {
            subject.client_id = client_id.clone();
            let about = About {
                client_id,
                customer_name,
                extra: extra.map(|(_, raw)| raw.to_owned()),
                external_id: Some(external_id),
                media_type: Some("WHATSAPP"),
                external_history,
                ..About::default()
            };
            let opening = Opening {
                department_id,
                about,
            };
            let (_, key) = new_key(token, subject);
            take(
                service,
                desk,
                &key,
                RequestKind::silent(CustomerRequest::Start),
                Some(opening),
            )
            .map_err(|misfit| worded(&misfit))?;
            key
        }
    };
    let deed = RequestKind {
        act: CustomerRequest::Message,
        message: Some(message),
    };
    take(service, desk, &key, deed, None).map_err(|misfit| worded(&misfit))?;
    Ok(Accepted::Word("whatsapp accepted".to_owned()))
}

fn new_key(token: usize, subject: &mut Subject) -> (String, Key) {
    let hash = new_hash();
    subject.hash = Some(hash.clone());
    let key = Key {
        token,
        dialect: Dialect::Interactions,
        id: hash.clone(),
    };
    (hash, key)
}

impl SandboxState {
    fn open_by_external_id(&self, token: usize, external_id: &str) -> Option<Key> {
        let found = self.interactions.iter().find(|(key, interaction)| {
            key.token == token
                && interaction.is_open()
                && interaction.about.external_id.as_deref() == Some(external_id)
        });
        found.map(|(key, _)| key.clone())
    }
}
