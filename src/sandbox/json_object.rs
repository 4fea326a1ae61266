//! A JSON object as it came: its fields in their order, each value's text untouched.
//!
//! `serde_json::Value` would sort the fields, keep the last of two equal names and rewrite numbers. The sandbox is
//! strict about the second, and shows in its transcript what was really sent.

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::collections::HashSet;
use std::fmt;

/// What stands in the transcript in the place of a token.
const REDACTED: &str = "[redacted]";

pub(crate) struct Object {
    fields: Vec<(String, Box<RawValue>)>,
}

/// Why bytes are no object; the text says where, and repeats nothing of a value.
pub(crate) enum NotAnObject {
    NotJson(String),
    OtherJson,
    RepeatedField(String),
}

impl Object {
    pub fn read(bytes: &[u8]) -> Result<Object, NotAnObject> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            NotAnObject::NotJson(format!("no UTF-8 at byte {}", error.valid_up_to()))
        })?;
        let raw: &RawValue =
            serde_json::from_str(text).map_err(|error| NotAnObject::NotJson(error.to_string()))?;
        if !raw.get().starts_with('{') {
            return Err(NotAnObject::OtherJson);
        }
        let object: Object =
            serde_json::from_str(text).map_err(|error| NotAnObject::NotJson(error.to_string()))?;
        match object.repeated() {
            Some(name) => Err(NotAnObject::RepeatedField(name.to_owned())),
            None => Ok(object),
        }
    }

    /// The object of texts that a query stands for.
    pub fn of_query<'a>(
        pairs: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Object, NotAnObject> {
        let json = |text: &str| serde_json::value::to_raw_value(text);
        let fields: Result<Vec<_>, _> = pairs
            .map(|(name, value)| Ok((name.to_owned(), json(value)?)))
            .collect();
        let fields =
            fields.map_err(|error: serde_json::Error| NotAnObject::NotJson(error.to_string()))?;
        let object = Object { fields };
        match object.repeated() {
            Some(name) => Err(NotAnObject::RepeatedField(name.to_owned())),
            None => Ok(object),
        }
    }

    /// Reads an object, saying in words what is wrong. `what` is what the object is, with its article.
    pub fn read_as(what: &str, bytes: &[u8]) -> Result<Object, String> {
        Object::read(bytes).map_err(|error| match error {
            NotAnObject::NotJson(why) => format!("no JSON: {why}"),
            NotAnObject::OtherJson => format!("expected an object that is {what}"),
            NotAnObject::RepeatedField(name) => format!("{name:?} is there twice"),
        })
    }

    /// Refuses every other field.
    pub fn only(&self, fields: &[&str]) -> Result<(), String> {
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

    /// The field's text when it is a JSON string.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(text_of)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    /// The object as the transcript shows it: all of it but the token.
    pub fn redacted(&self) -> Option<Box<RawValue>> {
        serde_json::value::to_raw_value(&Redacted(self)).ok()
    }

    fn repeated(&self) -> Option<&str> {
        // As many fields as a body holds may come, and comparing each with each would take minutes.
        let mut earlier = HashSet::new();
        self.names().find(|name| !earlier.insert(*name))
    }
}

/// The text of a JSON string; `None` for every other JSON, a string with half a surrogate pair included.
pub(crate) fn text_of(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry::<String, Box<RawValue>>()? {
                    fields.push(field);
                }
                Ok(Object { fields })
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

struct Redacted<'a>(&'a Object);

impl Serialize for Redacted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.fields.len()))?;
        for (name, value) in &self.0.fields {
            // A token under a misspelt name is a token still.
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

    fn read(text: &str) -> Object {
        Object::read(text.as_bytes()).ok().expect("an object")
    }

    #[test]
    fn keeps_order_and_digits_and_hides_the_token() {
        let object =
            read(r#" {"z":1.50,"Token":"secret","a":{"b": 9007199254740993},"token":"secret"} "#);
        assert_eq!(
            object.redacted().unwrap().get(),
            r#"{"z":1.50,"Token":"[redacted]","a":{"b": 9007199254740993},"token":"[redacted]"}"#
        );
    }

    #[test]
    fn tells_what_is_no_object() {
        let kind = |bytes: &[u8]| match Object::read(bytes) {
            Ok(_) => "object".to_owned(),
            Err(NotAnObject::NotJson(_)) => "not json".to_owned(),
            Err(NotAnObject::OtherJson) => "other json".to_owned(),
            Err(NotAnObject::RepeatedField(name)) => format!("repeats {name}"),
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
    fn half_a_surrogate_pair_is_no_text() {
        let object = read(r#"{"half":"\ud83d","whole":"\ud83d\ude00","number":12}"#);
        assert_eq!(object.text("half"), None);
        assert_eq!(object.text("whole").as_deref(), Some("😀"));
        assert_eq!(object.text("number"), None);
    }
}
