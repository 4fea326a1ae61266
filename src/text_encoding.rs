//! Converts text between the application's encoding and Unicode.

use std::borrow::Cow;

use encoding_rs::{EncoderResult, Encoding, UTF_8};

/// How characters missing in the encoding are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmappable {
    /// As a question mark.
    Question,
    /// As a numeric character reference, `&#128512;`.
    Reference,
}

/// The application's encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextEncoding {
    encoding: &'static Encoding,
    unmappable: Unmappable,
}

impl TextEncoding {
    /// UTF-8. No character is unmappable.
    pub const UTF_8: TextEncoding = TextEncoding {
        encoding: UTF_8,
        unmappable: Unmappable::Question,
    };

    /// Creates an encoding.
    pub fn new(encoding: &'static Encoding, unmappable: Unmappable) -> Self {
        TextEncoding {
            encoding,
            unmappable,
        }
    }

    /// Returns the encoding's name.
    pub fn name(self) -> &'static str {
        self.encoding.name()
    }

    /// Decodes text of the application; `None` if bytes are invalid in the encoding. A byte-order mark is an ordinary
    /// character.
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        self.encoding
            .decode_without_bom_handling_and_without_replacement(bytes)
    }

    /// Encodes text for the application. The second value is `true` if a character was unmappable.
    pub fn encode(self, text: &str) -> (Cow<'_, [u8]>, bool) {
        if self.encoding == UTF_8 {
            return (Cow::Borrowed(text.as_bytes()), false);
        }
        let mut encoder = self.encoding.new_encoder();
        let mut bytes = Vec::with_capacity(text.len());
        let mut remaining = text;
        let mut unmapped = false;
        loop {
            let (result, read) =
                encoder.encode_from_utf8_to_vec_without_replacement(remaining, &mut bytes, true);
            remaining = &remaining[read..];
            match result {
                EncoderResult::InputEmpty => return (Cow::Owned(bytes), unmapped),
                EncoderResult::OutputFull => bytes.reserve(remaining.len() + 16),
                EncoderResult::Unmappable(character) => {
                    unmapped = true;
                    match self.unmappable {
                        Unmappable::Question => bytes.push(b'?'),
                        Unmappable::Reference => {
                            bytes.extend_from_slice(
                                format!("&#{};", u32::from(character)).as_bytes(),
                            );
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{SHIFT_JIS, WINDOWS_1252};

    use super::*;

    #[test]
    fn latin_1_is_decoded_and_encoded() {
        let latin = TextEncoding::new(WINDOWS_1252, Unmappable::Question);
        assert_eq!(latin.decode(b"ol\xE1").unwrap(), "olá");
        assert_eq!(latin.encode("olá"), (b"ol\xE1"[..].into(), false));
    }

    #[test]
    fn invalid_bytes_are_reported() {
        assert_eq!(TextEncoding::UTF_8.decode(b"ol\xE1"), None);
        let japanese = TextEncoding::new(SHIFT_JIS, Unmappable::Question);
        assert_eq!(japanese.decode(b"\x81"), None);
    }

    #[test]
    fn unmappable_characters_are_written_as_configured() {
        let question = TextEncoding::new(WINDOWS_1252, Unmappable::Question);
        assert_eq!(question.encode("a😀b日"), (b"a?b?"[..].into(), true));
        let reference = TextEncoding::new(WINDOWS_1252, Unmappable::Reference);
        assert_eq!(reference.encode("a😀b"), (b"a&#128512;b"[..].into(), true));
    }

    #[test]
    fn long_texts_are_encoded() {
        let text = "日本".repeat(10_000);
        let japanese = TextEncoding::new(SHIFT_JIS, Unmappable::Question);
        let (bytes, unmapped) = japanese.encode(&text);
        assert!(!unmapped);
        assert_eq!(japanese.decode(&bytes).unwrap(), text);
    }
}
