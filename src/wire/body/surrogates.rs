//! Replaces lone surrogates in `\u` escapes. JSON allows them, Unicode text does not.

use std::borrow::Cow;

const REPLACEMENT: &str = "\\uFFFD";
const ESCAPE_LENGTH: usize = "\\uD800".len();

/// Replaces each `\u` escape of a lone surrogate by `\uFFFD`. Returns whether there was one.
pub fn replace_lone(json: &str) -> (Cow<'_, str>, bool) {
    if !json.contains('\\') {
        return (Cow::Borrowed(json), false);
    }
    let bytes = json.as_bytes();
    let mut written = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|&byte| byte == b'\\') {
        at += found;
        match escaped_unit(&bytes[at..]) {
            Some(0xD800..=0xDBFF)
                if matches!(
                    escaped_unit(&bytes[at + ESCAPE_LENGTH..]),
                    Some(0xDC00..=0xDFFF)
                ) =>
            {
                at += 2 * ESCAPE_LENGTH;
            }
            Some(0xD800..=0xDFFF) => {
                written.push_str(&json[copied..at]);
                written.push_str(REPLACEMENT);
                at += ESCAPE_LENGTH;
                copied = at;
            }
            Some(_) => at += ESCAPE_LENGTH,
            // Another escape. The second backslash of `\\` must not start one.
            None => at = (at + 2).min(bytes.len()),
        }
    }
    if copied == 0 {
        return (Cow::Borrowed(json), false);
    }
    written.push_str(&json[copied..]);
    (Cow::Owned(written), true)
}

/// Returns the UTF-16 unit of the `\uXXXX` at the start.
fn escaped_unit(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    let digits = str::from_utf8(digits).ok()?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(json: &str) -> String {
        replace_lone(json).0.into_owned()
    }

    #[test]
    fn does_not_change_pairs_and_other_escapes() {
        for json in [
            r#""\uD83D\uDE00""#,
            r#""\u00e1 \n \\ \"""#,
            r#""\\uD800""#,
            "\"olá\"",
            "\"\\",
            r#""\u12"#,
        ] {
            assert_eq!(replace_lone(json), (json.into(), false));
        }
    }

    #[test]
    fn replaces_each_lone_surrogate() {
        assert_eq!(replaced(r#""\uD83D""#), r#""\uFFFD""#);
        assert_eq!(replaced(r#""a\uDE00b""#), r#""a\uFFFDb""#);
        assert_eq!(
            replaced(r#""\uD83D\uD83D\uDE00""#),
            r#""\uFFFD\uD83D\uDE00""#
        );
        assert_eq!(replaced(r#""\uD83D\u0041""#), r#""\uFFFD\u0041""#);
        assert_eq!(replaced(r#""\\\uDFFF""#), r#""\\\uFFFD""#);
    }
}
