//! A JSON object that preserves the order of its fields and the text of its values.
//!
//! `serde_json::Value` would sort the fields, keep only the last of two equal names, and rewrite numbers. The sandbox
//! rejects duplicate fields, and its transcript shows the values exactly as they were sent.

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::collections::HashSet;
use std::fmt;

/// Replaces a token in the transcript.
const REDACTED: &str = "[redacted]";

pub(crate) struct JsonObject {
    fields: Vec<(String, Box<RawValue>)>,
}

/// The reason why bytes are not an object. It contains the position of the error, but no value.
pub(crate) enum JsonObjectError {
    NotJson(String),
    NotAnObject,
    DuplicateField(String),
}

impl JsonObject {
    pub fn parse(bytes: &[u8]) -> Result<JsonObject, JsonObjectError> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            JsonObjectError::NotJson(format!("invalid UTF-8 at byte {}", error.valid_up_to()))
        })?;
        let raw: &RawValue = serde_json::from_str(text)
            .map_err(|error| JsonObjectError::NotJson(error.to_string()))?;
        if !raw.get().starts_with('{') {
            return Err(JsonObjectError::NotAnObject);
        }
        let object: JsonObject = serde_json::from_str(text)
            .map_err(|error| JsonObjectError::NotJson(error.to_string()))?;
        match object.duplicate_field() {
            Some(name) => Err(JsonObjectError::DuplicateField(name.to_owned())),
            None => Ok(object),
        }
    }

    /// Returns the pairs of a query as an object of strings.
    pub fn from_query<'a>(
        pairs: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<JsonObject, JsonObjectError> {
        let json = |text: &str| serde_json::value::to_raw_value(text);
        let fields: Result<Vec<_>, _> = pairs
            .map(|(name, value)| Ok((name.to_owned(), json(value)?)))
            .collect();
        let fields = fields
            .map_err(|error: serde_json::Error| JsonObjectError::NotJson(error.to_string()))?;
        let object = JsonObject { fields };
        match object.duplicate_field() {
            Some(name) => Err(JsonObjectError::DuplicateField(name.to_owned())),
            None => Ok(object),
        }
    }

    /// Parses an object. The error is a text; `what` names the expected object, with its article.
    pub fn parse_as(what: &str, bytes: &[u8]) -> Result<JsonObject, String> {
        JsonObject::parse(bytes).map_err(|error| match error {
            JsonObjectError::NotJson(reason) => format!("not valid JSON: {reason}"),
            JsonObjectError::NotAnObject => format!("expected an object that is {what}"),
            JsonObjectError::DuplicateField(name) => format!("{name:?} occurs twice"),
        })
    }

    /// Fails if the object has any other field.
    pub fn allow_only(&self, fields: &[&str]) -> Result<(), String> {
        match self.names().find(|name| !fields.contains(name)) {
            Some(name) => Err(format!(
                "field {name:?} is unknown here; expected {}",
                fields.join(", ")
            )),
            None => Ok(()),
        }
    }

    pub fn get(&self, name: &str) -> Option<&RawValue> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| &**value)
    }

    /// Returns the field's text if it is a JSON string.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(json_string)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    /// Returns the object without its token, for the transcript.
    pub fn redacted(&self) -> Option<Box<RawValue>> {
        serde_json::value::to_raw_value(&RedactedObject(self)).ok()
    }

    fn duplicate_field(&self) -> Option<&str> {
        // A hash set, because comparing each pair of fields takes minutes for a body with many fields.
        let mut earlier = HashSet::new();
        self.names().find(|name| !earlier.insert(*name))
    }
}

/// Returns the text of a JSON string, or `None` for any other JSON and for a string with a lone surrogate.
pub(crate) fn json_string(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<JsonObject, D::Error> {
        struct FieldsReader;
        impl<'de> Visitor<'de> for FieldsReader {
            type Value = JsonObject;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonObject, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry::<String, Box<RawValue>>()? {
                    fields.push(field);
                }
                Ok(JsonObject { fields })
            }
        }
        deserializer.deserialize_map(FieldsReader)
    }
}

struct RedactedObject<'a>(&'a JsonObject);

impl Serialize for RedactedObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.fields.len()))?;
        for (name, value) in &self.0.fields {
            // Case-insensitive, so that a misspelled field name does not reveal the token.
            if name.eq_ignore_ascii_case("token") {
                map.serialize_entry(name, REDACTED)?;
            } else {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> JsonObject {
        JsonObject::parse(text.as_bytes()).ok().expect("an object")
    }

    #[test]
    fn redaction_preserves_order_and_digits() {
        let object =
            read(r#" {"z":1.50,"Token":"secret","a":{"b": 9007199254740993},"token":"secret"} "#);
        assert_eq!(
            object.redacted().unwrap().get(),
            r#"{"z":1.50,"Token":"[redacted]","a":{"b": 9007199254740993},"token":"[redacted]"}"#
        );
    }

    #[test]
    fn invalid_objects_are_classified() {
        let kind = |bytes: &[u8]| match JsonObject::parse(bytes) {
            Ok(_) => "object".to_owned(),
            Err(JsonObjectError::NotJson(_)) => "not json".to_owned(),
            Err(JsonObjectError::NotAnObject) => "other json".to_owned(),
            Err(JsonObjectError::DuplicateField(name)) => format!("repeats {name}"),
        };
        assert_eq!(kind(b"{}"), "object");
        assert_eq!(kind(b""), "not json");
        assert_eq!(kind(b"{} {}"), "not json");
        assert_eq!(kind(b"\xef\xbb\xbf{}"), "not json");
        assert_eq!(kind(b"{\"a\":\"\xe1\"}"), "not json");
        assert_eq!(kind(b"[1]"), "other json");
        assert_eq!(kind(br#"{"a":1,"b":2,"a":1}"#), "repeats a");
    }

    #[test]
    fn a_lone_surrogate_is_not_text() {
        let object = read(r#"{"half":"\ud83d","whole":"\ud83d\ude00","number":12}"#);
        assert_eq!(object.text("half"), None);
        assert_eq!(object.text("whole").as_deref(), Some("😀"));
        assert_eq!(object.text("number"), None);
    }
}
