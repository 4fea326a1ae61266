//! Text that must never be printed: tokens, customers' data and messages.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::wire::redaction::encoded_forms;

/// A text that is printed as `[redacted]`. Only [`expose`](Redacted::expose) and serialization return it.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct Redacted(String);

impl Redacted {
    /// The replacement for the text.
    pub const MARK: &'static str = "[redacted]";

    /// Returns the text, for the service and for the application.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Replaces every occurrence of this text in `other` by [`MARK`](Self::MARK). Finds it in JSON, URL and HTML escapes and in
    /// base64 too.
    ///
    /// Texts of one or two characters are not replaced: they identify nobody, and `other` would become unreadable.
    pub fn scrub(&self, other: &mut String) {
        if other.is_empty() || self.0.chars().count() <= 2 {
            return;
        }
        for form in encoded_forms::encoded_variants(&self.0, other.len()) {
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
    fn debug_output_omits_the_text() {
        assert_eq!(format!("{:?}", Redacted::from("segredo")), "[redacted]");
    }

    #[test]
    fn replaces_every_occurrence() {
        let mut text = "bad token abc123, try another than abc123".to_owned();
        Redacted::from("abc123").scrub(&mut text);
        assert_eq!(text, "bad token [redacted], try another than [redacted]");
    }

    #[test]
    fn does_not_replace_texts_of_one_character() {
        let mut text = "banana".to_owned();
        Redacted::from("a").scrub(&mut text);
        Redacted::from("").scrub(&mut text);
        assert_eq!(text, "banana");
    }
}
