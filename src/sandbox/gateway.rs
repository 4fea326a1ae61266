//! The dialect `gateway`, from 2018: `POST /client-gateway/api/rest/v1`. As `rest`, with a `botId` that comes back on
//! every trigger.

use super::act::{Act, Rejection};
use super::dialect::Dialect;
use super::door::{Accepted, Asked, Subject};
use super::fields::refuse;
use super::interaction::{About, Interaction, Key};
use super::rest;
use super::service::{Desk, Service};
use super::trigger::Trigger;
use super::webhook::Payload;
use std::sync::Arc;

pub(crate) const PATH: &str = "/client-gateway/api/rest/v1";

pub(crate) fn answer(
    service: &Arc<Service>,
    desk: &mut Desk,
    asked: &Asked,
    subject: &mut Subject,
) -> Result<Accepted, Rejection> {
    let fields = asked.fields()?;
    let token = desk.token_of(&fields)?;
    let request = rest::read(&fields, &["botId"])?;
    subject.kind = Some(request.deed.act.name());
    if !service.has_department(&request.department_id) {
        return Err(refuse(
            "departmentId is unknown; expected one of the account's departments",
        ));
    }
    let bot_id = match request.deed.act {
        Act::Start => fields.optional_text("botId")?,
        _ => None,
    };
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

/// The trigger in this dialect's form; `None` for one that it does not have.
pub(crate) fn payload(trigger: &Trigger, interaction: &Interaction) -> Option<Payload> {
    rest::form(trigger, interaction, interaction.about.bot_id.as_deref())
}
