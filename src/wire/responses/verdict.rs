//! Decides from a response whether the service accepted the request, for all dialects.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::wire::body::lenient_json;
use crate::wire::json::json_value::{compact, parse_string};
use crate::wire::responses::token_rejection::is_token_status;

/// The result that a response reports.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The service accepted the request.
    Accepted,
    /// The service rejected it, with a reason.
    Rejected(Reason),
    /// The service rejected the token: the `status` in the body is 401 or 403.
    TokenRejected(Reason),
    /// The response cannot be parsed, and may be a rejection.
    Unknown,
}

/// The reason for a rejection.
#[derive(Debug, PartialEq, Eq)]
pub enum Reason {
    /// The text in the response.
    Given(String),
    /// The response contains no reason.
    Missing,
    /// The response has an unknown format.
    Unreadable,
}

/// Returns the verdict of a response.
///
/// HTTP 2xx means accepted, unless the body is a JSON object with a numeric `status` of 400 or more, with `success` false, or
/// with non-empty `errors`. An empty body and a body of another format do not change this. If the body begins like a JSON
/// object but cannot be parsed, the verdict is unknown.
pub fn parse_verdict(http_status: u16, body: &str) -> Verdict {
    let is_success = (200..300).contains(&http_status);
    let parsed = lenient_json::begins_as_object(body).then(|| {
        lenient_json::parse(body, |json| {
            let body: ResponseBody = serde_json::from_str(json)?;
            Ok(match is_success && !body.is_failure() {
                true => Verdict::Accepted,
                false if body.rejects_token() => Verdict::TokenRejected(body.reason()),
                false => Verdict::Rejected(body.reason()),
            })
        })
    });
    match parsed {
        Some(Ok(verdict)) => verdict,
        Some(Err(_)) if is_success => Verdict::Unknown,
        None if is_success => Verdict::Accepted,
        None if body.trim().is_empty() => Verdict::Rejected(Reason::Missing),
        _ => Verdict::Rejected(Reason::Unreadable),
    }
}

/// The fields of a response, as raw values. If a key occurs twice, the last value is used.
#[derive(Default)]
struct ResponseBody<'a> {
    status: Option<&'a RawValue>,
    success: Option<&'a RawValue>,
    errors: Option<&'a RawValue>,
    message: Option<&'a RawValue>,
    /// Whether it has other keys.
    has_other_keys: bool,
}

impl ResponseBody<'_> {
    fn status(&self) -> Option<f64> {
        self.status?.get().parse().ok()
    }

    fn rejects_token(&self) -> bool {
        let status = self.status().filter(|status| status.fract() == 0.0);
        status.is_some_and(|status| is_token_status(status as u16))
    }

    fn is_failure(&self) -> bool {
        // An infinite number is not a status.
        self.status()
            .is_some_and(|status| status >= 400.0 && status.is_finite())
            || self.success.is_some_and(|success| success.get() == "false")
            || self.errors.is_some_and(is_not_empty)
    }

    /// Returns the `message` and the `errors` of a rejection.
    fn reason(&self) -> Reason {
        let texts: Vec<String> = [self.message, self.errors]
            .into_iter()
            .flatten()
            .filter(|value| is_not_empty(value))
            .map(to_text)
            .collect();
        match (texts.is_empty(), self.has_other_keys) {
            (false, _) => Reason::Given(texts.join(": ")),
            (true, true) => Reason::Unreadable,
            (true, false) => Reason::Missing,
        }
    }
}

fn is_not_empty(value: &RawValue) -> bool {
    let json = value.get();
    let is_empty = |open: char, close: char| {
        let within = json
            .strip_prefix(open)
            .and_then(|json| json.strip_suffix(close));
        within.is_some_and(|within| within.trim().is_empty())
    };
    !matches!(json, "null" | "false" | "\"\"") && !is_empty('[', ']') && !is_empty('{', '}')
}

/// Returns the text of a string, or any other value as JSON without blanks.
fn to_text(value: &RawValue) -> String {
    match parse_string::<serde_json::Error>(value) {
        Ok(Some(text)) => text,
        _ => compact(value),
    }
}

impl<'de> Deserialize<'de> for ResponseBody<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsParser;

        impl<'de> Visitor<'de> for FieldsParser {
            type Value = ResponseBody<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<ResponseBody<'de>, A::Error> {
                let mut fields = ResponseBody::default();
                while let Some(key) = map.next_key::<Key>()? {
                    match key {
                        Key::Status => fields.status = Some(map.next_value()?),
                        Key::Success => fields.success = Some(map.next_value()?),
                        Key::Errors => fields.errors = Some(map.next_value()?),
                        Key::Message => fields.message = Some(map.next_value()?),
                        Key::Other => {
                            fields.has_other_keys = true;
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(FieldsParser)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    Status,
    Success,
    Errors,
    Message,
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_2xx_response_without_an_error_is_accepted() {
        for body in [
            "",
            "OK",
            "[]",
            "{}",
            "null",
            r#"{"message":"done","status":200}"#,
            r#"{"status":"500"}"#,
            r#"{"errors":[],"success":true}"#,
            r#"{"errors":null}"#,
            r#"{"status":500,"status":200}"#,
            r#"{"errors":[ ],"success":null}"#,
            r#"{"status":1e400}"#,
        ] {
            assert_eq!(parse_verdict(200, body), Verdict::Accepted, "{body}");
        }
        assert_eq!(parse_verdict(204, ""), Verdict::Accepted);
    }

    #[test]
    fn a_2xx_response_with_an_error_is_rejected() {
        for (body, reason) in [
            (r#"{"message":"no","status":402}"#, Some("no")),
            (r#"{"status":401.5}"#, None),
            (r#"{"status":400.0}"#, None),
            (r#"{"success":false}"#, None),
            (
                r#"{"success":false,"errors":["a","b"]}"#,
                Some(r#"["a","b"]"#),
            ),
            (r#"{"errors":"bad"}"#, Some("bad")),
            (r#"{"message":"m","errors":{"a":1}}"#, Some(r#"m: {"a":1}"#)),
        ] {
            let reason = reason.map_or(Reason::Missing, |reason| Reason::Given(reason.into()));
            let expected = Verdict::Rejected(reason);
            assert_eq!(parse_verdict(200, body), expected, "{body}");
        }
    }

    #[test]
    fn a_body_with_status_401_or_403_rejects_the_token() {
        for http_status in [200, 422] {
            for body in [
                r#"{"message":"no","status":401}"#,
                r#"{"message":"no","status":403.0}"#,
            ] {
                let expected = Verdict::TokenRejected(Reason::Given("no".into()));
                assert_eq!(parse_verdict(http_status, body), expected, "{body}");
            }
        }
    }

    #[test]
    fn any_other_status_is_rejected() {
        assert_eq!(parse_verdict(301, ""), Verdict::Rejected(Reason::Missing));
        assert_eq!(
            parse_verdict(422, r#"{"message":"no"}"#),
            Verdict::Rejected(Reason::Given("no".into()))
        );
    }

    #[test]
    fn a_reason_of_an_unknown_format_is_unreadable() {
        for (body, reason) in [
            ("<html>", Reason::Unreadable),
            ("Oops", Reason::Unreadable),
            (r#"["no"]"#, Reason::Unreadable),
            (r#"{"detail":"no"}"#, Reason::Unreadable),
            (" \r\n", Reason::Missing),
            ("{}", Reason::Missing),
            (r#"{"status":500,"message":""}"#, Reason::Missing),
        ] {
            assert_eq!(
                parse_verdict(500, body),
                Verdict::Rejected(reason),
                "{body:?}"
            );
        }
    }

    #[test]
    fn malformed_rejections_are_not_accepted() {
        let nested = format!(r#"{{"errors":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
        let deep = "[".repeat(100_000);
        let after_deep = format!(
            r#"{{"deep":{deep}{},"success":false}}"#,
            "]".repeat(100_000)
        );
        for body in [
            r#"{"errors":["half \ud83d"]}"#,
            "{\"errors\":[\"a\tb\"]}",
            "{\"message\":\"a\tb\",\"success\":false}",
            r#"{"success":false,}"#,
            r#"{"success":false,"at":1e999}"#,
            r#"{"status":4e2}"#,
            r#"{"success":false,"at":NaN}"#,
            "{\"success\":false}\0",
            "\0{\0\"success\":false}",
            "{\"success\"\u{A0}:\u{A0}false}",
            r#"{"success":false,"path":"C:\x"}"#,
            r#"{"s\u0075ccess":false}"#,
            &nested,
            &after_deep,
        ] {
            let verdict = parse_verdict(200, body);
            assert!(
                matches!(verdict, Verdict::Rejected(_)),
                "{verdict:?} of {body}"
            );
        }
    }

    #[test]
    fn an_unreadable_object_has_an_unknown_verdict() {
        let deep = format!(r#"{{"a":{}"#, "[".repeat(100_000));
        for body in [
            "{",
            r#"{"success":false"#,
            r#"{"success":False}"#,
            r#"{success:false}"#,
            r#"{"success":false} x"#,
            "\u{FEFF} {'success':false}",
            &deep,
        ] {
            assert_eq!(parse_verdict(200, body), Verdict::Unknown, "{body}");
            let unreadable = Verdict::Rejected(Reason::Unreadable);
            assert_eq!(parse_verdict(500, body), unreadable, "{body}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(parse_verdict(200, &deep), Verdict::Accepted);
    }

    #[test]
    fn a_reason_is_printed_without_blanks_and_escapes() {
        let body = "{\"errors\": { \"b\": [1e3, \"n\\u00e3o  \\\" }\"],\n\"a\":12345678901234567890123 } }";
        let shown = "{\"b\":[1e3,\"não  \\\" }\"],\"a\":12345678901234567890123}";
        assert_eq!(
            parse_verdict(200, body),
            Verdict::Rejected(Reason::Given(shown.into()))
        );
    }
}
