//! JSON values of the service. Ids are strings or numbers, and strings may have another type.

use serde::de;
use serde_json::value::RawValue;

/// Returns the text of a string, or `None` for any other value.
pub fn parse_string<E: de::Error>(value: &RawValue) -> Result<Option<String>, E> {
    let Some(written) = value.get().strip_prefix('"') else {
        return Ok(None);
    };
    // A string without escapes is copied.
    if let Some(text) = written
        .strip_suffix('"')
        .filter(|text| !text.contains('\\'))
    {
        return Ok(Some(text.to_owned()));
    }
    serde_json::from_str(value.get()).map_err(E::custom)
}

/// Returns the text of a string or the digits of a number, or `None` for an empty string or any other value.
pub fn parse_id<E: de::Error>(value: &RawValue) -> Result<Option<String>, E> {
    let written = value.get();
    if written.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Ok(Some(written.to_owned()));
    }
    Ok(parse_string(value)?.filter(|id: &String| !id.is_empty()))
}

/// Returns a value as JSON without blanks and without unnecessary escapes. Digits of numbers are preserved.
pub fn compact(value: &RawValue) -> String {
    let mut json = String::with_capacity(value.get().len());
    for token in Tokens(value.get()) {
        match serde_json::from_str::<String>(token) {
            // Writing a string as JSON cannot fail.
            Ok(text) => json.push_str(&serde_json::to_string(&text).expect("a string is JSON")),
            Err(_) => json.push_str(token),
        }
    }
    json
}

/// Iterates over the tokens of valid JSON: strings, numbers, literals and punctuation marks.
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

/// Returns a JSON number if the text is a whole number in JSON syntax, otherwise a JSON string.
pub fn number_or_string(text: &str) -> Box<RawValue> {
    let json = if is_number(text) {
        serde_json::from_str(text)
    } else {
        serde_json::value::to_raw_value(text)
    };
    // Digits without a leading zero are valid JSON, and so is a string.
    json.expect("a number or a string is JSON")
}

/// Returns whether a text is a whole number in JSON syntax.
pub fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text.len() == 1 || !text.starts_with('0'))
}
