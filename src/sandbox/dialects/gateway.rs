//! The dialect `gateway`, from 2018: `POST /client-gateway/api/rest/v1`. As `rest`, with a `botId` that comes back on
//! every trigger, and a list of the departments.

use crate::sandbox::customers::customer_action::{CustomerRequest, Rejection};
use crate::sandbox::dialects::Dialect;
use crate::sandbox::dialects::request_fields::{Fields, refuse};
use crate::sandbox::dialects::rest;
use crate::sandbox::http::router::{Accepted, Asked, Subject};
use crate::sandbox::http::webhook::Payload;
use crate::sandbox::state::account;
use crate::sandbox::state::interaction::{About, Interaction, Key};
use crate::sandbox::state::state::{SandboxState, Service};
use crate::sandbox::state::trigger::Trigger;
use std::sync::Arc;

pub(crate) const PATH: &str = "/client-gateway/api/rest/v1";

pub(crate) fn answer(
    service: &Arc<Service>,
    desk: &mut SandboxState,
    asked: &Asked,
    subject: &mut Subject,
) -> Result<Accepted, Rejection> {
    let fields = asked.fields()?;
    let token = desk.token_of(&fields)?;
    if asks_for_departments(&fields) {
        fields.only("departments", &["type", "content", "token", "clientId"])?;
        // The service's own example has a number here, and strings in all other requests.
        if fields.text("clientId").is_err() {
            subject.client_id = Some(fields.number("clientId")?);
        }
        let list = account::departments(service, desk);
        return Ok(Accepted::Data(service.department_list.holding(list)));
    }
    let request = rest::read(&fields, &["botId"])?;
    if !service.has_department(&request.department_id) {
        return Err(refuse(
            "departmentId is unknown; expected one of the account's departments",
        ));
    }
    let mut bot_id = None;
    if request.deed.act == CustomerRequest::Start {
        bot_id = fields.optional_text("botId")?;
        service.open_department(request.department_id.clone())?;
    }
    let key = Key {
        token,
        dialect: Dialect::Gateway,
        id: request.client_id.clone(),
    };
    let about = About {
        client_id: Some(request.client_id.clone()),
        customer_name: request.customer_name.clone(),
        bot_id,
        ..About::default()
    };
    rest::give(service, desk, key, request, about)
}

/// What a request is, as far as it can be told without the rest of it.
pub(crate) fn kind(fields: &Fields) -> Option<&'static str> {
    if asks_for_departments(fields) {
        Some("departments")
    } else {
        rest::kind(fields)
    }
}

fn asks_for_departments(fields: &Fields) -> bool {
    fields.is("type", "info") && fields.is("content", "departments")
}

/// The trigger in this dialect's form; `None` for one that it does not have.
pub(crate) fn payload(trigger: &Trigger, interaction: &Interaction) -> Option<Payload> {
    rest::form(trigger, interaction, interaction.about.bot_id.as_deref())
}
