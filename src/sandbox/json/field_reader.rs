//! Reads the fields of an object by type. A wrong type, an empty text or an unknown field is a rejection.

use crate::sandbox::json::json_object::{JsonObject, json_string};
use crate::sandbox::json::rejection::Rejection;
use hyper::Uri;
use serde_json::value::RawValue;

/// The number of characters of a client's text that an error or the transcript repeats.
pub(crate) const MAX_SHOWN_CHARS: usize = 40;

/// An object, and its field name if it is nested in another object.
#[derive(Clone, Copy)]
pub(crate) struct FieldReader<'a> {
    object: &'a JsonObject,
    parent: &'static str,
}

impl<'a> FieldReader<'a> {
    pub fn new(object: &'a JsonObject) -> FieldReader<'a> {
        FieldReader { object, parent: "" }
    }

    pub fn nested(object: &'a JsonObject, parent: &'static str) -> FieldReader<'a> {
        FieldReader { object, parent }
    }

    /// Returns the field's text. Fails if it is missing, not a string, or empty.
    pub fn text(&self, field: &str) -> Result<String, Rejection> {
        let name = self.qualified_name(field);
        let value = self.object.get(field).ok_or_else(|| {
            Rejection::unprocessable(format!("{name} is missing; expected a JSON string"))
        })?;
        match json_string(value) {
            Some(text) if text.is_empty() => Err(Rejection::unprocessable(format!(
                "{name} is empty; expected a text that is not empty"
            ))),
            Some(text) => Ok(text),
            None => Err(Rejection::unprocessable(format!(
                "{name} is {}; expected a JSON string",
                json_type_name(value)
            ))),
        }
    }

    /// Returns the caption of a medium. No page says whether it is required, so it may be missing or empty.
    pub fn caption(&self, field: &str) -> Result<String, Rejection> {
        if self.equals(field, "") {
            return Ok(String::new());
        }
        Ok(self.optional_text(field)?.unwrap_or_default())
    }

    pub fn optional_text(&self, field: &str) -> Result<Option<String>, Rejection> {
        let name = self.qualified_name(field);
        let Some(value) = self.object.get(field) else {
            return Ok(None);
        };
        match json_string(value) {
            Some(text) if text.is_empty() => Err(Rejection::unprocessable(format!(
                "{name} is empty; expected a text that is not empty, or no such field"
            ))),
            Some(text) => Ok(Some(text)),
            None => Err(Rejection::unprocessable(format!(
                "{name} is {}; expected a JSON string, or no such field",
                json_type_name(value)
            ))),
        }
    }

    /// Returns whether the field is this text.
    pub fn equals(&self, field: &str, text: &str) -> bool {
        self.object.text(field).is_some_and(|value| value == text)
    }

    /// Returns the digits of a whole number.
    pub fn number(&self, field: &str) -> Result<String, Rejection> {
        let name = self.qualified_name(field);
        let value = self.object.get(field).ok_or_else(|| {
            Rejection::unprocessable(format!("{name} is missing; expected a JSON number"))
        })?;
        match value.get().parse::<u64>() {
            Ok(_) => Ok(value.get().to_owned()),
            Err(_) => Err(Rejection::unprocessable(format!(
                "{name} is {}; expected a whole JSON number",
                json_type_name(value)
            ))),
        }
    }

    pub fn optional_number(&self, field: &str) -> Result<Option<String>, Rejection> {
        match self.object.get(field) {
            None => Ok(None),
            Some(_) => self.number(field).map(Some),
        }
    }

    /// Returns the text if it is an absolute http or https URL.
    pub fn optional_url(&self, field: &str) -> Result<Option<String>, Rejection> {
        match self.optional_text(field)? {
            None => Ok(None),
            Some(url) if is_http_url(&url) => Ok(Some(url)),
            Some(_) => Err(Rejection::unprocessable(format!(
                "{} is not an absolute http or https URL",
                self.qualified_name(field)
            ))),
        }
    }

    /// Returns the matching choice. The comparison is case-sensitive.
    pub fn optional_choice(
        &self,
        field: &str,
        choices: &[&'static str],
    ) -> Result<Option<&'static str>, Rejection> {
        let Some(text) = self.optional_text(field)? else {
            return Ok(None);
        };
        let choice = choices.iter().find(|choice| **choice == text);
        choice.map(|choice| Some(*choice)).ok_or_else(|| {
            Rejection::unprocessable(format!(
                "{} is unknown; expected one of {}",
                self.qualified_name(field),
                choices.join(", ")
            ))
        })
    }

    /// Returns a nested object, parsed and as JSON text.
    pub fn optional_object(
        &self,
        field: &str,
    ) -> Result<Option<(JsonObject, &'a RawValue)>, Rejection> {
        let name = self.qualified_name(field);
        let Some(value) = self.object.get(field) else {
            return Ok(None);
        };
        if !value.get().starts_with('{') {
            return Err(Rejection::unprocessable(format!(
                "{name} is {}; expected a JSON object",
                json_type_name(value)
            )));
        }
        match JsonObject::parse(value.get().as_bytes()) {
            Ok(object) => Ok(Some((object, value))),
            Err(_) => Err(Rejection::unprocessable(format!(
                "{name} contains a field twice"
            ))),
        }
    }

    /// As `optional_object`; fails if the field is missing.
    pub fn object(&self, field: &str) -> Result<(JsonObject, &'a RawValue), Rejection> {
        let missing = || {
            Rejection::unprocessable(format!(
                "{} is missing; expected a JSON object",
                self.qualified_name(field)
            ))
        };
        self.optional_object(field)?.ok_or_else(missing)
    }

    pub fn optional_text_list(&self, field: &str) -> Result<Option<Vec<String>>, Rejection> {
        let Some(value) = self.object.get(field) else {
            return Ok(None);
        };
        let name = self.qualified_name(field);
        let values: Vec<&RawValue> = serde_json::from_str(value.get()).map_err(|_| {
            let kind = json_type_name(value);
            Rejection::unprocessable(format!(
                "{name} is {kind}; expected an array of JSON strings"
            ))
        })?;
        let texts: Option<Vec<String>> = values.into_iter().map(json_string).collect();
        if texts.is_none() {
            return Err(Rejection::unprocessable(format!(
                "{name} contains an element that is not a JSON string"
            )));
        }
        Ok(texts)
    }

    /// Returns the text if it is a UUID, in upper or lower case.
    pub fn optional_uuid(&self, field: &str) -> Result<Option<String>, Rejection> {
        let Some(text) = self.optional_text(field)? else {
            return Ok(None);
        };
        let lengths = text.split('-').map(str::len);
        let digits = text
            .chars()
            .all(|digit| digit == '-' || digit.is_ascii_hexdigit());
        if digits && lengths.eq([8, 4, 4, 4, 12]) {
            Ok(Some(text))
        } else {
            Err(Rejection::unprocessable(format!(
                "{} is not a UUID",
                self.qualified_name(field)
            )))
        }
    }

    /// Fails if the object has any other field. `owner` names the object in the error.
    pub fn allow_only(&self, owner: &str, fields: &[&str]) -> Result<(), Rejection> {
        match self.object.names().find(|name| !fields.contains(name)) {
            Some(name) => Err(unknown_field(&self.qualified_name(name), owner, fields)),
            None => Ok(()),
        }
    }

    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.object.names()
    }

    fn qualified_name(&self, field: &str) -> String {
        if self.parent.is_empty() {
            field.to_owned()
        } else {
            format!("{}.{field}", self.parent)
        }
    }
}

pub(crate) fn unknown_field(name: &str, owner: &str, fields: &[&str]) -> Rejection {
    // The name comes from the client. Its start is enough to recognize a typing error.
    let shown: String = name.chars().take(MAX_SHOWN_CHARS).collect();
    Rejection::unprocessable(format!(
        "unknown field {shown:?}; {owner} accepts {}",
        fields.join(", ")
    ))
}

fn is_http_url(text: &str) -> bool {
    text.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri
                .authority()
                .is_some_and(|authority| !authority.host().is_empty())
    })
}

fn json_type_name(json: &RawValue) -> &'static str {
    match json.get().as_bytes().first() {
        Some(b'"') if json_string(json).is_some() => "a string",
        Some(b'"') => "a string with a lone surrogate",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(json: &str) -> JsonObject {
        JsonObject::parse(json.as_bytes()).ok().expect("an object")
    }

    fn message_of<T>(result: Result<T, Rejection>) -> String {
        let rejection = result.err().expect("a rejection");
        assert_eq!(rejection.status, 422);
        rejection.message
    }

    #[test]
    fn each_reader_rejects_other_types() {
        let object = object(
            r#"{"n":12,"f":1.5,"neg":-1,"s":"a","e":"","o":{"a":1},"d":{"a":1,"a":2},"t":["x"],"m":["x",1],"z":null}"#,
        );
        let fields = FieldReader::new(&object);
        assert_eq!(fields.number("n").unwrap(), "12");
        assert_eq!(
            message_of(fields.number("s")),
            "s is a string; expected a whole JSON number"
        );
        assert_eq!(
            message_of(fields.number("f")),
            "f is a number; expected a whole JSON number"
        );
        assert_eq!(
            message_of(fields.number("neg")),
            "neg is a number; expected a whole JSON number"
        );
        assert_eq!(
            message_of(fields.number("x")),
            "x is missing; expected a JSON number"
        );
        assert_eq!(
            message_of(fields.text("e")),
            "e is empty; expected a text that is not empty"
        );
        assert_eq!(fields.optional_text("x").unwrap(), None);
        assert_eq!(
            message_of(fields.optional_text("z")),
            "z is null; expected a JSON string, or no such field"
        );
        assert_eq!(
            fields.optional_object("o").unwrap().unwrap().1.get(),
            r#"{"a":1}"#
        );
        assert_eq!(
            message_of(fields.object("x").map(|_| ())),
            "x is missing; expected a JSON object"
        );
        assert_eq!(fields.optional_text_list("t").unwrap().unwrap(), ["x"]);
        assert_eq!(
            message_of(fields.optional_text_list("m")),
            "m contains an element that is not a JSON string"
        );
        assert_eq!(
            message_of(fields.optional_text_list("s")),
            "s is a string; expected an array of JSON strings"
        );
        assert_eq!(message_of(fields.optional_uuid("s")), "s is not a UUID");
        assert_eq!(
            message_of(fields.optional_object("d").map(|_| ())),
            "d contains a field twice"
        );
        assert_eq!(
            message_of(fields.optional_object("t").map(|_| ())),
            "t is an array; expected a JSON object"
        );
    }

    #[test]
    fn choices_urls_and_nested_names_are_checked() {
        let object = object(r#"{"w":"text","u":"https://a/b","v":"ftp://a/b","name":"J"}"#);
        let fields = FieldReader::nested(&object, "customer");
        assert_eq!(
            fields.optional_choice("w", &["text"]).unwrap(),
            Some("text")
        );
        assert_eq!(
            message_of(fields.optional_choice("w", &["TEXT", "SMS"])),
            "customer.w is unknown; expected one of TEXT, SMS"
        );
        assert!(fields.optional_url("u").unwrap().is_some());
        assert_eq!(
            message_of(fields.optional_url("v")),
            "customer.v is not an absolute http or https URL"
        );
        assert_eq!(
            message_of(fields.allow_only("customer", &["w", "u", "v"])),
            "unknown field \"customer.name\"; customer accepts w, u, v"
        );
    }
}
