//! The application's own fields, which the service gives back on each trigger of the interaction.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::wire::Redacted;
use crate::wire::json::json_value::Tokens;

/// A JSON object of the application's. It shows as `[redacted]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Extra(Redacted);

/// The keys that stand beside the application's own, and are the library's.
pub(crate) const CLIENT_ID: &str = "clientId";
/// The other one.
pub(crate) const BOT_ID: &str = "botId";

/// Why a text can't be extra fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoExtra {
    /// It is no JSON object.
    NotAnObject,
    /// It has a key that is the library's.
    Reserved,
}

impl fmt::Display for NoExtra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NoExtra::NotAnObject => "one JSON object, such as {\"order\":\"42\"}",
            NoExtra::Reserved => {
                "a JSON object without the keys clientId and botId, in which the library sends the ids"
            }
        })
    }
}

impl Extra {
    /// Reads a JSON object.
    ///
    /// # Errors
    /// It is none, or has a key that is the library's.
    pub fn parse(json: &str) -> Result<Extra, NoExtra> {
        let fields: Fields = serde_json::from_str(json).map_err(|_| NoExtra::NotAnObject)?;
        let reserved = |(key, _): &(String, _)| key == CLIENT_ID || key == BOT_ID;
        if fields.0.iter().any(reserved) {
            return Err(NoExtra::Reserved);
        }
        Ok(Extra(json.into()))
    }

    /// The JSON object.
    pub fn json(&self) -> &str {
        self.0.expose()
    }

    /// The object as it goes to the service, with the ids in it.
    pub(crate) fn sent(
        extra: Option<&Extra>,
        client_id: &str,
        bot_id: Option<&str>,
    ) -> Box<RawValue> {
        // It was read when it was made, and what was written down is read again like that.
        let own = extra.and_then(|extra| serde_json::from_str::<Fields>(extra.json()).ok());
        let mut fields = vec![(CLIENT_ID.to_owned(), raw(client_id))];
        if let Some(bot_id) = bot_id {
            fields.push((BOT_ID.to_owned(), raw(bot_id)));
        }
        fields.extend(own.into_iter().flat_map(|own| own.0));
        Fields(fields).raw()
    }

    /// Takes all that is in it out of a text that comes from elsewhere.
    pub(crate) fn scrub(&self, text: &mut String) {
        self.0.scrub(text);
        let mut tokens = Tokens(self.json()).peekable();
        while let Some(token) = tokens.next() {
            // The names of the fields are no secret.
            if tokens.next_if_eq(&":").is_some() {
                continue;
            }
            if let Ok(personal) = serde_json::from_str::<String>(token) {
                Redacted::from(personal).scrub(text);
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

/// What came back with a trigger.
#[derive(Default)]
pub(crate) struct Returned {
    /// The JSON text of the customer's id.
    pub client_id: Option<Box<RawValue>>,
    /// The JSON text of the bot's id.
    pub bot_id: Option<Box<RawValue>>,
    /// The application's own fields, where there are any.
    pub own: Option<Redacted>,
}

impl Returned {
    /// Reads the object that a trigger carries. What is no object is the application's own.
    pub fn read(json: &RawValue) -> Returned {
        let Ok(fields) = serde_json::from_str::<Fields>(json.get()) else {
            let own = (json.get() != "null").then(|| json.get().into());
            return Returned {
                own,
                ..Returned::default()
            };
        };
        let mut returned = Returned::default();
        let mut own = Vec::new();
        for (key, value) in fields.0 {
            match key.as_str() {
                CLIENT_ID => returned.client_id = Some(value),
                BOT_ID => returned.bot_id = Some(value),
                _ => own.push((key, value)),
            }
        }
        returned.own = (!own.is_empty()).then(|| Fields(own).raw().get().into());
        returned
    }
}

/// An object's fields, in their order, each value as it was written.
struct Fields(Vec<(String, Box<RawValue>)>);

impl Fields {
    fn raw(&self) -> Box<RawValue> {
        // Keys are strings, and each value is JSON already.
        serde_json::value::to_raw_value(self).expect("fields of JSON are JSON")
    }
}

fn raw(text: &str) -> Box<RawValue> {
    // Every text can be written as a string of JSON.
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
    fn the_application_s_fields_travel_beside_the_ids_as_they_were_written() {
        let extra = Extra::parse(r#"{"order": 1.50, "who":{"a":[1,2]}}"#).unwrap();
        let sent = Extra::sent(Some(&extra), "12", Some("b"));
        assert_eq!(
            sent.get(),
            r#"{"clientId":"12","botId":"b","order":1.50,"who":{"a":[1,2]}}"#
        );
        let returned = Returned::read(&sent);
        assert_eq!(returned.client_id.unwrap().get(), r#""12""#);
        assert_eq!(returned.bot_id.unwrap().get(), r#""b""#);
        assert_eq!(
            returned.own.unwrap().expose(),
            r#"{"order":1.50,"who":{"a":[1,2]}}"#
        );
        assert_eq!(Extra::sent(None, "12", None).get(), r#"{"clientId":"12"}"#);
    }

    #[test]
    fn what_is_no_object_or_takes_the_library_s_keys_is_refused() {
        for (json, why) in [
            ("", NoExtra::NotAnObject),
            ("[1]", NoExtra::NotAnObject),
            ("{\"a\":", NoExtra::NotAnObject),
            (r#"{"clientId":"7"}"#, NoExtra::Reserved),
            (r#"{"a":1,"botId":null}"#, NoExtra::Reserved),
        ] {
            assert_eq!(Extra::parse(json), Err(why), "{json}");
        }
    }

    #[test]
    fn nothing_of_it_is_shown() {
        let extra = Extra::parse(r#"{"who":[{"cpf":12345678909,"name":"Ana Maria"}]}"#).unwrap();
        assert_eq!(format!("{extra:?}"), "Extra([redacted])");
        let mut text = "no such cpf 12345678909 of Ana Maria".to_owned();
        extra.scrub(&mut text);
        assert_eq!(text, "no such cpf [redacted] of [redacted]");
    }
}
