//! The fields that several requests of `interactions` have, and the rejections of this dialect.

use crate::sandbox::json::field_reader::FieldReader;
use crate::sandbox::json::json_object::JsonObject;
use crate::sandbox::json::rejection::Rejection;
use crate::sandbox::model::message::{Message, MessageKind};
use crate::sandbox::state::interaction::StateError;
use crate::sandbox::state::sandbox_state::SandboxState;
use crate::sandbox::state::simulated_service::SimulatedService;

pub(crate) const CUSTOMER_FIELDS: [&str; 4] = ["name", "email", "phone", "cpf"];

/// Returns the number of the token in a request.
pub(crate) fn token_number(state: &SandboxState, fields: &FieldReader) -> Result<usize, Rejection> {
    let number = state.portal.token_number(&fields.text("token")?);
    number.ok_or_else(|| {
        Rejection::unprocessable("the token is unknown; expected one that the portal generated")
    })
}

/// Returns the id if the account has this department.
pub(crate) fn require_department(
    service: &SimulatedService,
    department_id: String,
) -> Result<String, Rejection> {
    if service.has_department(&department_id) {
        Ok(department_id)
    } else {
        Err(Rejection::unprocessable(
            "department_id is unknown; expected one of the account's departments",
        ))
    }
}

/// Checks the customer's fields, which are all optional. Returns the name.
pub(crate) fn customer_name(
    customer: &JsonObject,
    allowed: &[&'static str],
) -> Result<Option<String>, Rejection> {
    let fields = FieldReader::nested(customer, "customer");
    fields.allow_only("customer", allowed)?;
    for field in allowed {
        fields.optional_text(field)?;
    }
    fields.optional_text("name")
}

/// Returns the message in a request. The field `kind_field` contains its kind.
pub(crate) fn message(fields: &FieldReader, kind_field: &str) -> Result<Message, Rejection> {
    let names = MessageKind::NAMES.map(|(name, _)| name);
    let name = fields
        .optional_choice(kind_field, &names)?
        .unwrap_or("text");
    let kind = MessageKind::from_name(name).unwrap_or(MessageKind::Text);
    let url = fields.optional_url("url")?;
    match (kind, url) {
        (MessageKind::Text, Some(_)) => Err(Rejection::unprocessable(
            "url is allowed with image, video, audio and file only",
        )),
        (MessageKind::Text, None) => fields.text("content").map(Message::text),
        (_, None) => Err(Rejection::unprocessable(format!(
            "url is missing; {name} requires it"
        ))),
        (kind, url) => Ok(Message {
            kind,
            content: fields.caption("content")?,
            url,
        }),
    }
}

/// Returns the rejection for a request that the interaction's state does not allow.
pub(crate) fn state_rejection(error: &StateError) -> Rejection {
    Rejection::unprocessable(match error {
        StateError::AlreadyOpen => "the interaction has already started",
        StateError::NotFound => {
            "the interaction is unknown; expected the hash from the response to a start"
        }
        StateError::Finished => "the interaction is finished",
        StateError::OffHours => {
            "the interaction is an off-hours contact, which accepts no requests"
        }
        StateError::Unavailable => "no agent was available; expected finish",
    })
}
