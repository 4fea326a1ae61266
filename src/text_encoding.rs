//! Converts text between the application's encoding and Unicode.

use std::borrow::Cow;

use encoding_rs::{EncoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::host::CodePage;

/// How characters missing in the encoding are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmappable {
    /// As a question mark.
    Question,
    /// As a numeric character reference, `&#128512;`.
    Reference,
}

/// A conversion to and from Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conversion {
    /// An encoding of the WHATWG standard, or UTF-16LE.
    Encoding(&'static Encoding),
    /// A code page that only Windows converts.
    CodePage(CodePage),
}

/// The application's encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextEncoding {
    conversion: Conversion,
    unmappable: Unmappable,
}

impl TextEncoding {
    /// UTF-8. No character is unmappable.
    pub const UTF_8: TextEncoding = TextEncoding {
        conversion: Conversion::Encoding(UTF_8),
        unmappable: Unmappable::Question,
    };

    /// Returns the encoding with a name: a name of the WHATWG standard, `acp` for the ANSI code page of the process, or `oem`
    /// for its OEM code page. Returns `None` if there is no such encoding, or this system has no code pages.
    pub fn by_name(name: &str) -> Option<Self> {
        // Python has this spelling; the standard has only the one without a hyphen.
        let name = match name.to_ascii_lowercase().as_str() {
            "latin-1" | "latin_1" => "latin1".to_owned(),
            "acp" => return CodePage::ansi().map(TextEncoding::of_code_page),
            "oem" => return CodePage::oem().map(TextEncoding::of_code_page),
            name => name.to_owned(),
        };
        let found = Encoding::for_label_no_replacement(name.as_bytes())?;
        (found != UTF_16BE).then(|| TextEncoding::new(found))
    }

    fn new(encoding: &'static Encoding) -> Self {
        TextEncoding {
            conversion: Conversion::Encoding(encoding),
            ..TextEncoding::UTF_8
        }
    }

    /// Returns the encoding of a code page. The WHATWG standard has most of those that are ANSI code pages.
    fn of_code_page(page: CodePage) -> Self {
        let label = match page.number() {
            65001 => "utf-8",
            874 => "windows-874",
            932 => "shift_jis",
            936 => "gbk",
            949 => "euc-kr",
            950 => "big5",
            1250 => "windows-1250",
            1251 => "windows-1251",
            1252 => "windows-1252",
            1253 => "windows-1253",
            1254 => "windows-1254",
            1255 => "windows-1255",
            1256 => "windows-1256",
            1257 => "windows-1257",
            1258 => "windows-1258",
            _ => "",
        };
        match Encoding::for_label(label.as_bytes()) {
            Some(encoding) => TextEncoding::new(encoding),
            None => TextEncoding {
                conversion: Conversion::CodePage(page),
                ..TextEncoding::UTF_8
            },
        }
    }

    /// Returns the encoding with another way to write missing characters.
    pub fn with_unmappable(self, unmappable: Unmappable) -> Self {
        TextEncoding { unmappable, ..self }
    }

    /// Returns the encoding's name.
    pub fn name(self) -> Cow<'static, str> {
        match self.conversion {
            Conversion::Encoding(encoding) => encoding.name().into(),
            Conversion::CodePage(page) => format!("code page {}", page.number()).into(),
        }
    }

    /// Returns whether texts consist of units of 16 bits.
    pub fn is_utf_16(self) -> bool {
        self.conversion == Conversion::Encoding(UTF_16LE)
    }

    /// Decodes text of the application; `None` if bytes are invalid in the encoding. A byte-order mark is an ordinary
    /// character.
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self.conversion {
            Conversion::Encoding(encoding) => {
                encoding.decode_without_bom_handling_and_without_replacement(bytes)
            }
            Conversion::CodePage(page) => page.decode(bytes).map(Cow::Owned),
        }
    }

    /// Encodes text for the application. The second value is `true` if a character was unmappable.
    pub fn encode(self, text: &str) -> (Cow<'_, [u8]>, bool) {
        match self.conversion {
            Conversion::Encoding(encoding) if encoding == UTF_8 => (text.as_bytes().into(), false),
            // Encoders of the standard write UTF-8 for it.
            Conversion::Encoding(encoding) if encoding == UTF_16LE => {
                let bytes = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                (Cow::Owned(bytes), false)
            }
            Conversion::Encoding(encoding) => self.encode_by(encoding, text),
            Conversion::CodePage(page) => self.encode_by_page(page, text),
        }
    }

    fn encode_by(self, encoding: &'static Encoding, text: &str) -> (Cow<'static, [u8]>, bool) {
        let mut encoder = encoding.new_encoder();
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
                    self.write_unmappable(character, &mut bytes);
                }
            }
        }
    }

    fn encode_by_page(self, page: CodePage, text: &str) -> (Cow<'static, [u8]>, bool) {
        if let Some(bytes) = page.encode(text) {
            return (Cow::Owned(bytes), false);
        }
        let mut bytes = Vec::with_capacity(text.len());
        for character in text.chars() {
            match page.encode(character.encode_utf8(&mut [0; 4])) {
                Some(encoded) => bytes.extend_from_slice(&encoded),
                None => self.write_unmappable(character, &mut bytes),
            }
        }
        (Cow::Owned(bytes), true)
    }

    fn write_unmappable(self, character: char, bytes: &mut Vec<u8>) {
        match self.unmappable {
            Unmappable::Question => bytes.push(b'?'),
            Unmappable::Reference => {
                bytes.extend_from_slice(format!("&#{};", u32::from(character)).as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding(name: &str, unmappable: Unmappable) -> TextEncoding {
        TextEncoding::by_name(name)
            .unwrap()
            .with_unmappable(unmappable)
    }

    #[test]
    fn latin_1_is_decoded_and_encoded() {
        let latin = encoding("windows-1252", Unmappable::Question);
        assert_eq!(latin.decode(b"ol\xE1").unwrap(), "olá");
        assert_eq!(latin.encode("olá"), (b"ol\xE1"[..].into(), false));
    }

    #[test]
    fn invalid_bytes_are_reported() {
        assert_eq!(TextEncoding::UTF_8.decode(b"ol\xE1"), None);
        let japanese = encoding("shift_jis", Unmappable::Question);
        assert_eq!(japanese.decode(b"\x81"), None);
    }

    #[test]
    fn unmappable_characters_are_written_as_configured() {
        let question = encoding("windows-1252", Unmappable::Question);
        assert_eq!(question.encode("a😀b日"), (b"a?b?"[..].into(), true));
        let reference = encoding("windows-1252", Unmappable::Reference);
        assert_eq!(reference.encode("a😀b"), (b"a&#128512;b"[..].into(), true));
    }

    #[test]
    fn long_texts_are_encoded() {
        let text = "日本".repeat(10_000);
        let japanese = encoding("shift_jis", Unmappable::Question);
        let (bytes, unmapped) = japanese.encode(&text);
        assert!(!unmapped);
        assert_eq!(japanese.decode(&bytes).unwrap(), text);
    }

    #[test]
    fn utf_16_is_decoded_and_encoded() {
        let utf_16 = encoding("utf-16le", Unmappable::Question);
        assert!(utf_16.is_utf_16() && !TextEncoding::UTF_8.is_utf_16());
        assert_eq!(
            utf_16.encode("é😀"),
            (b"\xE9\0\x3D\xD8\0\xDE"[..].into(), false)
        );
        assert_eq!(utf_16.decode(b"\xE9\0\x3D\xD8\0\xDE").unwrap(), "é😀");
        assert_eq!(utf_16.decode(b"\xFF\xFEa\0").unwrap(), "\u{FEFF}a");
        assert_eq!(utf_16.decode(b"").unwrap(), "");
    }

    #[test]
    fn invalid_utf_16_is_reported() {
        let utf_16 = encoding("utf-16le", Unmappable::Question);
        for (invalid, reason) in [
            (&b"a"[..], "half a unit"),
            (b"a\0b", "half a unit after a character"),
            (b"\x3D\xD8", "a high surrogate at the end"),
            (b"\x3D\xD8a\0", "a high surrogate before a character"),
            (b"\0\xDE", "a low surrogate alone"),
            (b"\0\xDE\x3D\xD8", "a pair in the wrong order"),
        ] {
            assert_eq!(utf_16.decode(invalid), None, "{reason}");
        }
    }

    #[test]
    fn names_select_encodings() {
        let name = |label| TextEncoding::by_name(label).map(TextEncoding::name);
        assert_eq!(name("Latin-1").as_deref(), Some("windows-1252"));
        assert_eq!(name("UTF-16").as_deref(), Some("UTF-16LE"));
        assert_eq!(name("utf-16be"), None);
        assert_eq!(name("klingon"), None);
        assert_eq!(name("acp").is_some(), cfg!(windows));
        assert_eq!(name("OEM").is_some(), cfg!(windows));
    }
}
