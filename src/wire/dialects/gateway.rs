//! The dialect `gateway`: the dialect [`rest`] with bots and a list of departments.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::wire::dialects::rest;
use crate::wire::json::json_value::number_or_string;
use crate::wire::{Address, DecodeError, Details, HttpRequest, Redacted, Request, Trigger};

/// The default URL of the service.
pub const BASE_URL: &str = "https://api.omnize.com/client-gateway/api/rest/v1";

/// Encodes a request. Returns `None` if the dialect does not have it.
pub fn encode(token: &Redacted, address: &Address, request: &Request) -> Option<HttpRequest> {
    match request {
        Request::Departments => Some(departments(token, &address.client_id)),
        Request::Start(start) => {
            rest::encode_with(token, address, request, start.bot_id.as_deref())
        }
        _ => rest::encode(token, address, request),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Departments<'a> {
    token: &'a Redacted,
    #[serde(rename = "type")]
    kind: &'a str,
    content: &'a str,
    client_id: Box<RawValue>,
}

/// Encodes the request for departments. Only here, the service's example has the customer's id as a number.
fn departments(token: &Redacted, client_id: &str) -> HttpRequest {
    let fields = Departments {
        token,
        kind: "info",
        content: "departments",
        client_id: number_or_string(client_id),
    };
    // All keys are strings, and writing to a Vec cannot fail.
    rest::post_request(serde_json::to_vec(&fields).expect("strings and a number are JSON"))
}

/// Decodes the body of a trigger. Only the charset of `content_type` is used.
pub fn decode(body: Arc<[u8]>, content_type: Option<&str>) -> Result<Trigger, DecodeError> {
    let (mut trigger, bot_id) = rest::decode_with_bot(body, content_type)?;
    if bot_id.is_some() {
        trigger.details = Some(Box::new(Details {
            bot_id,
            ..Details::default()
        }));
    }
    Ok(trigger)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Customer, Kind, Start};

    fn encoded(client_id: &str, request: Request) -> String {
        let address = Address {
            department: "1".into(),
            client_id: client_id.into(),
        };
        let request = encode(&"tok".into(), &address, &request).unwrap();
        assert_eq!((&*request.path, request.query), ("", None));
        String::from_utf8(request.body.0).unwrap()
    }

    #[test]
    fn a_start_contains_its_bot_id() {
        let start = Start {
            customer: Customer {
                name: Some("Ana".into()),
                ..Customer::default()
            },
            bot_id: Some("7".into()),
            ..Start::default()
        };
        assert_eq!(
            encoded("12", Request::Start(Box::new(start))),
            concat!(
                r#"{"token":"tok","type":"info","content":"init","departmentId":"1","clientId":"12","#,
                r#""customerName":"Ana","botId":"7"}"#
            )
        );
        assert_eq!(
            encoded("12", Request::Typing),
            r#"{"token":"tok","type":"info","content":"typing","departmentId":"1","clientId":"12"}"#
        );
    }

    #[test]
    fn the_request_for_departments_contains_a_numeric_client_id() {
        for (client_id, written) in [
            ("12", "12"),
            ("0", "0"),
            ("012", r#""012""#),
            ("x", r#""x""#),
        ] {
            assert_eq!(
                encoded(client_id, Request::Departments),
                format!(
                    r#"{{"token":"tok","type":"info","content":"departments","clientId":{written}}}"#
                )
            );
        }
    }

    #[test]
    fn each_trigger_contains_the_bot_id() {
        let read = |body: &str| decode(body.as_bytes().into(), None).unwrap();
        let trigger = read(r#"{"status":"accepted","clientId":"12","botId":7}"#);
        assert_eq!(trigger.kind, Kind::Accepted);
        assert_eq!(
            trigger.detail(|details| details.bot_id.as_deref()),
            Some("7")
        );
        assert_eq!(read(r#"{"message":"oi","clientId":"12"}"#).details, None);
    }

    #[test]
    fn requests_of_the_newer_dialect_are_not_encoded() {
        let address = Address {
            department: "1".into(),
            client_id: "12".into(),
        };
        let token = "tok".into();
        assert_eq!(encode(&token, &address, &Request::OnlineAgents), None);
        assert_eq!(
            encode(&token, &address, &Request::Update(Box::default())),
            None
        );
    }
}
