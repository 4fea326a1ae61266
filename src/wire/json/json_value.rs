//! Values as the service writes them: ids as texts or as numbers, texts that may be something else.

use serde::de;
use serde_json::value::RawValue;

/// A string's text; nothing for any other value.
pub fn text<E: de::Error>(value: &RawValue) -> Result<Option<String>, E> {
    let Some(written) = value.get().strip_prefix('"') else {
        return Ok(None);
    };
    // What has no escapes stands there as it is.
    if let Some(text) = written
        .strip_suffix('"')
        .filter(|text| !text.contains('\\'))
    {
        return Ok(Some(text.to_owned()));
    }
    serde_json::from_str(value.get()).map_err(E::custom)
}

/// A string's text or a number's digits, exactly as written; nothing for an empty string or any other value.
pub fn id<E: de::Error>(value: &RawValue) -> Result<Option<String>, E> {
    let written = value.get();
    if written.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Ok(Some(written.to_owned()));
    }
    Ok(text(value)?.filter(|id: &String| !id.is_empty()))
}

/// A value as JSON without blanks, whose strings have no more escapes than they need. Numbers stay as they were written.
pub fn compact(value: &RawValue) -> String {
    let mut json = String::with_capacity(value.get().len());
    for token in Tokens(value.get()) {
        match serde_json::from_str::<String>(token) {
            // A string is JSON.
            Ok(text) => json.push_str(&serde_json::to_string(&text).expect("a string is JSON")),
            Err(_) => json.push_str(token),
        }
    }
    json
}

/// What a value is made of: strings, numbers, names, and single punctuation marks. It is known to be JSON.
pub struct Tokens<'a>(pub &'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_ascii_start();
        let length = match rest.bytes().next()? {
            b'"' => {
                let mut is_escaped = false;
                let end = rest.bytes().skip(1).position(|byte| {
                    let ends = byte == b'"' && !is_escaped;
                    is_escaped = byte == b'\\' && !is_escaped;
                    ends
                });
                end.map_or(rest.len(), |end| end + 2)
            }
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => {
                let is_end = |byte: u8| byte.is_ascii_whitespace() || b",:{}[]\"".contains(&byte);
                rest.bytes().position(is_end).unwrap_or(rest.len())
            }
        };
        let (token, rest) = rest.split_at(length);
        self.0 = rest;
        Some(token)
    }
}

/// A text that is a whole number as JSON writes it, as that number; any other as a string.
pub fn number_or_text(text: &str) -> Box<RawValue> {
    let json = if is_number(text) {
        serde_json::from_str(text)
    } else {
        serde_json::value::to_raw_value(text)
    };
    // Digits without a leading zero are JSON, and so is a string.
    json.expect("a number or a string is JSON")
}

/// Whether a text is a whole number as JSON writes it.
pub fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text.len() == 1 || !text.starts_with('0'))
}
