//! What the service's answer to a request means. One reading for all dialects.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::wire::body::lenient_json;
use crate::wire::json::json_value::{compact, text};

/// What the service decided.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It took the request.
    Accepted,
    /// It refused, for this reason.
    Rejected(Reason),
    /// It said something that can't be read, and that may be a refusal.
    Unknown,
}

/// Why the service refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Reason {
    /// It says so, in a form that is known.
    Given(String),
    /// It says nothing.
    Missing,
    /// It says something that this library can't read.
    Unreadable,
}

/// Judges an answer. HTTP 2xx is an acceptance, unless its body is a JSON object that says otherwise: a numeric `status`
/// of 400 or more, `success` false, or `errors` that are not empty. A body that is empty or no JSON says nothing; one that
/// begins as a JSON object and can't be read may have said anything.
pub fn judge(http_status: u16, body: &str) -> Verdict {
    let is_success = (200..300).contains(&http_status);
    let said = lenient_json::begins_as_object(body).then(|| {
        lenient_json::read(body, |json| {
            let said: ResponseBody = serde_json::from_str(json)?;
            Ok(match is_success && !said.no() {
                true => Verdict::Accepted,
                false => Verdict::Rejected(said.reason()),
            })
        })
    });
    match said {
        Some(Ok(verdict)) => verdict,
        Some(Err(_)) if is_success => Verdict::Unknown,
        None if is_success => Verdict::Accepted,
        None if body.trim().is_empty() => Verdict::Rejected(Reason::Missing),
        _ => Verdict::Rejected(Reason::Unreadable),
    }
}

/// What an answer says, as it is written there. Of a key that stands twice, the last counts.
#[derive(Default)]
struct ResponseBody<'a> {
    status: Option<&'a RawValue>,
    success: Option<&'a RawValue>,
    errors: Option<&'a RawValue>,
    message: Option<&'a RawValue>,
    /// Whether it has other keys too.
    says_more: bool,
}

impl ResponseBody<'_> {
    fn no(&self) -> bool {
        let status = self
            .status
            .and_then(|status| status.get().parse::<f64>().ok());
        // What no number can hold is no status.
        status.is_some_and(|status| status >= 400.0 && status.is_finite())
            || self.success.is_some_and(|success| success.get() == "false")
            || self.errors.is_some_and(says_something)
    }

    /// The `message` of a refusal, and its `errors` as they stand.
    fn reason(&self) -> Reason {
        let texts: Vec<String> = [self.message, self.errors]
            .into_iter()
            .flatten()
            .filter(|value| says_something(value))
            .map(shown)
            .collect();
        match (texts.is_empty(), self.says_more) {
            (false, _) => Reason::Given(texts.join(": ")),
            (true, true) => Reason::Unreadable,
            (true, false) => Reason::Missing,
        }
    }
}

fn says_something(value: &RawValue) -> bool {
    let json = value.get();
    let is_empty = |open: char, close: char| {
        let within = json
            .strip_prefix(open)
            .and_then(|json| json.strip_suffix(close));
        within.is_some_and(|within| within.trim().is_empty())
    };
    !matches!(json, "null" | "false" | "\"\"") && !is_empty('[', ']') && !is_empty('{', '}')
}

/// A string's text, or what else there is, as JSON without blanks.
fn shown(value: &RawValue) -> String {
    match text::<serde_json::Error>(value) {
        Ok(Some(text)) => text,
        _ => compact(value),
    }
}

impl<'de> Deserialize<'de> for ResponseBody<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = ResponseBody<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<ResponseBody<'de>, A::Error> {
                let mut said = ResponseBody::default();
                while let Some(key) = map.next_key::<Key>()? {
                    match key {
                        Key::Status => said.status = Some(map.next_value()?),
                        Key::Success => said.success = Some(map.next_value()?),
                        Key::Errors => said.errors = Some(map.next_value()?),
                        Key::Message => said.message = Some(map.next_value()?),
                        Key::Other => {
                            said.says_more = true;
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(said)
            }
        }

        deserializer.deserialize_map(Fields)
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
    fn a_2xx_that_says_nothing_else_is_an_acceptance() {
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
            assert_eq!(judge(200, body), Verdict::Accepted, "{body}");
        }
        assert_eq!(judge(204, ""), Verdict::Accepted);
    }

    #[test]
    fn a_2xx_whose_body_says_it_failed_is_a_refusal() {
        for (body, reason) in [
            (r#"{"message":"no token","status":401}"#, Some("no token")),
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
            assert_eq!(judge(200, body), expected, "{body}");
        }
    }

    #[test]
    fn any_other_status_is_a_refusal() {
        assert_eq!(judge(301, ""), Verdict::Rejected(Reason::Missing));
        assert_eq!(
            judge(422, r#"{"message":"no"}"#),
            Verdict::Rejected(Reason::Given("no".into()))
        );
    }

    #[test]
    fn a_reason_that_is_written_otherwise_is_not_taken_for_none() {
        for (body, reason) in [
            ("<html>", Reason::Unreadable),
            ("Oops", Reason::Unreadable),
            (r#"["no"]"#, Reason::Unreadable),
            (r#"{"detail":"no"}"#, Reason::Unreadable),
            (" \r\n", Reason::Missing),
            ("{}", Reason::Missing),
            (r#"{"status":500,"message":""}"#, Reason::Missing),
        ] {
            assert_eq!(judge(500, body), Verdict::Rejected(reason), "{body:?}");
        }
    }

    #[test]
    fn no_oddity_turns_a_refusal_into_an_acceptance() {
        let nested = format!(r#"{{"errors":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
        let deep = "[".repeat(100_000);
        let beside = format!(
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
            &beside,
        ] {
            let verdict = judge(200, body);
            assert!(
                matches!(verdict, Verdict::Rejected(_)),
                "{verdict:?} of {body}"
            );
        }
    }

    #[test]
    fn an_object_that_can_not_be_read_is_neither() {
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
            assert_eq!(judge(200, body), Verdict::Unknown, "{body}");
            let unreadable = Verdict::Rejected(Reason::Unreadable);
            assert_eq!(judge(500, body), unreadable, "{body}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(judge(200, &deep), Verdict::Accepted);
    }

    #[test]
    fn a_reason_is_shown_as_it_stands_but_for_blanks_and_escapes() {
        let body = "{\"errors\": { \"b\": [1e3, \"n\\u00e3o  \\\" }\"],\n\"a\":12345678901234567890123 } }";
        let shown = "{\"b\":[1e3,\"não  \\\" }\"],\"a\":12345678901234567890123}";
        assert_eq!(
            judge(200, body),
            Verdict::Rejected(Reason::Given(shown.into()))
        );
    }
}
