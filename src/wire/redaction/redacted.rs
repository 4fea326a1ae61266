//! Text that must never be printed: tokens, customers' data, what was said.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::wire::redaction::encoded_forms;

/// A text that shows as `[redacted]` wherever it is formatted; only [`expose`](Redacted::expose) and the wire see it.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct Redacted(String);

impl Redacted {
    /// What stands in the place of the text.
    pub const MARK: &'static str = "[redacted]";

    /// The text itself, for the wire and for the application that it belongs to.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Replaces every occurrence of this text in `other` by [`MARK`](Self::MARK), also where it is escaped for JSON, a URL
    /// or HTML, or in base64.
    ///
    /// Texts of one or two characters are left: they identify nobody, and replacing them would garble `other`.
    pub fn scrub(&self, other: &mut String) {
        if other.is_empty() || self.0.chars().count() <= 2 {
            return;
        }
        for form in encoded_forms::forms_within(&self.0, other.len()) {
            if other.contains(&form) {
                *other = other.replace(&form, Self::MARK);
            }
        }
    }
}

impl From<String> for Redacted {
    fn from(text: String) -> Self {
        Redacted(text)
    }
}

impl From<&str> for Redacted {
    fn from(text: &str) -> Self {
        Redacted(text.to_owned())
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::MARK)
    }
}

impl Serialize for Redacted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_prints_its_text() {
        assert_eq!(format!("{:?}", Redacted::from("segredo")), "[redacted]");
    }

    #[test]
    fn scrubs_every_occurrence() {
        let mut text = "bad token abc123, try another than abc123".to_owned();
        Redacted::from("abc123").scrub(&mut text);
        assert_eq!(text, "bad token [redacted], try another than [redacted]");
    }

    #[test]
    fn leaves_texts_too_short_to_identify() {
        let mut text = "banana".to_owned();
        Redacted::from("a").scrub(&mut text);
        Redacted::from("").scrub(&mut text);
        assert_eq!(text, "banana");
    }
}
