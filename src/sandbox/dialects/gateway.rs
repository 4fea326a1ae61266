//! The requests of the dialect `gateway`, from 2018: `POST /client-gateway/api/rest/v1`.
//!
//! It adds two things to `rest`: a `botId` in the start, which every trigger repeats, and a list of the departments.

use crate::sandbox::dialects::parsed_request::{Acceptance, ParsedRequest, RequestSubject};
use crate::sandbox::dialects::{account_lists, rest};
use crate::sandbox::json::field_reader::FieldReader;
use crate::sandbox::json::rejection::Rejection;
use crate::sandbox::model::customer_request::RequestKind;
use crate::sandbox::model::dialect::Dialect;
use crate::sandbox::state::interaction::{InteractionKey, StartData};
use crate::sandbox::state::sandbox_state::SandboxState;
use crate::sandbox::state::simulated_service::SimulatedService;
use std::sync::Arc;

pub(crate) fn handle(
    service: &Arc<SimulatedService>,
    state: &mut SandboxState,
    request: &ParsedRequest,
    subject: &mut RequestSubject,
) -> Result<Acceptance, Rejection> {
    let fields = request.fields()?;
    let token = rest::token_number(state, &fields)?;
    if is_department_query(&fields) {
        fields.allow_only("departments", &["type", "content", "token", "clientId"])?;
        // The example of the service's page has a number here, but strings in all other requests.
        if fields.text("clientId").is_err() {
            subject.client_id = Some(fields.number("clientId")?);
        }
        let list = account_lists::departments(service, state);
        return Ok(Acceptance::Json(service.department_list_format.wrap(list)));
    }
    let request = rest::parse(&fields, &["botId"])?;
    if !service.has_department(&request.department_id) {
        return Err(Rejection::unprocessable(
            "departmentId is unknown; expected one of the account's departments",
        ));
    }
    let mut bot_id = None;
    if request.customer_request.kind == RequestKind::Start {
        bot_id = fields.optional_text("botId")?;
        service.require_open_department(request.department_id.clone())?;
    }
    let key = InteractionKey {
        token,
        dialect: Dialect::Gateway,
        id: request.client_id.clone(),
    };
    let start_data = StartData {
        client_id: Some(request.client_id.clone()),
        customer_name: request.customer_name.clone(),
        bot_id,
        ..StartData::default()
    };
    rest::apply(service, state, &key, request, start_data)
}

/// Returns the kind of a request, which may be invalid otherwise.
pub(crate) fn kind(fields: &FieldReader) -> Option<&'static str> {
    if is_department_query(fields) {
        Some("departments")
    } else {
        rest::kind(fields)
    }
}

fn is_department_query(fields: &FieldReader) -> bool {
    fields.equals("type", "info") && fields.equals("content", "departments")
}
