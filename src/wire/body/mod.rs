//! The one reader of bodies, for the answers of the service and for its triggers.
//!
//! A body is read in four steps, each in a file of its own:
//!
//! 1. [`content_coding`] undoes what the header Content-Encoding names, within a limit.
//! 2. [`charset`] turns the bytes into text: byte-order mark, the label of Content-Type, UTF-8, U+FFFD.
//! 3. [`surrogates`] replaces escapes that are no Unicode.
//! 4. [`lenient_json`] reads the text as JSON, and forgives what many JSON writers do wrong.
//!
//! Whoever receives a body does step 1, where the limit is known. [`text`] does steps 2 and 3.

use std::borrow::Cow;

pub mod charset;
pub mod content_coding;
mod gzip;
pub mod lenient_json;
mod surrogates;

use crate::wire::body::charset::Charset;

/// A body as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// Whether something that is no Unicode was replaced by U+FFFD.
    pub replaced: bool,
}

/// Returns the text of a body whose content coding is undone. `label` is the charset of its Content-Type.
pub fn text(bytes: &[u8], label: Option<Charset>) -> Text<'_> {
    let (text, bytes_replaced) = crate::wire::body::charset::decode(bytes, label);
    let without_lone = match crate::wire::body::surrogates::replace_lone(&text) {
        (Cow::Owned(replaced), _) => Some(replaced),
        (Cow::Borrowed(_), _) => None,
    };
    Text {
        replaced: bytes_replaced || without_lone.is_some(),
        text: without_lone.map_or(text, Cow::Owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_of_each_kind_of_replacement() {
        for (bytes, expected, replaced) in [
            (&b"ol\xC3\xA1"[..], "ol\u{e1}", false),
            (b"ol\xE1", "ol\u{FFFD}", true),
            (br#""\ud83d""#, r#""\uFFFD""#, true),
            (br#""\ud83d\ude00""#, r#""\ud83d\ude00""#, false),
        ] {
            let text = text(bytes, None);
            assert_eq!((&*text.text, text.replaced), (expected, replaced));
        }
    }
}
