//! The fields of a request's object, read strictly: each of its type, none too many, and none that says nothing.

use crate::sandbox::customers::customer_action::Rejection;
use crate::sandbox::json_object::{Object, text_of};
use hyper::Uri;
use serde_json::value::RawValue;

/// An object and, where it stands inside another, the name that it has there.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    object: &'a Object,
    within: &'static str,
}

impl<'a> Fields<'a> {
    pub fn of(object: &'a Object) -> Fields<'a> {
        Fields { object, within: "" }
    }

    pub fn inside(object: &'a Object, within: &'static str) -> Fields<'a> {
        Fields { object, within }
    }

    /// The field's text; a rejection when it is absent, no string, or empty.
    pub fn text(&self, field: &str) -> Result<String, Rejection> {
        let name = self.name(field);
        let value = self
            .object
            .get(field)
            .ok_or_else(|| refuse(format!("{name} is missing; expected a JSON string")))?;
        match text_of(value) {
            Some(text) if text.is_empty() => {
                Err(refuse(format!("{name} is empty; expected some text")))
            }
            Some(text) => Ok(text),
            None => Err(refuse(format!(
                "{name} is {}; expected a JSON string",
                kind_of(value)
            ))),
        }
    }

    /// The words beside a medium: no page says whether there must be any, so they may be missing or empty.
    pub fn words(&self, field: &str) -> Result<String, Rejection> {
        if self.is(field, "") {
            return Ok(String::new());
        }
        Ok(self.optional_text(field)?.unwrap_or_default())
    }

    pub fn optional_text(&self, field: &str) -> Result<Option<String>, Rejection> {
        let name = self.name(field);
        let Some(value) = self.object.get(field) else {
            return Ok(None);
        };
        match text_of(value) {
            Some(text) if text.is_empty() => Err(refuse(format!(
                "{name} is empty; expected some text, or the field left out"
            ))),
            Some(text) => Ok(Some(text)),
            None => Err(refuse(format!(
                "{name} is {}; expected a JSON string, or the field left out",
                kind_of(value)
            ))),
        }
    }

    /// Whether the field is this text.
    pub fn is(&self, field: &str, text: &str) -> bool {
        self.object.text(field).is_some_and(|value| value == text)
    }

    /// A whole number, as its digits.
    pub fn number(&self, field: &str) -> Result<String, Rejection> {
        let name = self.name(field);
        let value = self
            .object
            .get(field)
            .ok_or_else(|| refuse(format!("{name} is missing; expected a JSON number")))?;
        match value.get().parse::<u64>() {
            Ok(_) => Ok(value.get().to_owned()),
            Err(_) => Err(refuse(format!(
                "{name} is {}; expected a whole JSON number",
                kind_of(value)
            ))),
        }
    }

    pub fn optional_number(&self, field: &str) -> Result<Option<String>, Rejection> {
        match self.object.get(field) {
            None => Ok(None),
            Some(_) => self.number(field).map(Some),
        }
    }

    /// An absolute http or https URL.
    pub fn optional_url(&self, field: &str) -> Result<Option<String>, Rejection> {
        match self.optional_text(field)? {
            None => Ok(None),
            Some(url) if is_web_url(&url) => Ok(Some(url)),
            Some(_) => Err(refuse(format!(
                "{} is no absolute http or https URL",
                self.name(field)
            ))),
        }
    }

    /// One of the words, spelt exactly so.
    pub fn optional_word(
        &self,
        field: &str,
        words: &[&'static str],
    ) -> Result<Option<&'static str>, Rejection> {
        let Some(text) = self.optional_text(field)? else {
            return Ok(None);
        };
        let word = words.iter().find(|word| **word == text);
        word.map(|word| Some(*word)).ok_or_else(|| {
            refuse(format!(
                "{} is unknown; expected one of {}",
                self.name(field),
                words.join(", ")
            ))
        })
    }

    /// An object, read; with what it was as JSON.
    pub fn optional_object(
        &self,
        field: &str,
    ) -> Result<Option<(Object, &'a RawValue)>, Rejection> {
        let name = self.name(field);
        let Some(value) = self.object.get(field) else {
            return Ok(None);
        };
        if !value.get().starts_with('{') {
            return Err(refuse(format!(
                "{name} is {}; expected a JSON object",
                kind_of(value)
            )));
        }
        match Object::read(value.get().as_bytes()) {
            Ok(object) => Ok(Some((object, value))),
            Err(_) => Err(refuse(format!("{name} has a field twice"))),
        }
    }

    /// The same, which must be there.
    pub fn object(&self, field: &str) -> Result<(Object, &'a RawValue), Rejection> {
        let missing = || {
            refuse(format!(
                "{} is missing; expected a JSON object",
                self.name(field)
            ))
        };
        self.optional_object(field)?.ok_or_else(missing)
    }

    pub fn optional_texts(&self, field: &str) -> Result<Option<Vec<String>>, Rejection> {
        let Some(value) = self.object.get(field) else {
            return Ok(None);
        };
        let name = self.name(field);
        let values: Vec<&RawValue> = serde_json::from_str(value.get()).map_err(|_| {
            let kind = kind_of(value);
            refuse(format!(
                "{name} is {kind}; expected an array of JSON strings"
            ))
        })?;
        let texts: Option<Vec<String>> = values.into_iter().map(text_of).collect();
        if texts.is_none() {
            return Err(refuse(format!(
                "{name} holds something else than JSON strings"
            )));
        }
        Ok(texts)
    }

    /// A UUID, its letters in either case.
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
            Err(refuse(format!("{} is no UUID", self.name(field))))
        }
    }

    /// Refuses every other field. `what` is what the object is.
    pub fn only(&self, what: &str, fields: &[&str]) -> Result<(), Rejection> {
        match self.object.names().find(|name| !fields.contains(name)) {
            Some(name) => Err(unknown(&self.name(name), what, fields)),
            None => Ok(()),
        }
    }

    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.object.names()
    }

    fn name(&self, field: &str) -> String {
        if self.within.is_empty() {
            field.to_owned()
        } else {
            format!("{}.{field}", self.within)
        }
    }
}

pub(crate) fn unknown(name: &str, what: &str, fields: &[&str]) -> Rejection {
    // The name comes from outside: as much of it as tells a slip of the pen.
    let shown: String = name.chars().take(40).collect();
    refuse(format!(
        "unknown field {shown:?}; {what} takes {}",
        fields.join(", ")
    ))
}

pub(crate) fn refuse(message: impl Into<String>) -> Rejection {
    Rejection::new(422, message)
}

fn is_web_url(text: &str) -> bool {
    text.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri
                .authority()
                .is_some_and(|authority| !authority.host().is_empty())
    })
}

fn kind_of(json: &RawValue) -> &'static str {
    match json.get().as_bytes().first() {
        Some(b'"') if text_of(json).is_some() => "a string",
        Some(b'"') => "a string with half a surrogate pair",
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

    fn object(json: &str) -> Object {
        Object::read(json.as_bytes()).ok().expect("an object")
    }

    fn said<T>(result: Result<T, Rejection>) -> String {
        let rejection = result.err().expect("a rejection");
        assert_eq!(rejection.status, 422);
        rejection.message
    }

    #[test]
    fn each_type_is_told_from_the_others() {
        let object = object(
            r#"{"n":12,"f":1.5,"neg":-1,"s":"a","e":"","o":{"a":1},"d":{"a":1,"a":2},"t":["x"],"m":["x",1],"z":null}"#,
        );
        let fields = Fields::of(&object);
        assert_eq!(fields.number("n").unwrap(), "12");
        assert_eq!(
            said(fields.number("s")),
            "s is a string; expected a whole JSON number"
        );
        assert_eq!(
            said(fields.number("f")),
            "f is a number; expected a whole JSON number"
        );
        assert_eq!(
            said(fields.number("neg")),
            "neg is a number; expected a whole JSON number"
        );
        assert_eq!(
            said(fields.number("x")),
            "x is missing; expected a JSON number"
        );
        assert_eq!(said(fields.text("e")), "e is empty; expected some text");
        assert_eq!(fields.optional_text("x").unwrap(), None);
        assert_eq!(
            said(fields.optional_text("z")),
            "z is null; expected a JSON string, or the field left out"
        );
        assert_eq!(
            fields.optional_object("o").unwrap().unwrap().1.get(),
            r#"{"a":1}"#
        );
        assert_eq!(
            said(fields.object("x").map(|_| ())),
            "x is missing; expected a JSON object"
        );
        assert_eq!(fields.optional_texts("t").unwrap().unwrap(), ["x"]);
        assert_eq!(
            said(fields.optional_texts("m")),
            "m holds something else than JSON strings"
        );
        assert_eq!(
            said(fields.optional_texts("s")),
            "s is a string; expected an array of JSON strings"
        );
        assert_eq!(said(fields.optional_uuid("s")), "s is no UUID");
        assert_eq!(
            said(fields.optional_object("d").map(|_| ())),
            "d has a field twice"
        );
        assert_eq!(
            said(fields.optional_object("t").map(|_| ())),
            "t is an array; expected a JSON object"
        );
    }

    #[test]
    fn words_urls_and_names_inside_an_object_are_checked() {
        let object = object(r#"{"w":"text","u":"https://a/b","v":"ftp://a/b","name":"J"}"#);
        let fields = Fields::inside(&object, "customer");
        assert_eq!(fields.optional_word("w", &["text"]).unwrap(), Some("text"));
        assert_eq!(
            said(fields.optional_word("w", &["TEXT", "SMS"])),
            "customer.w is unknown; expected one of TEXT, SMS"
        );
        assert!(fields.optional_url("u").unwrap().is_some());
        assert_eq!(
            said(fields.optional_url("v")),
            "customer.v is no absolute http or https URL"
        );
        assert_eq!(
            said(fields.only("customer", &["w", "u", "v"])),
            "unknown field \"customer.name\"; customer takes w, u, v"
        );
    }
}
