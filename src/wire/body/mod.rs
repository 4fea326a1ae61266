//! Decodes bodies of responses and of triggers.
//!
//! 1. [`content_coding`] decodes the header Content-Encoding within a limit, with `gzip.rs` and `inflate.rs`.
//! 2. [`charset`] turns the bytes into text: by byte-order mark, Content-Type or UTF-8, with U+FFFD for invalid bytes.
//! 3. `surrogates.rs` replaces escapes that are not valid Unicode.
//! 4. [`lenient_json`] parses the text as JSON, and repairs frequent mistakes of JSON writers.
//!
//! The receiver of a body does step 1, because it knows the limit. [`decode_text`] does steps 2 and 3.

use std::borrow::Cow;

pub mod charset;
mod coding_error;
pub mod content_coding;
mod gzip;
mod inflate;
pub mod lenient_json;
mod surrogates;

use crate::wire::body::charset::Charset;

/// The text of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodedText<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// Whether invalid bytes or escapes were replaced by U+FFFD.
    pub replaced: bool,
}

/// Returns the text of a body without content coding. `label` is the charset of its Content-Type.
pub fn decode_text(bytes: &[u8], label: Option<Charset>) -> DecodedText<'_> {
    let (text, bytes_replaced) = crate::wire::body::charset::decode(bytes, label);
    let repaired = match crate::wire::body::surrogates::replace_lone(&text) {
        (Cow::Owned(replaced), _) => Some(replaced),
        (Cow::Borrowed(_), _) => None,
    };
    DecodedText {
        replaced: bytes_replaced || repaired.is_some(),
        text: repaired.map_or(text, Cow::Owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_replacement_is_reported() {
        for (bytes, expected, replaced) in [
            (&b"ol\xC3\xA1"[..], "ol\u{e1}", false),
            (b"ol\xE1", "ol\u{FFFD}", true),
            (br#""\ud83d""#, r#""\uFFFD""#, true),
            (br#""\ud83d\ude00""#, r#""\ud83d\ude00""#, false),
        ] {
            let text = decode_text(bytes, None);
            assert_eq!((&*text.text, text.replaced), (expected, replaced));
        }
    }
}
