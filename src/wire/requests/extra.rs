//! The application's own fields of a start. The service returns them in each trigger of the interaction.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::wire::Redacted;
use crate::wire::json::json_value::Tokens;

/// A JSON object of the application. It is printed as `[redacted]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Extra(Redacted);

/// The library's key for the client id, in the same object.
pub(crate) const CLIENT_ID: &str = "clientId";
/// The library's key for the bot id.
pub(crate) const BOT_ID: &str = "botId";

/// The reason why a text cannot be used as extra fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtraError {
    /// It is not a JSON object.
    NotAnObject,
    /// It has a key of the library.
    Reserved,
}

impl fmt::Display for ExtraError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ExtraError::NotAnObject => "one JSON object, such as {\"order\":\"42\"}",
            ExtraError::Reserved => {
                "a JSON object without the keys clientId and botId, which the library uses for the ids"
            }
        })
    }
}

impl Extra {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// [`ExtraError`] if the text is not a JSON object, or has a key of the library.
    pub fn parse(json: &str) -> Result<Extra, ExtraError> {
        let fields: Fields = serde_json::from_str(json).map_err(|_| ExtraError::NotAnObject)?;
        let reserved = |(key, _): &(String, _)| key == CLIENT_ID || key == BOT_ID;
        if fields.0.iter().any(reserved) {
            return Err(ExtraError::Reserved);
        }
        Ok(Extra(json.into()))
    }

    /// Returns the JSON object.
    pub fn json(&self) -> &str {
        self.0.expose()
    }

    /// Returns the object for the service: the extra fields and the ids.
    pub(crate) fn with_ids(
        extra: Option<&Extra>,
        client_id: &str,
        bot_id: Option<&str>,
    ) -> Box<RawValue> {
        // `parse` has checked it.
        let own = extra.and_then(|extra| serde_json::from_str::<Fields>(extra.json()).ok());
        let mut fields = vec![(CLIENT_ID.to_owned(), raw_string(client_id))];
        if let Some(bot_id) = bot_id {
            fields.push((BOT_ID.to_owned(), raw_string(bot_id)));
        }
        fields.extend(own.into_iter().flat_map(|own| own.0));
        Fields(fields).to_raw()
    }

    /// Removes all its values from another text.
    pub(crate) fn scrub(&self, text: &mut String) {
        self.0.scrub(text);
        let mut tokens = Tokens(self.json()).peekable();
        while let Some(token) = tokens.next() {
            // The keys are not secret.
            if tokens.next_if_eq(&":").is_some() {
                continue;
            }
            if let Ok(value) = serde_json::from_str::<String>(token) {
                Redacted::from(value).scrub(text);
            } else if token.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
                Redacted::from(token).scrub(text);
            }
        }
    }
}

impl<'de> Deserialize<'de> for Extra {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Extra::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// The field `extra` of a trigger.
#[derive(Default)]
pub(crate) struct ReturnedExtra {
    /// The JSON text of the customer's id.
    pub client_id: Option<Box<RawValue>>,
    /// The JSON text of the bot's id.
    pub bot_id: Option<Box<RawValue>>,
    /// The application's fields, if there are any.
    pub fields: Option<Redacted>,
}

impl ReturnedExtra {
    /// Parses the field of a trigger. A value that is not an object belongs to the application.
    pub fn parse(json: &RawValue) -> ReturnedExtra {
        let Ok(fields) = serde_json::from_str::<Fields>(json.get()) else {
            let own = (json.get() != "null").then(|| json.get().into());
            return ReturnedExtra {
                fields: own,
                ..ReturnedExtra::default()
            };
        };
        let mut returned = ReturnedExtra::default();
        let mut own = Vec::new();
        for (key, value) in fields.0 {
            match key.as_str() {
                CLIENT_ID => returned.client_id = Some(value),
                BOT_ID => returned.bot_id = Some(value),
                _ => own.push((key, value)),
            }
        }
        returned.fields = (!own.is_empty()).then(|| Fields(own).to_raw().get().into());
        returned
    }
}

/// The fields of an object in their order, with raw values.
struct Fields(Vec<(String, Box<RawValue>)>);

impl Fields {
    fn to_raw(&self) -> Box<RawValue> {
        // All keys are strings, and each value is valid JSON.
        serde_json::value::to_raw_value(self).expect("fields of JSON are JSON")
    }
}

fn raw_string(text: &str) -> Box<RawValue> {
    // Writing a string as JSON cannot fail.
    serde_json::value::to_raw_value(text).expect("a string is JSON")
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_contains_the_ids_and_the_unchanged_fields() {
        let extra = Extra::parse(r#"{"order": 1.50, "who":{"a":[1,2]}}"#).unwrap();
        let sent = Extra::with_ids(Some(&extra), "12", Some("b"));
        assert_eq!(
            sent.get(),
            r#"{"clientId":"12","botId":"b","order":1.50,"who":{"a":[1,2]}}"#
        );
        let returned = ReturnedExtra::parse(&sent);
        assert_eq!(returned.client_id.unwrap().get(), r#""12""#);
        assert_eq!(returned.bot_id.unwrap().get(), r#""b""#);
        assert_eq!(
            returned.fields.unwrap().expose(),
            r#"{"order":1.50,"who":{"a":[1,2]}}"#
        );
        assert_eq!(
            Extra::with_ids(None, "12", None).get(),
            r#"{"clientId":"12"}"#
        );
    }

    #[test]
    fn other_values_and_keys_of_the_library_are_rejected() {
        for (json, expected) in [
            ("", ExtraError::NotAnObject),
            ("[1]", ExtraError::NotAnObject),
            ("{\"a\":", ExtraError::NotAnObject),
            (r#"{"clientId":"7"}"#, ExtraError::Reserved),
            (r#"{"a":1,"botId":null}"#, ExtraError::Reserved),
        ] {
            assert_eq!(Extra::parse(json), Err(expected), "{json}");
        }
    }

    #[test]
    fn debug_output_and_scrubbed_texts_omit_the_values() {
        let extra = Extra::parse(r#"{"who":[{"cpf":12345678909,"name":"Ana Maria"}]}"#).unwrap();
        assert_eq!(format!("{extra:?}"), "Extra([redacted])");
        let mut text = "no such cpf 12345678909 of Ana Maria".to_owned();
        extra.scrub(&mut text);
        assert_eq!(text, "no such cpf [redacted] of [redacted]");
    }
}
