//! The dialect `gateway`: as [`rest`], with bots and a list of departments.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::wire::dialects::rest;
use crate::wire::json::json_value::number_or_text;
use crate::wire::{Address, Details, HttpRequest, Redacted, Request, Trigger, Unreadable};

/// Where the service listens.
pub const BASE_URL: &str = "https://api.omnize.com/client-gateway/api/rest/v1";

/// A request as HTTP has it; `None` for one that this dialect does not have.
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

/// The service's own example has the customer's id as a number here, and here alone.
fn departments(token: &Redacted, client_id: &str) -> HttpRequest {
    let fields = Departments {
        token,
        kind: "info",
        content: "departments",
        client_id: number_or_text(client_id),
    };
    // No key is anything but a string, and the Vec takes all.
    rest::post(serde_json::to_vec(&fields).expect("strings and a number are JSON"))
}

/// Reads a trigger from the body that the service posted. `content_type` is consulted for its charset alone.
pub fn decode(body: Arc<[u8]>, content_type: Option<&str>) -> Result<Trigger, Unreadable> {
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
        let call = encode(&"tok".into(), &address, &request).unwrap();
        assert_eq!((&*call.path, call.query), ("", None));
        String::from_utf8(call.body.0).unwrap()
    }

    #[test]
    fn a_start_names_its_bot() {
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
    fn departments_are_asked_for_with_a_number() {
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
    fn the_bot_comes_back_on_each_trigger() {
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
    fn what_came_later_is_not_there() {
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
