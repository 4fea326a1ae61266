//! The fields of a response that report success or failure, and the search for them in a body of any format.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::wire::body::lenient_json;
use crate::wire::json::json_value::{compact, parse_string};
use crate::wire::responses::field_verdict::{
    FieldVerdict, is_empty, is_token_rejection, names_no_error,
};

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

/// The result that a body reports, and its reason.
#[derive(Debug, Default)]
pub struct ResponseResult {
    pub verdict: FieldVerdict,
    /// `None` if the body contains no object.
    pub reason: Option<Reason>,
    /// Whether a `status` is 401 or 403.
    pub rejects_token: bool,
}

impl ResponseResult {
    fn unclear() -> Self {
        ResponseResult {
            verdict: FieldVerdict::Unclear,
            ..Self::default()
        }
    }

    fn join(self, other: Self) -> Self {
        ResponseResult {
            verdict: self.verdict.join(other.verdict),
            reason: match (self.reason, other.reason) {
                (Some(Reason::Given(text)), _) => Some(Reason::Given(text)),
                (one, other) => other.or(one),
            },
            rejects_token: self.rejects_token || other.rejects_token,
        }
    }
}

/// Searches a body for objects that report a result. An object may be the body itself, an entry of an array, in a string that
/// contains JSON, or in other text. For example, PHP prints warnings before it.
pub fn find_result(body: &str) -> ResponseResult {
    let text = body.trim_start_matches(lenient_json::is_blank);
    let parsed = match text.chars().next() {
        Some('{') => {
            let parsed = lenient_json::parse(body, |json| {
                serde_json::from_str::<ResponseObject>(json).map(|object| object.result())
            });
            return parsed.unwrap_or_else(|_| ResponseResult::unclear());
        }
        Some('[') => lenient_json::parse(body, parse_entries),
        Some('"') => lenient_json::parse(body, |json| {
            serde_json::from_str::<String>(json).map(|inner| find_in_text(&inner))
        }),
        _ if text.trim_end_matches(lenient_json::is_blank) == "false" => {
            return ResponseResult::unclear();
        }
        _ => return find_in_text(text),
    };
    parsed.unwrap_or_else(|_| find_in_text(text))
}

/// Returns whether a body is an object that reports a failure in a form of the service's page.
pub fn reports_documented_failure(body: &str) -> bool {
    let is_failure = |json: &str| {
        serde_json::from_str::<ResponseObject>(json)
            .map(|object| object.verdict() == FieldVerdict::Failure)
    };
    let text = body.trim_start_matches(lenient_json::is_blank);
    text.starts_with('{') && lenient_json::parse(body, is_failure).unwrap_or(true)
}

fn parse_entries(json: &str) -> serde_json::Result<ResponseResult> {
    let entries: Vec<&RawValue> = serde_json::from_str(json)?;
    let objects = entries
        .iter()
        .filter(|entry| entry.get().starts_with('{'))
        .map(|entry| serde_json::from_str::<ResponseObject>(entry.get()));
    objects.map(|object| Ok(object?.result())).try_fold(
        ResponseResult::default(),
        |found, next: serde_json::Result<_>| Ok(found.join(next?)),
    )
}

/// Searches a text for JSON objects.
fn find_in_text(text: &str) -> ResponseResult {
    let mut found = ResponseResult::default();
    let mut rest = text;
    while let Some(begin) = rest.find('{') {
        rest = &rest[begin..];
        let within = rest[1..].trim_start();
        if !within.starts_with(['"', '}']) {
            // For example a style sheet.
            rest = &rest[1..];
            continue;
        }
        let mut objects = serde_json::Deserializer::from_str(rest).into_iter::<ResponseObject>();
        match objects.next() {
            Some(Ok(object)) => found = found.join(object.result()),
            // Each further search would parse the same text again.
            _ => return found.join(ResponseResult::unclear()),
        }
        rest = &rest[objects.byte_offset()..];
    }
    found
}

/// The fields of a response, as raw values.
#[derive(Default)]
struct ResponseObject<'a> {
    status: FieldVerdict,
    success: FieldVerdict,
    error: FieldVerdict,
    errors: FieldVerdict,
    /// The texts of `message`, `error` and `errors`. If a key occurs twice, the last value that is not empty.
    texts: [Option<&'a RawValue>; 3],
    rejects_token: bool,
    /// Whether it has other keys.
    has_other_keys: bool,
}

impl ResponseObject<'_> {
    fn verdict(&self) -> FieldVerdict {
        FieldVerdict::join_fields([self.status, self.success, self.error, self.errors])
    }

    fn result(&self) -> ResponseResult {
        ResponseResult {
            verdict: self.verdict(),
            reason: Some(self.reason()),
            rejects_token: self.rejects_token,
        }
    }

    /// Returns the texts of a rejection.
    fn reason(&self) -> Reason {
        let texts: Vec<String> = self.texts.into_iter().flatten().map(to_text).collect();
        match (texts.is_empty(), self.has_other_keys) {
            (false, _) => Reason::Given(texts.join(": ")),
            (true, true) => Reason::Unreadable,
            (true, false) => Reason::Missing,
        }
    }
}

/// Returns the text of a string, or any other value as JSON without blanks.
fn to_text(value: &RawValue) -> String {
    match parse_string::<serde_json::Error>(value) {
        Ok(Some(text)) => text,
        _ => compact(value),
    }
}

impl<'de> Deserialize<'de> for ResponseObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsParser;

        impl<'de> Visitor<'de> for FieldsParser {
            type Value = ResponseObject<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<ResponseObject<'de>, A::Error> {
                let mut object = ResponseObject::default();
                while let Some(key) = map.next_key::<Key>()? {
                    if key == Key::Other {
                        object.has_other_keys = true;
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    let value: &RawValue = map.next_value()?;
                    object.rejects_token |= key == Key::Status && is_token_rejection(value);
                    let (field, verdict) = match key {
                        Key::Status => (&mut object.status, FieldVerdict::of_status(value)),
                        Key::Success => (&mut object.success, FieldVerdict::of_success(value)),
                        Key::Error => (&mut object.error, FieldVerdict::of_error(value)),
                        Key::Errors => (&mut object.errors, FieldVerdict::of_errors(value)),
                        Key::Message | Key::Other => (&mut object.errors, FieldVerdict::Silent),
                    };
                    *field = field.join(verdict);
                    let (text, is_text) = match key {
                        Key::Message => (&mut object.texts[0], !is_empty(value)),
                        Key::Error => (&mut object.texts[1], !names_no_error(value)),
                        Key::Errors => (&mut object.texts[2], !names_no_error(value)),
                        _ => continue,
                    };
                    if is_text {
                        *text = Some(value);
                    }
                }
                Ok(object)
            }
        }

        deserializer.deserialize_map(FieldsParser)
    }
}

/// A key, in upper or lower case.
#[derive(Clone, Copy, PartialEq)]
enum Key {
    Status,
    Success,
    Message,
    Error,
    Errors,
    Other,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyParser;

        impl Visitor<'_> for KeyParser {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E>(self, key: &str) -> Result<Key, E> {
                const KEYS: [(&str, Key); 5] = [
                    ("status", Key::Status),
                    ("success", Key::Success),
                    ("message", Key::Message),
                    ("error", Key::Error),
                    ("errors", Key::Errors),
                ];
                let known = KEYS.iter().find(|(name, _)| key.eq_ignore_ascii_case(name));
                Ok(known.map_or(Key::Other, |(_, key)| *key))
            }
        }

        deserializer.deserialize_identifier(KeyParser)
    }
}
