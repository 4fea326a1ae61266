//! A step of a scenario. `docs/src/sandbox.md` lists the steps.

use crate::sandbox::json::json_object::{JsonObject, json_string};
use crate::sandbox::model::customer_request::RequestKind;
use crate::sandbox::model::message::{Message, MessageKind};
use crate::sandbox::model::trigger::{STATUS_NAMES, Trigger};
use crate::sandbox::scripts::template;
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use serde_json::value::RawValue;
use std::time::Duration;

/// A step of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AgentStep {
    Wait(Duration),
    /// Sends a trigger. Its texts may contain placeholders.
    Trigger(Trigger),
    /// Sends the customer's message back, unchanged.
    Echo,
    /// Repeats the most recently sent payload, byte for byte.
    Repeat,
    Raw {
        body: RawBody,
        content_type: Option<HeaderValue>,
    },
}

/// The body of a raw step. `Json` and `Text` may contain placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RawBody {
    Json(String),
    Text(String),
    Bytes(Bytes),
}

const MAX_WAIT_MS: u64 = 3_600_000;

impl AgentStep {
    /// Parses a step of a rule for `on`.
    pub fn parse(json: &RawValue, on: RequestKind) -> Result<AgentStep, String> {
        let forms = format!(
            "expected one of {}, echo, again, or an object with wait, message, queued, transferred, raw or hex",
            STATUS_NAMES.join(", ")
        );
        if let Some(name) = json_string(json) {
            return parse_name(&name, on, &forms);
        }
        if !json.get().starts_with('{') {
            return Err(forms);
        }
        let step = JsonObject::parse_as("a step", json.get().as_bytes())?;
        let options = ["contentType", "type", "url"];
        let Some(form) = step.names().find(|name| !options.contains(name)) else {
            return Err(forms);
        };
        // Present, because `form` is a name of this object.
        let value = step.get(form).ok_or_else(|| forms.clone())?;
        let body = match form {
            "wait" => {
                step.allow_only(&["wait"])?;
                return parse_wait(value);
            }
            "message" => {
                step.allow_only(&["message", "type", "url"])?;
                return parse_message(&step, value, on);
            }
            "queued" => {
                step.allow_only(&["queued"])?;
                return parse_queued(value);
            }
            "transferred" => {
                step.allow_only(&["transferred"])?;
                return parse_transferred(value);
            }
            "raw" => parse_raw(value)?,
            "hex" => RawBody::Bytes(parse_hex(value)?),
            _ => return Err(format!("{form:?} is unknown; {forms}")),
        };
        step.allow_only(&[form, "contentType"])?;
        Ok(AgentStep::Raw {
            body,
            content_type: parse_content_type(step.get("contentType"))?,
        })
    }
}

fn parse_name(name: &str, on: RequestKind, forms: &str) -> Result<AgentStep, String> {
    if name == "again" {
        return Ok(AgentStep::Repeat);
    }
    if name == "echo" {
        return match on {
            RequestKind::Message => Ok(AgentStep::Echo),
            _ => Err(format!(
                "echo is allowed in rules on message only, not on {}",
                on.name()
            )),
        };
    }
    let status = STATUS_NAMES.into_iter().find(|status| *status == name);
    status
        .map(|status| AgentStep::Trigger(Trigger::Status(status)))
        .ok_or_else(|| format!("{name:?} is unknown; {forms}"))
}

fn parse_queued(value: &RawValue) -> Result<AgentStep, String> {
    match value.get().parse() {
        Ok(position) if position > 0 => Ok(AgentStep::Trigger(Trigger::Queued(position))),
        _ => Err("queued: expected a position in the queue, counted from 1".to_owned()),
    }
}

fn parse_transferred(value: &RawValue) -> Result<AgentStep, String> {
    match value.get().parse::<u64>() {
        Ok(_) => Ok(AgentStep::Trigger(Trigger::Transferred(
            value.get().to_owned(),
        ))),
        Err(_) => Err("transferred: expected a department's id, a whole number".to_owned()),
    }
}

fn parse_wait(value: &RawValue) -> Result<AgentStep, String> {
    match value.get().parse::<u64>() {
        Ok(milliseconds) if milliseconds <= MAX_WAIT_MS => {
            Ok(AgentStep::Wait(Duration::from_millis(milliseconds)))
        }
        _ => Err(format!(
            "wait: expected milliseconds from 0 to {MAX_WAIT_MS}"
        )),
    }
}

fn parse_message(
    step: &JsonObject,
    value: &RawValue,
    on: RequestKind,
) -> Result<AgentStep, String> {
    let content = json_string(value).ok_or("message: expected a text")?;
    check_placeholders("message", &content, on)?;
    let kind = match step.get("type").map(json_string) {
        None => MessageKind::Text,
        Some(name) => name
            .and_then(|name| MessageKind::from_name(&name))
            .ok_or_else(|| {
                let names = MessageKind::NAMES.map(|(name, _)| name).join(", ");
                format!("type: expected one of {names}")
            })?,
    };
    let url = match step.get("url").map(json_string) {
        None => None,
        Some(url) => Some(url.ok_or("url: expected a text")?),
    };
    if let Some(url) = &url {
        check_placeholders("url", url, on)?;
    }
    if (kind == MessageKind::Text) != url.is_none() {
        return Err(
            "url: required with image, video, audio and file, and not allowed with text".to_owned(),
        );
    }
    Ok(AgentStep::Trigger(Trigger::Message(Message {
        kind,
        content,
        url,
    })))
}

fn check_placeholders(field: &str, text: &str, on: RequestKind) -> Result<(), String> {
    for name in template::placeholder_names(text) {
        if !template::PLACEHOLDERS.contains(&name) {
            let known = template::PLACEHOLDERS
                .map(|name| format!("{{{name}}}"))
                .join(", ");
            return Err(format!(
                "{field}: {{{name}}} is unknown; expected one of {known}"
            ));
        }
        if name == "content" && on != RequestKind::Message {
            return Err(format!(
                "{field}: {{content}} is allowed in rules on message only, not on {}",
                on.name()
            ));
        }
    }
    Ok(())
}

fn parse_raw(value: &RawValue) -> Result<RawBody, String> {
    match json_string(value) {
        Some(text) => Ok(RawBody::Text(text)),
        None if value.get().starts_with('{') => Ok(RawBody::Json(value.get().to_owned())),
        None => Err("raw: expected an object, or a text of literal bytes".to_owned()),
    }
}

fn parse_hex(value: &RawValue) -> Result<Bytes, String> {
    let error = || "hex: expected pairs of hexadecimal digits".to_owned();
    let digits: Vec<u8> = json_string(value)
        .ok_or_else(error)?
        .bytes()
        .filter(|byte| *byte != b' ')
        .collect();
    let nibble = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(nibble(*high)? << 4 | nibble(*low)?),
            _ => None,
        })
        .collect::<Option<Vec<u8>>>()
        .map(Bytes::from)
        .ok_or_else(error)
}

fn parse_content_type(value: Option<&RawValue>) -> Result<Option<HeaderValue>, String> {
    match value {
        None => Ok(Some(HeaderValue::from_static("application/json"))),
        Some(value) if value.get() == "null" => Ok(None),
        Some(value) => json_string(value)
            .and_then(|text| HeaderValue::from_str(&text).ok())
            .map(Some)
            .ok_or_else(|| "contentType: expected the value of a header, or null".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, on: RequestKind) -> Result<AgentStep, String> {
        AgentStep::parse(serde_json::from_str(json).unwrap(), on)
    }

    #[test]
    fn raw_steps_preserve_their_bytes() {
        let json_type = Some(HeaderValue::from_static("application/json"));
        let object = r#"{"status":"queued", "position":1.0,"clientId":"{clientId}"}"#.to_owned();
        let raw = |body: RawBody, content_type: Option<HeaderValue>| {
            Ok(AgentStep::Raw { body, content_type })
        };
        assert_eq!(
            read(&format!(r#"{{"raw":{object}}}"#), RequestKind::Start),
            raw(RawBody::Json(object), json_type)
        );
        assert_eq!(
            read(r#"{"raw":"{}","contentType":null}"#, RequestKind::Start),
            raw(RawBody::Text("{}".to_owned()), None)
        );
        assert_eq!(
            read(
                r#"{"hex":"7B ff","contentType":"text/plain"}"#,
                RequestKind::Start
            ),
            raw(
                RawBody::Bytes(Bytes::from_static(b"{\xff")),
                Some(HeaderValue::from_static("text/plain"))
            )
        );
    }

    #[test]
    fn an_invalid_step_is_an_error() {
        let forms = "expected one of accepted, unavailable, typing, cleared, finish, echo, again, or an object with wait, message, queued, transferred, raw or hex";
        let cases = [
            (r#""typping""#, format!("\"typping\" is unknown; {forms}")),
            ("5", forms.to_owned()),
            ("{}", forms.to_owned()),
            (r#"{"pause":5}"#, format!("\"pause\" is unknown; {forms}")),
            (r#"{"wait":-1}"#, "wait: expected milliseconds from 0 to 3600000".to_owned()),
            (r#"{"wait":"5"}"#, "wait: expected milliseconds from 0 to 3600000".to_owned()),
            (r#"{"wait":5,"message":"a"}"#, "field \"message\" is unknown here; expected wait".to_owned()),
            (r#"{"queued":0}"#, "queued: expected a position in the queue, counted from 1".to_owned()),
            (r#"{"transferred":"2"}"#, "transferred: expected a department's id, a whole number".to_owned()),
            (r#"{"message":"a","type":"image"}"#, "url: required with image, video, audio and file, and not allowed with text".to_owned()),
            (r#"{"message":"a","url":"https://a/"}"#, "url: required with image, video, audio and file, and not allowed with text".to_owned()),
            (r#"{"message":"a","type":"gif","url":"https://a/"}"#, "type: expected one of text, image, video, audio, file".to_owned()),
            (r#"{"message":5}"#, "message: expected a text".to_owned()),
            (
                r#"{"message":"{costumerName}"}"#,
                "message: {costumerName} is unknown; expected one of {content}, {clientId}, {customerName}, {hash}".to_owned(),
            ),
            (r#"{"raw":5}"#, "raw: expected an object, or a text of literal bytes".to_owned()),
            (r#"{"hex":"7"}"#, "hex: expected pairs of hexadecimal digits".to_owned()),
            (r#"{"hex":"zz"}"#, "hex: expected pairs of hexadecimal digits".to_owned()),
            (r#"{"raw":{},"contentType":"a\nb"}"#, "contentType: expected the value of a header, or null".to_owned()),
        ];
        for (step, expected) in cases {
            assert_eq!(read(step, RequestKind::Message), Err(expected), "{step}");
        }
        let no_message = "message: {content} is allowed in rules on message only, not on start";
        assert_eq!(
            read(r#"{"message":"{content}"}"#, RequestKind::Start),
            Err(no_message.to_owned())
        );
    }
}
