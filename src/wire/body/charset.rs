//! Detects the charset of a body and decodes it.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// A charset of bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// A charset of the WHATWG encoding standard.
    Whatwg(&'static Encoding),
    /// UTF-32, low byte first. The standard lacks it.
    Utf32Le,
    /// UTF-32, high byte first.
    Utf32Be,
}

const UTF8: Charset = Charset::Whatwg(UTF_8);
const UTF16LE: Charset = Charset::Whatwg(UTF_16LE);
const UTF16BE: Charset = Charset::Whatwg(UTF_16BE);

/// The byte-order marks. UTF-32 stands before UTF-16, because its mark begins with the mark of UTF-16.
const BYTE_ORDER_MARKS: [(&[u8], Charset); 5] = [
    (b"\xEF\xBB\xBF", UTF8),
    (b"\xFF\xFE\0\0", Charset::Utf32Le),
    (b"\0\0\xFE\xFF", Charset::Utf32Be),
    (b"\xFF\xFE", UTF16LE),
    (b"\xFE\xFF", UTF16BE),
];

impl Charset {
    /// Returns the charset of a Content-Type, or `None` if it has no known charset.
    pub fn of_content_type(content_type: &str) -> Option<Self> {
        let (_, mut parameters) = content_type.split_once(';')?;
        loop {
            let (name, value, rest) = parameter(parameters);
            if name.eq_ignore_ascii_case("charset")
                && let Some(charset) = Self::of_label(value)
            {
                return Some(charset);
            }
            parameters = rest?;
        }
    }

    fn of_label(label: &str) -> Option<Self> {
        // Some senders quote it.
        let label = label.trim_matches(['"', '\'']).trim();
        let is = |name: &str| label.eq_ignore_ascii_case(name);
        if is("utf-8") {
            Some(UTF8)
        } else if is("utf-32") || is("utf32") || is("utf-32le") || is("utf32le") {
            Some(Charset::Utf32Le)
        } else if is("utf-32be") || is("utf32be") {
            Some(Charset::Utf32Be)
        } else {
            // Without the encodings that the standard replaces by a single U+FFFD to protect browsers.
            Encoding::for_label_no_replacement(label.as_bytes()).map(Charset::Whatwg)
        }
    }

    /// Returns whether every ASCII character is one byte with the same value.
    fn is_ascii_superset(self) -> bool {
        matches!(self, Charset::Whatwg(encoding) if encoding != UTF_16LE && encoding != UTF_16BE)
    }
}

/// Returns the first parameter's name and value, and the other parameters.
fn parameter(parameters: &str) -> (&str, &str, Option<&str>) {
    let mut in_quotes = false;
    let mut is_escaped = false;
    let end = parameters.find(|character| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match character {
            '\\' => is_escaped = in_quotes && !was_escaped,
            '"' => in_quotes ^= !was_escaped,
            _ => {}
        }
        character == ';' && !in_quotes
    });
    let (this, rest) = match end {
        Some(end) => (&parameters[..end], Some(&parameters[end + 1..])),
        None => (parameters, None),
    };
    let (name, value) = this.split_once('=').unwrap_or((this, ""));
    (name.trim(), value.trim(), rest)
}

/// Decodes a text by its byte-order mark, otherwise by `label`, otherwise as UTF-8. Invalid bytes become U+FFFD, and the
/// returned flag is set.
///
/// A wrong label is ignored: the first two characters of JSON show the number of bytes of a character.
pub fn decode(bytes: &[u8], label: Option<Charset>) -> (Cow<'_, str>, bool) {
    if label.is_none_or(|label| label == UTF8)
        && let [1..=0x7F, 1..=0xFF, ..] | [] = bytes
        && let Ok(text) = str::from_utf8(bytes)
    {
        // The common case: no mark, and one byte for an ASCII character.
        return (Cow::Borrowed(text), false);
    }
    for (mark, charset) in BYTE_ORDER_MARKS {
        if let Some(text) = bytes.strip_prefix(mark) {
            return decode_as(charset, text);
        }
    }
    let charset = match Width::of(bytes) {
        Some(Width::One) => label
            .filter(|label| label.is_ascii_superset())
            .unwrap_or(UTF8),
        Some(Width::More(charset)) => charset,
        None => label.unwrap_or(UTF8),
    };
    match decode_as(charset, bytes) {
        (text, true) if charset != UTF8 => match str::from_utf8(bytes) {
            Ok(text) => (Cow::Borrowed(text), false),
            Err(_) => (text, true),
        },
        decoded => decoded,
    }
}

fn decode_as(charset: Charset, bytes: &[u8]) -> (Cow<'_, str>, bool) {
    match charset {
        Charset::Whatwg(encoding) => encoding.decode_without_bom_handling(bytes),
        Charset::Utf32Le => decode_utf32(bytes, u32::from_le_bytes),
        Charset::Utf32Be => decode_utf32(bytes, u32::from_be_bytes),
    }
}

fn decode_utf32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> (Cow<'_, str>, bool) {
    let mut replaced = false;
    let mut text = String::with_capacity(bytes.len() / 4);
    for bytes in bytes.chunks(4) {
        let character = bytes
            .try_into()
            .ok()
            .and_then(|bytes| char::from_u32(unit(bytes)));
        replaced |= character.is_none();
        text.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    (Cow::Owned(text), replaced)
}

/// The number of bytes of an ASCII character.
enum Width {
    One,
    More(Charset),
}

impl Width {
    /// Detects the width by the first two characters, if both may begin JSON.
    fn of(bytes: &[u8]) -> Option<Self> {
        let json = |byte: u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'{' | b'[' | b'"');
        let json =
            |first: u8, second: u8| json(first) && (json(second) || matches!(second, b'}' | b']'));
        match *bytes {
            [a, 0, 0, 0, b, 0, 0, 0, ..] if json(a, b) => Some(Width::More(Charset::Utf32Le)),
            [0, 0, 0, a, 0, 0, 0, b, ..] if json(a, b) => Some(Width::More(Charset::Utf32Be)),
            [a, 0, b, 0, ..] if json(a, b) => Some(Width::More(UTF16LE)),
            [0, a, 0, b, ..] if json(a, b) => Some(Width::More(UTF16BE)),
            [a, b, ..] if json(a, b) => Some(Width::One),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], content_type: &str) -> (String, bool) {
        let (text, replaced) = decode(bytes, Charset::of_content_type(content_type));
        (text.into_owned(), replaced)
    }

    #[test]
    fn a_byte_order_mark_overrides_the_label() {
        let utf16 = |units: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{FEFF}olá 😀".encode_utf16().flat_map(units).collect()
        };
        let utf32 = |units: fn(u32) -> [u8; 4]| -> Vec<u8> {
            let characters = "\u{FEFF}olá 😀".chars().map(u32::from);
            characters.flat_map(units).collect()
        };
        for bytes in [
            "\u{FEFF}olá 😀".as_bytes().to_vec(),
            utf16(u16::to_le_bytes),
            utf16(u16::to_be_bytes),
            utf32(u32::to_le_bytes),
            utf32(u32::to_be_bytes),
        ] {
            for content_type in ["", "text/plain; charset=koi8-r", "a/b;charset=utf-16"] {
                let expected = ("olá 😀".to_owned(), false);
                assert_eq!(read(&bytes, content_type), expected, "{content_type}");
            }
        }
    }

    #[test]
    fn the_label_overrides_utf_8() {
        let latin = "text/plain; charset=iso-8859-1";
        assert_eq!(read(b"ol\xE1", latin), ("olá".into(), false));
        assert_eq!(read("olá".as_bytes(), latin), ("olÃ¡".into(), false));
        let sjis = "application/json;charset=Shift_JIS";
        assert_eq!(read(b"\x93\xFA\x96\x7B", sjis), ("日本".into(), false));
    }

    #[test]
    fn every_unicode_encoding_is_decoded_by_its_label() {
        let text = "\"olá 😀\"";
        for (label, bytes) in [
            ("utf-16le", utf16(text, u16::to_le_bytes)),
            ("utf-16", utf16(text, u16::to_le_bytes)),
            ("utf-16be", utf16(text, u16::to_be_bytes)),
            ("UTF-32", utf32(text, u32::to_le_bytes)),
            ("utf-32le", utf32(text, u32::to_le_bytes)),
            ("UTF-32BE", utf32(text, u32::to_be_bytes)),
            ("utf-8", text.as_bytes().to_vec()),
        ] {
            let content_type = format!("application/json; charset={label}");
            assert_eq!(read(&bytes, &content_type), (text.into(), false), "{label}");
        }
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    fn utf32(text: &str, bytes: fn(u32) -> [u8; 4]) -> Vec<u8> {
        text.chars().map(u32::from).flat_map(bytes).collect()
    }

    #[test]
    fn the_width_of_json_is_detected_if_the_label_is_missing_or_wrong() {
        let json = "{\"a\":\"é\"}";
        let all = [
            json.as_bytes().to_vec(),
            utf16(json, u16::to_le_bytes),
            utf16(json, u16::to_be_bytes),
            utf32(json, u32::to_le_bytes),
            utf32(json, u32::to_be_bytes),
        ];
        for bytes in all {
            for label in ["", ";charset=utf-8", ";charset=utf-16", ";charset=utf-32be"] {
                assert_eq!(
                    read(&bytes, label),
                    (json.into(), false),
                    "{label} {bytes:?}"
                );
            }
        }
    }

    #[test]
    fn bytes_invalid_for_the_label_are_utf_8_or_replaced() {
        let utf32 = ";charset=utf-32le";
        assert_eq!(read("olá".as_bytes(), utf32), ("olá".into(), false));
        assert_eq!(read(b"ol\xE1 x", "a/b"), ("ol\u{FFFD} x".into(), true));
        assert_eq!(
            read(b"ol\xFF", ";charset=utf-8"),
            ("ol\u{FFFD}".into(), true)
        );
        assert_eq!(read(b"\xFFabc", utf32), ("\u{FFFD}".into(), true));
        assert_eq!(read(b"\xFF", utf32), ("\u{FFFD}".into(), true));
    }

    #[test]
    fn returns_the_charset_of_a_content_type() {
        let latin = Some(Charset::Whatwg(encoding_rs::WINDOWS_1252));
        for content_type in [
            "application/json; charset=ISO-8859-1",
            "application/json;Charset=\"iso-8859-1\"",
            "application/json; charset='latin1'",
            "a; b=\"c;charset=utf-8\"; charset = latin1 ",
            "a; b=\"\\\";charset=utf-8\"; charset=latin1",
            "a; charset=nonsense; charset=latin1; charset=utf-8",
            ";;charset=latin1",
        ] {
            assert_eq!(
                Charset::of_content_type(content_type),
                latin,
                "{content_type}"
            );
        }
        for content_type in [
            "",
            "application/json",
            "charset=latin1",
            "a; charset",
            "a; charset=",
            "a; charset=nonsense",
            "a; b=\"; charset=latin1",
            "a; charset=iso-2022-kr",
        ] {
            assert_eq!(
                Charset::of_content_type(content_type),
                None,
                "{content_type}"
            );
        }
    }
}
