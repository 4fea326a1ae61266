//! What the service's answer to a request means. One reading for all dialects.

use serde_json::{Map, Value};

/// What the service decided.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It took the request.
    Accepted,
    /// It refused, and this is what it said, if anything.
    Rejected(Option<String>),
}

/// Judges an answer. HTTP 2xx is an acceptance, unless its body is a JSON object that says otherwise: a numeric `status`
/// of 400 or more, `success` false, or `errors` that are not empty. A body that is empty or no JSON says nothing.
pub fn judge(http_status: u16, body: &[u8]) -> Verdict {
    let object = match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    };
    let refused = !(200..300).contains(&http_status) || object.as_ref().is_some_and(says_refused);
    if refused {
        Verdict::Rejected(object.as_ref().and_then(reason))
    } else {
        Verdict::Accepted
    }
}

fn says_refused(object: &Map<String, Value>) -> bool {
    let status = object.get("status").and_then(Value::as_f64);
    status.is_some_and(|status| status >= 400.0)
        || object.get("success") == Some(&Value::Bool(false))
        || object.get("errors").is_some_and(|errors| !is_empty(errors))
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

/// The `message` of a refusal, and its `errors` as they stand.
fn reason(object: &Map<String, Value>) -> Option<String> {
    let message = object.get("message").filter(|message| !is_empty(message));
    let errors = object.get("errors").filter(|errors| !is_empty(errors));
    let texts: Vec<String> = [message, errors]
        .into_iter()
        .flatten()
        .map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect();
    (!texts.is_empty()).then(|| texts.join(": "))
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
            let expected = Verdict::Rejected(reason.map(str::to_owned));
            assert_eq!(judge(200, body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn any_other_status_is_a_refusal() {
        assert_eq!(judge(301, b""), Verdict::Rejected(None));
        assert_eq!(
            judge(422, br#"{"message":"no"}"#),
            Verdict::Rejected(Some("no".into()))
        );
        assert_eq!(judge(500, b"<html>"), Verdict::Rejected(None));
    }

    #[test]
    fn a_body_too_deep_to_read_is_no_json() {
        let deep = "[".repeat(100_000);
        assert_eq!(judge(200, deep.as_bytes()), Verdict::Accepted);
    }
}
