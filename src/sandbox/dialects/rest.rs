//! The requests of the dialect `rest`, from 2017: `POST /api/rest/v1`.
//!
//! The five requests are checked strictly: only the fields that the service's page lists, each a JSON string that is not
//! empty.

use crate::sandbox::dialects::parsed_request::{Acceptance, ParsedRequest};
use crate::sandbox::json::field_reader::{FieldReader, unknown_field};
use crate::sandbox::json::rejection::Rejection;
use crate::sandbox::lifecycle::{NewInteraction, apply_request};
use crate::sandbox::model::customer_request::{CustomerRequest, RequestKind};
use crate::sandbox::model::dialect::Dialect;
use crate::sandbox::model::message::Message;
use crate::sandbox::state::interaction::{
    Interaction, InteractionKey, InteractionState, StartData, StateError,
};
use crate::sandbox::state::sandbox_state::SandboxState;
use crate::sandbox::state::simulated_service::SimulatedService;
use std::sync::Arc;

const FIELDS: [&str; 5] = ["type", "content", "token", "departmentId", "clientId"];
const CUSTOMER_FIELDS: [&str; 4] = [
    "customerName",
    "customerEmail",
    "customerPhone",
    "customerCpf",
];

/// A valid request.
pub(crate) struct RestRequest {
    pub customer_request: CustomerRequest,
    pub department_id: String,
    pub client_id: String,
    /// Present only in a start.
    pub customer_name: Option<String>,
}

pub(crate) fn handle(
    service: &Arc<SimulatedService>,
    state: &mut SandboxState,
    request: &ParsedRequest,
) -> Result<Acceptance, Rejection> {
    let fields = request.fields()?;
    let token = token_number(state, &fields)?;
    let request = parse(&fields, &[])?;
    let key = InteractionKey {
        token,
        dialect: Dialect::Rest,
        id: request.client_id.clone(),
    };
    let start_data = StartData {
        client_id: Some(request.client_id.clone()),
        customer_name: request.customer_name.clone(),
        ..StartData::default()
    };
    apply(service, state, &key, request, start_data)
}

/// Returns the number of the token in a request of `rest` or `gateway`.
pub(crate) fn token_number(state: &SandboxState, fields: &FieldReader) -> Result<usize, Rejection> {
    let number = state.portal.token_number(&fields.text("token")?);
    number.ok_or_else(|| {
        Rejection::new(
            401,
            "the token is unknown; expected one that the portal generated",
        )
    })
}

/// Applies a valid request of `rest` or `gateway` to its interaction.
pub(crate) fn apply(
    service: &Arc<SimulatedService>,
    state: &mut SandboxState,
    key: &InteractionKey,
    request: RestRequest,
    start_data: StartData,
) -> Result<Acceptance, Rejection> {
    let kind = request.customer_request.kind;
    if let (false, Some(interaction)) = (kind == RequestKind::Start, state.interactions.get(key))
        && belongs_to_other_department(interaction, &request.department_id)
    {
        let expected = &interaction.department_id;
        return Err(Rejection::unprocessable(format!(
            "departmentId differs from that of the start; expected {expected:?}"
        )));
    }
    let new_interaction = (kind == RequestKind::Start).then_some(NewInteraction {
        department_id: request.department_id,
        start_data,
    });
    apply_request(
        service,
        state,
        key,
        request.customer_request,
        new_interaction,
    )
    .map_err(|error| state_rejection(&error, &key.id))?;
    Ok(Acceptance::message(kind.name()))
}

/// Returns false for a finished interaction, whose department is not compared.
fn belongs_to_other_department(interaction: &Interaction, department_id: &str) -> bool {
    interaction.state != InteractionState::Finished && interaction.department_id != department_id
}

fn state_rejection(error: &StateError, client_id: &str) -> Rejection {
    Rejection::unprocessable(match error {
        StateError::AlreadyOpen => format!(
            "clientId {client_id:?} has an open interaction; expected finish before another start"
        ),
        // Only `interactions` has off-hours contacts.
        StateError::OffHours => {
            format!("clientId {client_id:?} has only an off-hours contact")
        }
        StateError::NotFound => {
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

/// Returns the kind of a request, which may be invalid otherwise.
pub(crate) fn kind(fields: &FieldReader) -> Option<&'static str> {
    if fields.equals("type", "message") {
        return Some(RequestKind::Message.name());
    }
    let content = fields
        .text("content")
        .ok()
        .filter(|_| fields.equals("type", "info"))?;
    match content.as_str() {
        "init" => Some(RequestKind::Start.name()),
        content => [
            RequestKind::Typing,
            RequestKind::Cleared,
            RequestKind::Finish,
        ]
        .into_iter()
        .map(RequestKind::name)
        .find(|name| *name == content),
    }
}

/// Parses one of the five requests. `start_fields` are the fields that a later dialect adds to a start.
pub(crate) fn parse(
    fields: &FieldReader,
    start_fields: &[&'static str],
) -> Result<RestRequest, Rejection> {
    let (kind, content) = (fields.text("type")?, fields.text("content")?);
    let request = match (kind.as_str(), content.as_str()) {
        ("message", _) => CustomerRequest::with_message(Message::text(content)),
        ("info", "init") => CustomerRequest::new(RequestKind::Start),
        ("info", "typing") => CustomerRequest::new(RequestKind::Typing),
        ("info", "cleared") => CustomerRequest::new(RequestKind::Cleared),
        ("info", "finish") => CustomerRequest::new(RequestKind::Finish),
        ("info", _) => {
            return Err(Rejection::unprocessable(
                "content of type info is unknown; expected init, typing, cleared or finish",
            ));
        }
        _ => {
            return Err(Rejection::unprocessable(
                "type is unknown; expected info or message",
            ));
        }
    };
    let department_id = fields.text("departmentId")?;
    let client_id = fields.text("clientId")?;
    reject_other_fields(fields, request.kind, start_fields)?;
    let mut customer_name = None;
    if request.kind == RequestKind::Start {
        for field in CUSTOMER_FIELDS {
            let value = fields.optional_text(field)?;
            if field == "customerName" {
                customer_name = value;
            }
        }
    }
    Ok(RestRequest {
        customer_request: request,
        department_id,
        client_id,
        customer_name,
    })
}

fn reject_other_fields(
    fields: &FieldReader,
    kind: RequestKind,
    start_fields: &[&'static str],
) -> Result<(), Rejection> {
    let all_start_fields: Vec<&str> = CUSTOMER_FIELDS
        .iter()
        .chain(start_fields)
        .copied()
        .collect();
    let allowed: Vec<&str> = if kind == RequestKind::Start {
        FIELDS.iter().chain(&all_start_fields).copied().collect()
    } else {
        FIELDS.to_vec()
    };
    match fields.names().find(|name| !allowed.contains(name)) {
        None => Ok(()),
        Some(name) if all_start_fields.contains(&name) => Err(Rejection::unprocessable(format!(
            "{name} belongs to start; {} does not accept it",
            kind.name()
        ))),
        Some(name) => Err(unknown_field(name, kind.name(), &allowed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::json::json_object::JsonObject;

    fn parse_json(json: &str) -> Result<RestRequest, Rejection> {
        let object = JsonObject::parse(json.as_bytes()).ok().expect("an object");
        parse(&FieldReader::new(&object), &[])
    }

    fn rejection_message(json: &str) -> String {
        let rejection = parse_json(json).err().expect("a rejection");
        assert_eq!(rejection.status, 422);
        rejection.message
    }

    #[test]
    fn parses_the_five_requests() {
        for (content, kind) in [
            ("init", RequestKind::Start),
            ("typing", RequestKind::Typing),
            ("cleared", RequestKind::Cleared),
            ("finish", RequestKind::Finish),
        ] {
            let json = format!(
                r#"{{"type":"info","content":"{content}","token":"t","departmentId":"1","clientId":"12"}}"#
            );
            assert_eq!(parse_json(&json).unwrap().customer_request.kind, kind);
        }
        let message = r#"{"type":"message","content":"finish","token":"t","departmentId":"1","clientId":"12"}"#;
        let request = parse_json(message).unwrap().customer_request;
        assert_eq!(request.kind, RequestKind::Message);
        assert_eq!(request.message, Some(Message::text("finish")));
    }

    #[test]
    fn only_a_start_accepts_customer_fields() {
        let start = |customer: &str| {
            format!(
                r#"{{"type":"info","content":"init","token":"t","departmentId":"1","clientId":"12",{customer}}}"#
            )
        };
        let whole = r#""customerName":"Joao","customerEmail":"j@example.com","customerPhone":"1","customerCpf":"2""#;
        assert_eq!(
            parse_json(&start(whole)).unwrap().customer_name.as_deref(),
            Some("Joao")
        );
        assert_eq!(
            rejection_message(&start(r#""customerCpf":"""#)),
            "customerCpf is empty; expected a text that is not empty, or no such field"
        );
        assert_eq!(
            rejection_message(&start(r#""customerEmail":null"#)),
            "customerEmail is null; expected a JSON string, or no such field"
        );
        assert_eq!(
            rejection_message(
                r#"{"type":"info","content":"typing","token":"t","departmentId":"1","clientId":"1","customerName":"J"}"#
            ),
            "customerName belongs to start; typing does not accept it"
        );
    }

    #[test]
    fn an_error_names_the_problem_and_the_expectation() {
        let cases = [
            (r#"{}"#, "type is missing; expected a JSON string"),
            (r#"{"type":1}"#, "type is a number; expected a JSON string"),
            (
                r#"{"type":"info","content":["a"]}"#,
                "content is an array; expected a JSON string",
            ),
            (
                r#"{"type":"message","content":""}"#,
                "content is empty; expected a text that is not empty",
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
                "unknown field \"botId\"; message accepts type, content, token, departmentId, clientId",
            ),
        ];
        for (json, expected) in cases {
            assert_eq!(rejection_message(json), expected);
        }
    }
}
