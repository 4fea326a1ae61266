//! Decides whether one field of a response reports a success or a failure.
//!
//! The service's page says it for a numeric `status`, `success` false and a non-empty `errors`. Programs also write these values
//! in other forms, for example as text. A failure in any of these forms must not count as a success.

use serde_json::value::RawValue;

use crate::wire::json::json_value::parse_string;
use crate::wire::responses::token_rejection::is_token_status;

/// The result that a field, or all fields of a response, report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldVerdict {
    /// It reports nothing.
    #[default]
    Silent,
    /// A success.
    Success,
    /// A failure.
    Failure,
    /// It may be a failure.
    Unclear,
}

const FAILURES: [&str; 9] = [
    "false", "no", "n", "off", "error", "err", "fail", "failed", "failure",
];
const SUCCESSES: [&str; 6] = ["true", "yes", "y", "on", "ok", "success"];

impl FieldVerdict {
    /// Joins the verdicts of two values of the same field, or of two objects.
    pub fn join(self, other: Self) -> Self {
        match (self, other) {
            (one, FieldVerdict::Silent) => one,
            (FieldVerdict::Silent, other) => other,
            (one, other) if one == other => one,
            _ => FieldVerdict::Unclear,
        }
    }

    /// Returns the verdict of a `status`.
    pub fn of_status(value: &RawValue) -> Self {
        let text = text_of(value);
        match text.parse::<f64>() {
            // An infinite number is not a status.
            Ok(status) if !status.is_finite() => FieldVerdict::Silent,
            Ok(status) if status >= 400.0 => FieldVerdict::Failure,
            Ok(_) => FieldVerdict::Success,
            Err(_) if FAILURES.contains(&&*text) => FieldVerdict::Failure,
            Err(_) => FieldVerdict::Silent,
        }
    }

    /// Returns the verdict of a `success`.
    pub fn of_success(value: &RawValue) -> Self {
        let text = text_of(value);
        match text.parse::<f64>() {
            Ok(0.0) => FieldVerdict::Failure,
            Ok(number) if number.is_finite() => FieldVerdict::Success,
            _ if value.get() == "null" => FieldVerdict::Silent,
            _ if FAILURES.contains(&&*text) => FieldVerdict::Failure,
            _ if SUCCESSES.contains(&&*text) => FieldVerdict::Success,
            _ => FieldVerdict::Unclear,
        }
    }

    /// Returns the verdict of `errors` or `error`.
    pub fn of_errors(value: &RawValue) -> Self {
        if is_empty(value) || value.get().parse() == Ok(0.0) {
            FieldVerdict::Silent
        } else {
            FieldVerdict::Failure
        }
    }
}

/// Returns whether a `status` means that the token was rejected.
pub fn is_token_rejection(status: &RawValue) -> bool {
    let number = text_of(status).parse::<f64>().ok();
    let number = number.filter(|number| number.fract() == 0.0);
    number.is_some_and(|number| is_token_status(number as u16))
}

/// Returns whether a value is false, null or empty.
pub fn is_empty(value: &RawValue) -> bool {
    let json = value.get();
    let is_blank_within = |open: char, close: char| {
        let within = json
            .strip_prefix(open)
            .and_then(|json| json.strip_suffix(close));
        within.is_some_and(|within| within.trim().is_empty())
    };
    matches!(json, "null" | "false" | "\"\"")
        || is_blank_within('[', ']')
        || is_blank_within('{', '}')
}

/// Returns a text in lower case without blanks around it, or the JSON of another value.
fn text_of(value: &RawValue) -> String {
    match parse_string::<serde_json::Error>(value) {
        Ok(Some(text)) => text.trim().to_ascii_lowercase(),
        _ => value.get().to_owned(),
    }
}
