//! One step of a scenario's rule; the forms are described in `scenario`.

use crate::sandbox::agents::template;
use crate::sandbox::customers::customer_action::CustomerRequest;
use crate::sandbox::json_object::{Object, text_of};
use crate::sandbox::state::message::{Kind, Message};
use crate::sandbox::state::trigger::{STATUSES, Trigger};
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use serde_json::value::RawValue;
use std::time::Duration;

/// What an agent does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Wait(Duration),
    /// Posts this, its texts filled in.
    Trigger(Trigger),
    /// Posts the customer's message back, as it was.
    Echo,
    /// Posts once more what was posted last, byte for byte.
    Again,
    Raw {
        body: Raw,
        content_type: Option<HeaderValue>,
    },
}

/// What a raw step posts; the first two with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Raw {
    Object(String),
    Text(String),
    Bytes(Bytes),
}

const LONGEST_WAIT_MS: u64 = 3_600_000;

impl Step {
    /// Reads a step of a rule for `on`.
    pub fn read(json: &RawValue, on: CustomerRequest) -> Result<Step, String> {
        let forms = format!(
            "expected one of {}, echo, again, or an object with wait, message, queued, transferred, raw or hex",
            STATUSES.join(", ")
        );
        if let Some(name) = text_of(json) {
            return word(&name, on, &forms);
        }
        if !json.get().starts_with('{') {
            return Err(forms);
        }
        let step = Object::read_as("a step", json.get().as_bytes())?;
        let beside = ["contentType", "type", "url"];
        let Some(form) = step.names().find(|name| !beside.contains(name)) else {
            return Err(forms);
        };
        // Known before it is used: every arm but the last is one of the forms.
        let value = step.get(form).ok_or_else(|| forms.clone())?;
        let body = match form {
            "wait" => {
                step.only(&["wait"])?;
                return wait(value);
            }
            "message" => {
                step.only(&["message", "type", "url"])?;
                return message(&step, value, on);
            }
            "queued" => {
                step.only(&["queued"])?;
                return queued(value);
            }
            "transferred" => {
                step.only(&["transferred"])?;
                return transferred(value);
            }
            "raw" => raw(value)?,
            "hex" => Raw::Bytes(hex(value)?),
            _ => return Err(format!("{form:?} is unknown; {forms}")),
        };
        step.only(&[form, "contentType"])?;
        Ok(Step::Raw {
            body,
            content_type: content_type(step.get("contentType"))?,
        })
    }
}

fn word(name: &str, on: CustomerRequest, forms: &str) -> Result<Step, String> {
    if name == "again" {
        return Ok(Step::Again);
    }
    if name == "echo" {
        return match on {
            CustomerRequest::Message => Ok(Step::Echo),
            _ => Err(format!("echo is a message's; a {} has none", on.name())),
        };
    }
    let status = STATUSES.into_iter().find(|status| *status == name);
    status
        .map(|status| Step::Trigger(Trigger::Status(status)))
        .ok_or_else(|| format!("{name:?} is unknown; {forms}"))
}

fn queued(value: &RawValue) -> Result<Step, String> {
    match value.get().parse() {
        Ok(position) if position > 0 => Ok(Step::Trigger(Trigger::Queued(position))),
        _ => Err("queued: expected a place in the queue, counted from 1".to_owned()),
    }
}

fn transferred(value: &RawValue) -> Result<Step, String> {
    match value.get().parse::<u64>() {
        Ok(_) => Ok(Step::Trigger(Trigger::Transferred(value.get().to_owned()))),
        Err(_) => Err("transferred: expected a department's id, a whole number".to_owned()),
    }
}

fn wait(value: &RawValue) -> Result<Step, String> {
    match value.get().parse::<u64>() {
        Ok(milliseconds) if milliseconds <= LONGEST_WAIT_MS => {
            Ok(Step::Wait(Duration::from_millis(milliseconds)))
        }
        _ => Err(format!(
            "wait: expected milliseconds from 0 to {LONGEST_WAIT_MS}"
        )),
    }
}

fn message(step: &Object, value: &RawValue, on: CustomerRequest) -> Result<Step, String> {
    let content = text_of(value).ok_or("message: expected a text")?;
    check_names("message", &content, on)?;
    let kind = match step.get("type").map(text_of) {
        None => Kind::Text,
        Some(name) => name.and_then(|name| Kind::of(&name)).ok_or_else(|| {
            let names = Kind::NAMES.map(|(name, _)| name).join(", ");
            format!("type: expected one of {names}")
        })?,
    };
    let url = match step.get("url").map(text_of) {
        None => None,
        Some(url) => Some(url.ok_or("url: expected a text")?),
    };
    if let Some(url) = &url {
        check_names("url", url, on)?;
    }
    if (kind == Kind::Text) != url.is_none() {
        return Err("url: goes with image, video, audio and file, which need it".to_owned());
    }
    Ok(Step::Trigger(Trigger::Message(Message {
        kind,
        content,
        url,
    })))
}

fn check_names(field: &str, text: &str, on: CustomerRequest) -> Result<(), String> {
    for name in template::names(text) {
        if !template::PLACEHOLDERS.contains(&name) {
            let known = template::PLACEHOLDERS
                .map(|name| format!("{{{name}}}"))
                .join(", ");
            return Err(format!(
                "{field}: {{{name}}} is unknown; expected one of {known}"
            ));
        }
        if name == "content" && on != CustomerRequest::Message {
            return Err(format!(
                "{field}: {{content}} is a message's text; a {} has none",
                on.name()
            ));
        }
    }
    Ok(())
}

fn raw(value: &RawValue) -> Result<Raw, String> {
    match text_of(value) {
        Some(text) => Ok(Raw::Text(text)),
        None if value.get().starts_with('{') => Ok(Raw::Object(value.get().to_owned())),
        None => Err("raw: expected an object, or a text of literal bytes".to_owned()),
    }
}

fn hex(value: &RawValue) -> Result<Bytes, String> {
    let wrong = || "hex: expected pairs of hexadecimal digits".to_owned();
    let digits: Vec<u8> = text_of(value)
        .ok_or_else(wrong)?
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
        .ok_or_else(wrong)
}

fn content_type(value: Option<&RawValue>) -> Result<Option<HeaderValue>, String> {
    match value {
        None => Ok(Some(HeaderValue::from_static("application/json"))),
        Some(value) if value.get() == "null" => Ok(None),
        Some(value) => text_of(value)
            .and_then(|text| HeaderValue::from_str(&text).ok())
            .map(Some)
            .ok_or_else(|| "contentType: expected the value of a header, or null".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, on: CustomerRequest) -> Result<Step, String> {
        Step::read(serde_json::from_str(json).unwrap(), on)
    }

    #[test]
    fn raw_steps_keep_their_bytes() {
        let json_type = Some(HeaderValue::from_static("application/json"));
        let object = r#"{"status":"queued", "position":1.0,"clientId":"{clientId}"}"#.to_owned();
        let raw =
            |body: Raw, content_type: Option<HeaderValue>| Ok(Step::Raw { body, content_type });
        assert_eq!(
            read(&format!(r#"{{"raw":{object}}}"#), CustomerRequest::Start),
            raw(Raw::Object(object), json_type)
        );
        assert_eq!(
            read(r#"{"raw":"{}","contentType":null}"#, CustomerRequest::Start),
            raw(Raw::Text("{}".to_owned()), None)
        );
        assert_eq!(
            read(
                r#"{"hex":"7B ff","contentType":"text/plain"}"#,
                CustomerRequest::Start
            ),
            raw(
                Raw::Bytes(Bytes::from_static(b"{\xff")),
                Some(HeaderValue::from_static("text/plain"))
            )
        );
    }

    #[test]
    fn says_what_is_wrong_and_what_was_expected() {
        let forms = "expected one of accepted, unavailable, typing, cleared, finish, echo, again, or an object with wait, message, queued, transferred, raw or hex";
        let cases = [
            (r#""typping""#, format!("\"typping\" is unknown; {forms}")),
            ("5", forms.to_owned()),
            ("{}", forms.to_owned()),
            (r#"{"pause":5}"#, format!("\"pause\" is unknown; {forms}")),
            (r#"{"wait":-1}"#, "wait: expected milliseconds from 0 to 3600000".to_owned()),
            (r#"{"wait":"5"}"#, "wait: expected milliseconds from 0 to 3600000".to_owned()),
            (r#"{"wait":5,"message":"a"}"#, "field \"message\" is unknown here; expected wait".to_owned()),
            (r#"{"queued":0}"#, "queued: expected a place in the queue, counted from 1".to_owned()),
            (r#"{"transferred":"2"}"#, "transferred: expected a department's id, a whole number".to_owned()),
            (r#"{"message":"a","type":"image"}"#, "url: goes with image, video, audio and file, which need it".to_owned()),
            (r#"{"message":"a","url":"https://a/"}"#, "url: goes with image, video, audio and file, which need it".to_owned()),
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
            assert_eq!(
                read(step, CustomerRequest::Message),
                Err(expected),
                "{step}"
            );
        }
        let no_text = "message: {content} is a message's text; a start has none";
        assert_eq!(
            read(r#"{"message":"{content}"}"#, CustomerRequest::Start),
            Err(no_text.to_owned())
        );
    }
}
