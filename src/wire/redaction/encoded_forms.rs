//! The variants of a secret in texts of others: escaped for JSON, for a URL or for HTML, or in base64.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters that JavaScript's encodeURIComponent encodes.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');
/// The characters that most variant encoders encode.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The least number of digits that identify somebody, with any punctuation.
const IDENTIFYING_DIGITS: usize = 8;
/// The least number of base64 characters that identify a text.
const IDENTIFYING_BASE64: usize = 8;

/// Returns the variants of a text that fit into `max_length` bytes, without duplicates, the longest first.
pub fn encoded_variants(text: &str, max_length: usize) -> Vec<String> {
    // Only the bare digits are shorter than the text. The variants of a long text would take long.
    if text.len() > max_length {
        return digits(text).into_iter().collect();
    }
    all_variants(text)
}

fn all_variants(text: &str) -> Vec<String> {
    let json = json(text);
    let in_base64: Vec<String> = (0..3)
        .flat_map(|offset| [base64(text, offset), base64(&json, offset)])
        .flatten()
        .collect();
    let mut variants = vec![
        text.to_owned(),
        json_in_json(&json),
        json_in_json(&ascii(&json)),
        ascii(&json),
        ascii(&json).replace('/', "\\/"),
        json.replace('/', "\\/"),
        json,
        html(text),
        html(text).replace("&#39;", "&#x27;"),
        html(text).replace("&#39;", "'"),
    ];
    for set in [NON_ALPHANUMERIC, COMPONENT, FORM] {
        let encoded = utf8_percent_encode(text, set).to_string();
        variants.push(encoded.replace("%20", "+"));
        variants.push(lowercase_hex(&encoded));
        variants.push(encoded);
    }
    variants.extend(digits(text));
    variants.extend(in_base64);
    variants.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    variants.dedup();
    variants
}

fn digits(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (digits.len() >= IDENTIFYING_DIGITS).then_some(digits)
}

fn json(text: &str) -> String {
    let mut quoted = serde_json::Value::from(text).to_string();
    quoted.pop();
    quoted.remove(0);
    quoted
}

/// Escapes JSON for a string of other JSON.
fn json_in_json(json: &str) -> String {
    json.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Escapes all non-ASCII characters of JSON.
fn ascii(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            escaped.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    }
    escaped
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// Makes the hexadecimal digits of percent-encodings lowercase.
fn lowercase_hex(encoded: &str) -> String {
    let mut after_percent = 0;
    let lowered = encoded.chars().map(|c| {
        if c == '%' {
            after_percent = 2;
            return c;
        }
        if after_percent > 0 {
            after_percent -= 1;
            return c.to_ascii_lowercase();
        }
        c
    });
    lowered.collect()
}

/// Returns the constant part of the base64 of any data that contains the text at a position of `offset` modulo three.
fn base64(text: &str, offset: usize) -> Vec<String> {
    let bytes = [&[0; 3][..offset], text.as_bytes()].concat();
    let (first, last) = ((offset * 8).div_ceil(6), bytes.len() * 8 / 6);
    if last < first + IDENTIFYING_BASE64 {
        return Vec::new();
    }
    [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD]
        .map(|engine| engine.encode(&bytes)[first..last].to_owned())
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_the_variants_that_services_use() {
        let variants = all_variants("é \"a/b\" <'+>");
        for variant in [
            "é \"a/b\" <'+>",
            r#"é \"a/b\" <'+>"#,
            r#"é \"a\/b\" <'+>"#,
            r#"\u00e9 \"a\/b\" <'+>"#,
            r#"\\u00e9 \\\"a/b\\\" <'+>"#,
            r#"é \\\"a/b\\\" <'+>"#,
            "%C3%A9%20%22a%2Fb%22%20%3C%27%2B%3E",
            "%C3%A9%20%22a%2Fb%22%20%3C'%2B%3E",
            "%c3%a9%20%22a%2fb%22%20%3c%27%2b%3e",
            "%C3%A9+%22a%2Fb%22+%3C%27%2B%3E",
            "é &quot;a/b&quot; &lt;&#39;+&gt;",
        ] {
            assert!(
                variants.iter().any(|known| known == variant),
                "{variant} in {variants:?}"
            );
        }
        assert!(variants.is_sorted_by_key(|variant| std::cmp::Reverse(variant.len())));
    }

    #[test]
    fn finds_a_text_in_base64_at_any_position() {
        let variants = all_variants("segredo do portal");
        for before in ["", "x", "xy", "xyz"] {
            for after in ["", "z", "zz"] {
                let whole = format!("{before}segredo do portal{after}");
                let encoded = BASE64_STANDARD_NO_PAD.encode(whole);
                assert!(
                    variants.iter().any(|variant| encoded.contains(variant)),
                    "{encoded}"
                );
            }
        }
    }

    #[test]
    fn returns_a_number_without_its_punctuation() {
        assert!(all_variants("123.456.789-09").contains(&"12345678909".to_owned()));
        assert!(!all_variants("1-2").contains(&"12".to_owned()));
    }

    #[test]
    fn only_the_digits_are_shorter_than_the_text() {
        for text in [
            "segredo",
            "11 98877-6655",
            "é\u{1F600}<\"/&'>",
            "abcdefghijklmnop",
        ] {
            let digits = digits(text);
            for variant in all_variants(text) {
                assert!(
                    variant.len() >= text.len() || Some(&variant) == digits.as_ref(),
                    "{variant}"
                );
            }
        }
        assert_eq!(encoded_variants("11 98877-6655", 11), ["11988776655"]);
        assert_eq!(encoded_variants("segredo", 6), [""; 0]);
    }
}
