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
