//! The forms in which a text comes back from elsewhere: escaped for JSON, for a URL or for HTML, or in base64.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What JavaScript's encodeURIComponent leaves as it is.
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
/// What most form encoders leave as it is.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// As many digits as this identify somebody, however they are punctuated.
const IDENTIFYING_DIGITS: usize = 8;
/// Fewer characters of base64 than this could be anything.
const IDENTIFYING_BASE64: usize = 8;

/// The text and those of its forms that may stand in a text of `room` bytes, each once, the longest first.
pub fn forms_within(text: &str, room: usize) -> Vec<String> {
    // No form but the digits alone is shorter than the text, and the forms of a long one take their time.
    if text.len() > room {
        return digits(text).into_iter().collect();
    }
    forms_of(text)
}

fn forms_of(text: &str) -> Vec<String> {
    let json = json(text);
    let in_base64: Vec<String> = (0..3)
        .flat_map(|offset| [base64(text, offset), base64(&json, offset)])
        .flatten()
        .collect();
    let mut forms = vec![
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
        forms.push(encoded.replace("%20", "+"));
        forms.push(small(&encoded));
        forms.push(encoded);
    }
    forms.extend(digits(text));
    forms.extend(in_base64);
    forms.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    forms.dedup();
    forms
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

/// A piece of JSON within a string of other JSON.
fn json_in_json(json: &str) -> String {
    json.replace('\\', "\\\\").replace('"', "\\\"")
}

/// JSON whose strings have no character beyond ASCII.
fn ascii(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            escaped.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing into a string can't fail.
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

/// Percent-encoding with small hexadecimal digits.
fn small(encoded: &str) -> String {
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

/// What is sure to stand in the base64 of anything that holds the text after `offset` bytes more than a multiple of three.
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
    fn knows_the_forms_that_services_answer_in() {
        let forms = forms_of("é \"a/b\" <'+>");
        for form in [
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
                forms.iter().any(|known| known == form),
                "{form} in {forms:?}"
            );
        }
        assert!(forms.is_sorted_by_key(|form| std::cmp::Reverse(form.len())));
    }

    #[test]
    fn finds_a_text_in_base64_wherever_it_stands() {
        let forms = forms_of("segredo do portal");
        for before in ["", "x", "xy", "xyz"] {
            for after in ["", "z", "zz"] {
                let whole = format!("{before}segredo do portal{after}");
                let encoded = BASE64_STANDARD_NO_PAD.encode(whole);
                assert!(forms.iter().any(|form| encoded.contains(form)), "{encoded}");
            }
        }
    }

    #[test]
    fn knows_a_number_without_its_punctuation() {
        assert!(forms_of("123.456.789-09").contains(&"12345678909".to_owned()));
        assert!(!forms_of("1-2").contains(&"12".to_owned()));
    }

    #[test]
    fn no_form_but_the_digits_is_shorter_than_the_text() {
        for text in [
            "segredo",
            "11 98877-6655",
            "é\u{1F600}<\"/&'>",
            "abcdefghijklmnop",
        ] {
            let digits = digits(text);
            for form in forms_of(text) {
                assert!(
                    form.len() >= text.len() || Some(&form) == digits.as_ref(),
                    "{form}"
                );
            }
        }
        assert_eq!(forms_within("11 98877-6655", 11), ["11988776655"]);
        assert_eq!(forms_within("segredo", 6), [""; 0]);
    }
}
