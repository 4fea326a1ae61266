//! The dialect `rest`, from 2017: `POST /api/rest/v1`. Its five requests, read strictly: exactly its page's fields, each
//! a JSON string that says something; and its six triggers.

use crate::sandbox::customers::customer_action::{CustomerRequest, Rejection, RequestKind};
use crate::sandbox::dialects::Dialect;
use crate::sandbox::dialects::request_fields::{Fields, refuse, unknown};
use crate::sandbox::http::router::{Accepted, Asked};
use crate::sandbox::http::webhook::Payload;
use crate::sandbox::lifecycle::{Opening, take};
use crate::sandbox::state::interaction::{About, Interaction, Key, StateError};
use crate::sandbox::state::message::Message;
use crate::sandbox::state::state::{SandboxState, Service};
use crate::sandbox::state::trigger::Trigger;
use serde::Serialize;
use std::sync::Arc;

pub(crate) const PATH: &str = "/api/rest/v1";

const FIELDS: [&str; 5] = ["type", "content", "token", "departmentId", "clientId"];
const CUSTOMER_FIELDS: [&str; 4] = [
    "customerName",
    "customerEmail",
    "customerPhone",
    "customerCpf",
];

/// A request that the page allows.
pub(crate) struct Request {
    pub deed: RequestKind,
    pub department_id: String,
    pub client_id: String,
    /// Of a start, when it was given.
    pub customer_name: Option<String>,
}

pub(crate) fn answer(
    service: &Arc<Service>,
    desk: &mut SandboxState,
    asked: &Asked,
) -> Result<Accepted, Rejection> {
    let token = desk.token_of(&asked.fields()?)?;
    let request = read(&asked.fields()?, &[])?;
    let key = Key {
        token,
        dialect: Dialect::Rest,
        id: request.client_id.clone(),
    };
    let about = About {
        client_id: Some(request.client_id.clone()),
        customer_name: request.customer_name.clone(),
        ..About::default()
    };
    give(service, desk, key, request, about)
}

/// Hands a request of this dialect or of `gateway` to the interaction.
pub(crate) fn give(
    service: &Arc<Service>,
    desk: &mut SandboxState,
    key: Key,
    request: Request,
    about: About,
) -> Result<Accepted, Rejection> {
    let act = request.deed.act;
    if let (false, Some(interaction)) = (act == CustomerRequest::Start, desk.interactions.get(&key))
        && interaction.is_of_another_department(&request.department_id)
    {
        let expected = &interaction.department_id;
        return Err(refuse(format!(
            "departmentId differs from that of the start; expected {expected:?}"
        )));
    }
    let opening = (act == CustomerRequest::Start).then_some(Opening {
        department_id: request.department_id,
        about,
    });
    take(service, desk, &key, request.deed, opening).map_err(|misfit| worded(&misfit, &key.id))?;
    Ok(Accepted::Word(format!("{} accepted", act.name())))
}

impl Interaction {
    /// What has finished has no department that could differ.
    fn is_of_another_department(&self, department_id: &str) -> bool {
        self.state != crate::sandbox::state::interaction::State::Finished
            && self.department_id != department_id
    }
}

fn worded(misfit: &StateError, client_id: &str) -> Rejection {
    refuse(match misfit {
        StateError::Open => format!(
            "clientId {client_id:?} has an open interaction; expected finish before another start"
        ),
        // The later dialects only have such.
        StateError::OffHours => {
            format!("clientId {client_id:?} has left an off-hours contact only")
        }
        StateError::None => {
            format!("clientId {client_id:?} has no interaction; expected start first")
        }
        StateError::Finished => {
            format!("the interaction of clientId {client_id:?} is finished; expected start first")
        }
        StateError::Unavailable => {
            format!("no agent was available for clientId {client_id:?}; expected finish or start")
        }
    })
}

/// What a request is, as far as it can be told without the rest of it.
pub(crate) fn kind(fields: &Fields) -> Option<&'static str> {
    if fields.is("type", "message") {
        return Some(CustomerRequest::Message.name());
    }
    let content = fields
        .text("content")
        .ok()
        .filter(|_| fields.is("type", "info"))?;
    match content.as_str() {
        "init" => Some(CustomerRequest::Start.name()),
        content => [
            CustomerRequest::Typing,
            CustomerRequest::Cleared,
            CustomerRequest::Finish,
        ]
        .into_iter()
        .map(CustomerRequest::name)
        .find(|name| *name == content),
    }
}

/// Reads one of the five requests. `more` are fields that a start of a later dialect takes.
pub(crate) fn read(fields: &Fields, more: &[&'static str]) -> Result<Request, Rejection> {
    let (kind, content) = (fields.text("type")?, fields.text("content")?);
    let deed = match (kind.as_str(), content.as_str()) {
        ("message", _) => RequestKind {
            act: CustomerRequest::Message,
            message: Some(Message::text(content)),
        },
        ("info", "init") => RequestKind::silent(CustomerRequest::Start),
        ("info", "typing") => RequestKind::silent(CustomerRequest::Typing),
        ("info", "cleared") => RequestKind::silent(CustomerRequest::Cleared),
        ("info", "finish") => RequestKind::silent(CustomerRequest::Finish),
        ("info", _) => {
            return Err(refuse(
                "content of type info is unknown; expected init, typing, cleared or finish",
            ));
        }
        _ => return Err(refuse("type is unknown; expected info or message")),
    };
    let department_id = fields.text("departmentId")?;
    let client_id = fields.text("clientId")?;
    refuse_other_fields(fields, deed.act, more)?;
    let mut customer_name = None;
    if deed.act == CustomerRequest::Start {
        for field in CUSTOMER_FIELDS {
            let value = fields.optional_text(field)?;
            if field == "customerName" {
                customer_name = value;
            }
        }
    }
    Ok(Request {
        deed,
        department_id,
        client_id,
        customer_name,
    })
}

fn refuse_other_fields(
    fields: &Fields,
    act: CustomerRequest,
    more: &[&'static str],
) -> Result<(), Rejection> {
    let of_a_start: Vec<&str> = CUSTOMER_FIELDS.iter().chain(more).copied().collect();
    let taken: Vec<&str> = if act == CustomerRequest::Start {
        FIELDS.iter().chain(&of_a_start).copied().collect()
    } else {
        FIELDS.to_vec()
    };
    match fields.names().find(|name| !taken.contains(name)) {
        None => Ok(()),
        Some(name) if of_a_start.contains(&name) => Err(refuse(format!(
            "{name} belongs to start; {} does not take it",
            act.name()
        ))),
        Some(name) => Err(unknown(name, act.name(), &taken)),
    }
}

/// The trigger in this dialect's form; `None` for one that it does not have.
pub(crate) fn payload(trigger: &Trigger, interaction: &Interaction) -> Option<Payload> {
    form(trigger, interaction, None)
}

/// The form that this dialect and `gateway` have in common.
pub(crate) fn form(
    trigger: &Trigger,
    interaction: &Interaction,
    bot_id: Option<&str>,
) -> Option<Payload> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Form<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        client_id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        bot_id: Option<&'a str>,
    }
    let (status, message) = match trigger {
        Trigger::Status(status) => (Some(*status), None),
        Trigger::Message(message) => (None, Some(message.as_text())),
        Trigger::Queued(_) | Trigger::Transferred(_) => return None,
    };
    Some(Payload::json(&Form {
        status,
        message,
        client_id: interaction.about.client_id.as_deref().unwrap_or_default(),
        bot_id,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::json_object::Object;

    fn read(json: &str) -> Result<Request, Rejection> {
        let object = Object::read(json.as_bytes()).ok().expect("an object");
        super::read(&Fields::of(&object), &[])
    }

    fn refusal(json: &str) -> String {
        let rejection = read(json).err().expect("a rejection");
        assert_eq!(rejection.status, 422);
        rejection.message
    }

    #[test]
    fn reads_the_five_requests() {
        for (content, act) in [
            ("init", CustomerRequest::Start),
            ("typing", CustomerRequest::Typing),
            ("cleared", CustomerRequest::Cleared),
            ("finish", CustomerRequest::Finish),
        ] {
            let json = format!(
                r#"{{"type":"info","content":"{content}","token":"t","departmentId":"1","clientId":"12"}}"#
            );
            assert_eq!(read(&json).unwrap().deed.act, act);
        }
        let message = r#"{"type":"message","content":"finish","token":"t","departmentId":"1","clientId":"12"}"#;
        let deed = read(message).unwrap().deed;
        assert_eq!(deed.act, CustomerRequest::Message);
        assert_eq!(deed.message, Some(Message::text("finish")));
    }

    #[test]
    fn start_takes_the_customer_and_no_other_request_does() {
        let start = |customer: &str| {
            format!(
                r#"{{"type":"info","content":"init","token":"t","departmentId":"1","clientId":"12",{customer}}}"#
            )
        };
        let whole = r#""customerName":"Joao","customerEmail":"j@example.com","customerPhone":"1","customerCpf":"2""#;
        assert_eq!(
            read(&start(whole)).unwrap().customer_name.as_deref(),
            Some("Joao")
        );
        assert_eq!(
            refusal(&start(r#""customerCpf":"""#)),
            "customerCpf is empty; expected some text, or the field left out"
        );
        assert_eq!(
            refusal(&start(r#""customerEmail":null"#)),
            "customerEmail is null; expected a JSON string, or the field left out"
        );
        assert_eq!(
            refusal(
                r#"{"type":"info","content":"typing","token":"t","departmentId":"1","clientId":"1","customerName":"J"}"#
            ),
            "customerName belongs to start; typing does not take it"
        );
    }

    #[test]
    fn says_what_was_wrong_and_what_was_expected() {
        let cases = [
            (r#"{}"#, "type is missing; expected a JSON string"),
            (r#"{"type":1}"#, "type is a number; expected a JSON string"),
            (
                r#"{"type":"info","content":["a"]}"#,
                "content is an array; expected a JSON string",
            ),
            (
                r#"{"type":"message","content":""}"#,
                "content is empty; expected some text",
            ),
            (
                r#"{"type":"chat","content":"a"}"#,
                "type is unknown; expected info or message",
            ),
            (
                r#"{"type":"info","content":"start"}"#,
                "content of type info is unknown; expected init, typing, cleared or finish",
            ),
            (
                r#"{"type":"message","content":"a"}"#,
                "departmentId is missing; expected a JSON string",
            ),
            (
                r#"{"type":"message","content":"a","departmentId":1}"#,
                "departmentId is a number; expected a JSON string",
            ),
            (
                r#"{"type":"message","content":"a","departmentId":"1","clientId":true}"#,
                "clientId is a boolean; expected a JSON string",
            ),
            (
                r#"{"type":"message","content":"a","departmentId":"1","clientId":"1","botId":"9"}"#,
                "unknown field \"botId\"; message takes type, content, token, departmentId, clientId",
            ),
        ];
        for (json, expected) in cases {
            assert_eq!(refusal(json), expected);
        }
    }
}
