//! What the service's answer to a request means. One reading for all dialects.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// What the service decided.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It took the request.
    Accepted,
    /// It refused, for this reason.
    Rejected(Reason),
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
/// of 400 or more, `success` false, or `errors` that are not empty. A body that is empty or no JSON says nothing.
pub fn judge(http_status: u16, body: &[u8]) -> Verdict {
    let said: Option<Said> = serde_json::from_slice(body).ok();
    let refused = !(200..300).contains(&http_status) || said.as_ref().is_some_and(Said::no);
    if refused {
        Verdict::Rejected(match said {
            Some(said) => said.reason(),
            None if body.trim_ascii().is_empty() => Reason::Missing,
            None => Reason::Unreadable,
        })
    } else {
        Verdict::Accepted
    }
}

/// What an answer says, as it is written there. Of a key that stands twice, the last counts.
#[derive(Default)]
struct Said<'a> {
    status: Option<&'a RawValue>,
    success: Option<&'a RawValue>,
    errors: Option<&'a RawValue>,
    message: Option<&'a RawValue>,
    /// Whether it has other keys too.
    says_more: bool,
}

impl Said<'_> {
    fn no(&self) -> bool {
        let status = self
            .status
            .and_then(|status| status.get().parse::<f64>().ok());
        // What no number can hold is no status.
        status.is_some_and(|status| status >= 400.0 && status.is_finite())
            || self.success.is_some_and(|success| success.get() == "false")
            || value(self.errors).is_some()
    }

    /// The `message` of a refusal, and its `errors` as they stand.
    fn reason(&self) -> Reason {
        let texts: Vec<String> = [value(self.message), value(self.errors)]
            .into_iter()
            .flatten()
            .map(|value| match value {
                Value::String(text) => text,
                other => other.to_string(),
            })
            .collect();
        match (texts.is_empty(), self.says_more) {
            (false, _) => Reason::Given(texts.join(": ")),
            (true, true) => Reason::Unreadable,
            (true, false) => Reason::Missing,
        }
    }
}

/// What is written, where it is not empty.
fn value(written: Option<&RawValue>) -> Option<Value> {
    let value = serde_json::from_str(written?.get()).ok()?;
    (!is_empty(&value)).then_some(value)
}

fn is_empty(errors: &Value) -> bool {
    match errors {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

impl<'de> Deserialize<'de> for Said<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Said<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Said<'de>, A::Error> {
                let mut said = Said::default();
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
            r#"{"status":1e400}"#,
        ] {
            assert_eq!(judge(200, body.as_bytes()), Verdict::Accepted, "{body}");
        }
        assert_eq!(judge(204, b""), Verdict::Accepted);
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
            assert_eq!(judge(200, body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn any_other_status_is_a_refusal() {
        assert_eq!(judge(301, b""), Verdict::Rejected(Reason::Missing));
        assert_eq!(
            judge(422, br#"{"message":"no"}"#),
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
            assert_eq!(
                judge(500, body.as_bytes()),
                Verdict::Rejected(reason),
                "{body:?}"
            );
        }
    }

    #[test]
    fn a_body_too_deep_to_read_is_no_json() {
        let deep = "[".repeat(100_000);
        assert_eq!(judge(200, deep.as_bytes()), Verdict::Accepted);
    }
}
