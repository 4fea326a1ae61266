//! The dialect `rest`: each request is a POST of a JSON object of strings to one URL.
//!
//! Source: the service's own page, "ClientApi REST".

use std::fmt;
use std::sync::Arc;

use crate::wire::body;
use crate::wire::body::charset::Charset;
use crate::wire::body::lenient_json;
use crate::wire::json::json_value::{parse_id, parse_string};
use crate::wire::json::json_writer::JsonWriter;
use crate::wire::{
    Address, Body, DecodeError, HttpRequest, Kind, Method, Redacted, Request, Trigger,
};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The default URL of the service.
pub const BASE_URL: &str = "http://clientapi.omnize.com/api/rest/v1";

/// Encodes a request. Returns `None` if the dialect does not have it.
pub fn encode(token: &Redacted, address: &Address, request: &Request) -> Option<HttpRequest> {
    encode_with(token, address, request, None)
}

/// Encodes a request with a bot id, for the dialect `gateway`.
pub(crate) fn encode_with(
    token: &Redacted,
    address: &Address,
    request: &Request,
    bot_id: Option<&str>,
) -> Option<HttpRequest> {
    let (kind, content) = match request {
        Request::Start(_) => ("info", "init"),
        Request::Message(message) => ("message", message.text.expose()),
        Request::Typing => ("info", "typing"),
        Request::Cleared => ("info", "cleared"),
        Request::Finish => ("info", "finish"),
        _ => return None,
    };
    let mut object = JsonWriter::default();
    object.insert("token", token.expose());
    object.insert("type", kind);
    object.insert("content", content);
    object.insert("departmentId", &address.department);
    object.insert("clientId", &address.client_id);
    if let Some(customer) = request.customer() {
        let fields = [
            ("customerName", &customer.name),
            ("customerEmail", &customer.email),
            ("customerPhone", &customer.phone),
            ("customerCpf", &customer.cpf),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                object.insert(name, value.expose());
            }
        }
    }
    if let Some(bot_id) = bot_id {
        object.insert("botId", bot_id);
    }
    Some(post_request(object.finish()))
}

/// Returns a POST to the URL of the dialect.
pub(crate) fn post_request(json: Vec<u8>) -> HttpRequest {
    HttpRequest {
        method: Method::Post,
        path: "".into(),
        query: None,
        body: Body(json),
    }
}

/// Decodes the body of a trigger. Only the charset of `content_type` is used.
pub fn decode(body: Arc<[u8]>, content_type: Option<&str>) -> Result<Trigger, DecodeError> {
    decode_with_bot(body, content_type).map(|(trigger, _)| trigger)
}

/// Decodes a trigger and its bot id, for the dialect `gateway`.
pub(crate) fn decode_with_bot(
    raw: Arc<[u8]>,
    content_type: Option<&str>,
) -> Result<(Trigger, Option<String>), DecodeError> {
    let label = content_type.and_then(Charset::of_content_type);
    let body::DecodedText { text, replaced } = body::decode_text(&raw, label);
    let fields = lenient_json::parse(&text, |json| serde_json::from_str::<TriggerFields>(json))
        .map_err(|error| decode_error(&error))?;
    let client_id = fields.client_id.ok_or(DecodeError::NoClientId)?;
    let kind = match (&fields.message, fields.status.as_deref()) {
        (Some(_), _) => Kind::Message,
        (None, Some("accepted")) => Kind::Accepted,
        (None, Some("unavailable")) => Kind::Unavailable,
        (None, Some("finish")) => Kind::Finish,
        (None, Some("typing")) => Kind::Typing,
        (None, Some("cleared")) => Kind::Cleared,
        (None, _) => Kind::Unknown,
    };
    let trigger = Trigger {
        kind,
        client_id,
        text: fields.message,
        replaced,
        raw,
        details: None,
    };
    Ok((trigger, fields.bot_id))
}

/// Converts an error of the JSON parser.
pub(crate) fn decode_error(error: &serde_json::Error) -> DecodeError {
    if error.is_data() {
        DecodeError::NotAnObject
    } else {
        DecodeError::NotJson {
            line: error.line(),
            column: error.column(),
        }
    }
}

/// The fields of a trigger. If a key occurs twice, the last value is used.
#[derive(Default)]
struct TriggerFields {
    status: Option<String>,
    message: Option<String>,
    client_id: Option<String>,
    bot_id: Option<String>,
}

impl<'de> Deserialize<'de> for TriggerFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsParser;

        impl<'de> Visitor<'de> for FieldsParser {
            type Value = TriggerFields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a trigger object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TriggerFields, A::Error> {
                let mut fields = TriggerFields::default();
                while let Some(key) = map.next_key::<Key>()? {
                    match key {
                        Key::Status => fields.status = parse_string(map.next_value()?)?,
                        Key::Message => fields.message = parse_string(map.next_value()?)?,
                        Key::ClientId => fields.client_id = parse_id(map.next_value()?)?,
                        Key::BotId => fields.bot_id = parse_id(map.next_value()?)?,
                        Key::Other => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(FieldsParser)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Key {
    Status,
    Message,
    ClientId,
    BotId,
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Customer;

    fn encoded(request: Request) -> String {
        let address = Address {
            department: "1".into(),
            client_id: "12".into(),
        };
        let request = encode(&"tok".into(), &address, &request).unwrap();
        assert_eq!(
            (request.method, &*request.path, request.query),
            (Method::Post, "", None)
        );
        String::from_utf8(request.body.0).unwrap()
    }

    fn decoded(body: &str) -> Trigger {
        decode(body.as_bytes().into(), None).unwrap()
    }

    #[test]
    fn encodes_each_request_as_on_the_service_page() {
        let customer = Customer {
            name: Some("João".into()),
            email: Some("joao@example.com".into()),
            phone: Some("11988776655".into()),
            cpf: Some("123.456.789-00".into()),
        };
        assert_eq!(
            encoded(Request::Start(Box::new(customer.into()))),
            concat!(
                r#"{"token":"tok","type":"info","content":"init","departmentId":"1","clientId":"12","#,
                r#""customerName":"João","customerEmail":"joao@example.com","#,
                r#""customerPhone":"11988776655","customerCpf":"123.456.789-00"}"#
            )
        );
        for (request, kind, content) in [
            (
                Request::Message("a \"b\"\n".into()),
                "message",
                r#"a \"b\"\n"#,
            ),
            (Request::Typing, "info", "typing"),
            (Request::Cleared, "info", "cleared"),
            (Request::Finish, "info", "finish"),
        ] {
            let expected = format!(
                r#"{{"token":"tok","type":"{kind}","content":"{content}","departmentId":"1","clientId":"12"}}"#
            );
            assert_eq!(encoded(request), expected);
        }
    }

    #[test]
    fn omits_unset_customer_fields() {
        let customer = Customer {
            phone: Some("1".into()),
            ..Customer::default()
        };
        let json = encoded(Request::Start(Box::new(customer.into())));
        assert!(
            json.ends_with(r#""clientId":"12","customerPhone":"1"}"#),
            "{json}"
        );
    }

    #[test]
    fn decodes_each_trigger_of_the_service_page() {
        for kind in [
            Kind::Accepted,
            Kind::Unavailable,
            Kind::Finish,
            Kind::Typing,
            Kind::Cleared,
        ] {
            let trigger = decoded(&format!(
                r#"{{"status":"{}","clientId":"12"}}"#,
                kind.name()
            ));
            assert_eq!((trigger.kind, &*trigger.client_id), (kind, "12"));
            assert_eq!(trigger.text, None);
        }
        let trigger = decoded(r#"{"message":"New agent message!","clientId":"12"}"#);
        assert_eq!(trigger.kind, Kind::Message);
        assert_eq!(trigger.text.as_deref(), Some("New agent message!"));
    }

    #[test]
    fn does_not_change_ids() {
        for (written, read) in [
            (r#""12""#, "12"),
            (r#""0012 ""#, "0012 "),
            ("12", "12"),
            ("-3", "-3"),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567890",
            ),
            ("1.0", "1.0"),
            ("1e3", "1e3"),
            (r#""\u00e1""#, "á"),
        ] {
            let trigger = decoded(&format!(r#"{{"clientId":{written},"status":"typing"}}"#));
            assert_eq!(trigger.client_id, read);
        }
    }

    #[test]
    fn decodes_unknown_triggers() {
        for body in [
            r#"{"status":"promoted","clientId":"1"}"#,
            r#"{"status":7,"clientId":"1"}"#,
            r#"{"clientId":"1"}"#,
            r#"{"message":null,"clientId":"1"}"#,
            r#"{"message":{"a":1},"clientId":"1"}"#,
        ] {
            let trigger = decoded(body);
            assert_eq!(trigger.kind, Kind::Unknown, "{body}");
            assert_eq!(&*trigger.raw, body.as_bytes());
        }
    }

    #[test]
    fn a_message_with_a_status_is_a_message() {
        let trigger = decoded(r#"{"status":"typing","message":"","clientId":"1"}"#);
        assert_eq!(
            (trigger.kind, trigger.text.as_deref()),
            (Kind::Message, Some(""))
        );
    }

    #[test]
    fn uses_the_last_value_of_a_repeated_key() {
        assert_eq!(decoded(r#"{"clientId":"1","clientId":"2"}"#).client_id, "2");
    }

    #[test]
    fn skips_unknown_fields_of_any_depth() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let trigger = decoded(&format!(
            r#"{{"x":{deep},"status":"typing","clientId":"1"}}"#
        ));
        assert_eq!(trigger.kind, Kind::Typing);
    }

    #[test]
    fn retains_nul_and_replaces_lone_surrogates() {
        let trigger = decoded(r#"{"message":"a\u0000b\uD800","clientId":"1"}"#);
        assert_eq!(trigger.text.as_deref(), Some("a\0b\u{FFFD}"));
        assert!(trigger.replaced);
    }

    #[test]
    fn reports_why_a_body_is_not_a_trigger() {
        for (body, expected) in [
            ("", DecodeError::NotJson { line: 1, column: 0 }),
            ("{\"a\":", DecodeError::NotJson { line: 1, column: 5 }),
            ("{\n!}", DecodeError::NotJson { line: 2, column: 1 }),
            ("{} x", DecodeError::NotJson { line: 1, column: 4 }),
            ("[]", DecodeError::NotAnObject),
            ("\"12\"", DecodeError::NotAnObject),
            ("{}", DecodeError::NoClientId),
            (r#"{"clientId":""}"#, DecodeError::NoClientId),
            (r#"{"clientId":null}"#, DecodeError::NoClientId),
            (r#"{"clientId":["1"]}"#, DecodeError::NoClientId),
        ] {
            assert_eq!(
                decode(body.as_bytes().into(), None),
                Err(expected),
                "{body}"
            );
        }
    }

    #[test]
    fn deep_brackets_are_rejected_without_a_crash() {
        let deep = "[".repeat(100_000);
        assert!(decode(deep.as_bytes().into(), None).is_err());
    }
}
