//! From the bytes of a trigger to its text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

/// Reads `body` as UTF-8, with or without a byte-order mark; else by the charset that `content_type` names; else as UTF-8
/// with U+FFFD in the place of what is none. The flag tells whether anything was replaced.
pub fn read<'a>(body: &'a [u8], content_type: Option<&str>) -> (Cow<'a, str>, bool) {
    let without_mark = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    if let Ok(text) = str::from_utf8(without_mark) {
        return (Cow::Borrowed(text), false);
    }
    let encoding = Encoding::for_bom(body)
        .map(|(encoding, _)| encoding)
        .or_else(|| content_type.and_then(charset))
        .unwrap_or(UTF_8);
    let (text, _, replaced) = encoding.decode(body);
    (text, replaced)
}

/// The charset that a Content-Type names, where it is one that we know.
fn charset(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("charset") {
            return None;
        }
        Encoding::for_label(value.trim().trim_matches('"').as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_utf_8_whatever_the_content_type_says() {
        let (text, replaced) = read("olá".as_bytes(), Some("text/plain; charset=iso-8859-1"));
        assert_eq!((&*text, replaced), ("olá", false));
    }

    #[test]
    fn drops_the_byte_order_mark() {
        assert_eq!(read(b"\xEF\xBB\xBF{}", None), ("{}".into(), false));
    }

    #[test]
    fn reads_what_is_no_utf_8_by_the_charset_named() {
        let (text, replaced) = read(b"ol\xE1", Some("application/json; Charset=\"ISO-8859-1\""));
        assert_eq!((&*text, replaced), ("olá", false));
    }

    #[test]
    fn replaces_and_flags_what_no_charset_explains() {
        let (text, replaced) = read(b"ol\xE1 x", Some("application/json"));
        assert_eq!((&*text, replaced), ("ol\u{FFFD} x", true));
    }
}
