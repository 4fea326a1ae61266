//! The dialect `rest`: one URL, to which every request is a POST of a JSON object of strings.
//!
//! Source: the service's own page, "ClientApi REST".

use std::fmt;
use std::sync::Arc;

use crate::wire::body;
use crate::wire::body::charset::Charset;
use crate::wire::body::lenient_json;
use crate::wire::json::json_value::{id, text};
use crate::wire::json::string_object::TextObject;
use crate::wire::{
    Address, Body, HttpRequest, Kind, Method, Redacted, Request, Trigger, Unreadable,
};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Where the service listens.
pub const BASE_URL: &str = "http://clientapi.omnize.com/api/rest/v1";

/// A request as HTTP has it; `None` for one that this dialect does not have.
pub fn encode(token: &Redacted, address: &Address, request: &Request) -> Option<HttpRequest> {
    encode_with(token, address, request, None)
}

/// The same for the dialect that adds a bot's id to the start.
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
    let mut object = TextObject::default();
    object.put("token", token.expose());
    object.put("type", kind);
    object.put("content", content);
    object.put("departmentId", &address.department);
    object.put("clientId", &address.client_id);
    if let Some(customer) = request.customer() {
        let fields = [
            ("customerName", &customer.name),
            ("customerEmail", &customer.email),
            ("customerPhone", &customer.phone),
            ("customerCpf", &customer.cpf),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                object.put(name, value.expose());
            }
        }
    }
    if let Some(bot_id) = bot_id {
        object.put("botId", bot_id);
    }
    Some(post(object.json()))
}

/// A POST to the one URL.
pub(crate) fn post(json: Vec<u8>) -> HttpRequest {
    HttpRequest {
        method: Method::Post,
        path: "".into(),
        query: None,
        body: Body(json),
    }
}

/// Reads a trigger from the body that the service posted. `content_type` is consulted for its charset alone.
pub fn decode(body: Arc<[u8]>, content_type: Option<&str>) -> Result<Trigger, Unreadable> {
    decode_with_bot(body, content_type).map(|(trigger, _)| trigger)
}

/// The same for the dialect that adds a bot's id, which is the second value.
pub(crate) fn decode_with_bot(
    raw: Arc<[u8]>,
    content_type: Option<&str>,
) -> Result<(Trigger, Option<String>), Unreadable> {
    let label = content_type.and_then(Charset::of_content_type);
    let body::Text { text, replaced } = body::text(&raw, label);
    let object = lenient_json::read(&text, |json| serde_json::from_str::<Object>(json))
        .map_err(|error| unreadable(&error))?;
    let client_id = object.client_id.ok_or(Unreadable::NoClientId)?;
    let kind = match (&object.message, object.status.as_deref()) {
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
        text: object.message,
        replaced,
        raw,
        details: None,
    };
    Ok((trigger, object.bot_id))
}

pub(crate) fn unreadable(error: &serde_json::Error) -> Unreadable {
    if error.is_data() {
        Unreadable::NotAnObject
    } else {
        Unreadable::NotJson {
            line: error.line(),
            column: error.column(),
        }
    }
}

/// What a trigger is known by. Of a key that stands twice, the last counts.
#[derive(Default)]
struct Object {
    status: Option<String>,
    message: Option<String>,
    client_id: Option<String>,
    bot_id: Option<String>,
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a trigger object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut object = Object::default();
                while let Some(key) = map.next_key::<Key>()? {
                    match key {
                        Key::Status => object.status = text(map.next_value()?)?,
                        Key::Message => object.message = text(map.next_value()?)?,
                        Key::ClientId => object.client_id = id(map.next_value()?)?,
                        Key::BotId => object.bot_id = id(map.next_value()?)?,
                        Key::Other => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(object)
            }
        }

        deserializer.deserialize_map(Fields)
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
        let call = encode(&"tok".into(), &address, &request).unwrap();
        assert_eq!(
            (call.method, &*call.path, call.query),
            (Method::Post, "", None)
        );
        String::from_utf8(call.body.0).unwrap()
    }

    fn decoded(body: &str) -> Trigger {
        decode(body.as_bytes().into(), None).unwrap()
    }

    #[test]
    fn writes_each_request_with_the_fields_of_the_page() {
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
    fn leaves_out_customer_fields_that_were_not_given() {
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
    fn reads_each_trigger_of_the_page() {
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
    fn keeps_ids_exactly() {
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
    fn delivers_what_it_does_not_know() {
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
    fn the_last_of_a_repeated_key_counts() {
        assert_eq!(decoded(r#"{"clientId":"1","clientId":"2"}"#).client_id, "2");
    }

    #[test]
    fn skips_unknown_fields_however_deep() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let trigger = decoded(&format!(
            r#"{{"x":{deep},"status":"typing","clientId":"1"}}"#
        ));
        assert_eq!(trigger.kind, Kind::Typing);
    }

    #[test]
    fn keeps_nul_and_replaces_lone_surrogates() {
        let trigger = decoded(r#"{"message":"a\u0000b\uD800","clientId":"1"}"#);
        assert_eq!(trigger.text.as_deref(), Some("a\0b\u{FFFD}"));
        assert!(trigger.replaced);
    }

    #[test]
    fn tells_why_a_body_is_no_trigger() {
        for (body, why) in [
            ("", Unreadable::NotJson { line: 1, column: 0 }),
            ("{\"a\":", Unreadable::NotJson { line: 1, column: 5 }),
            ("{\n!}", Unreadable::NotJson { line: 2, column: 1 }),
            ("{} x", Unreadable::NotJson { line: 1, column: 4 }),
            ("[]", Unreadable::NotAnObject),
            ("\"12\"", Unreadable::NotAnObject),
            ("{}", Unreadable::NoClientId),
            (r#"{"clientId":""}"#, Unreadable::NoClientId),
            (r#"{"clientId":null}"#, Unreadable::NoClientId),
            (r#"{"clientId":["1"]}"#, Unreadable::NoClientId),
        ] {
            assert_eq!(decode(body.as_bytes().into(), None), Err(why), "{body}");
        }
    }

    #[test]
    fn deep_brackets_are_refused_without_a_crash() {
        let deep = "[".repeat(100_000);
        assert!(decode(deep.as_bytes().into(), None).is_err());
    }
}
