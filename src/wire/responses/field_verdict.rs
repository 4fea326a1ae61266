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
    /// A failure, in a form of the service's page.
    Failure,
    /// A failure, in a form that only other programs use. A success in another field contradicts it.
    UndocumentedFailure,
    /// It may be a failure.
    Unclear,
}

const FAILURES: [&str; 9] = [
    "false", "no", "n", "off", "error", "err", "fail", "failed", "failure",
];
const SUCCESSES: [&str; 6] = ["true", "yes", "y", "on", "ok", "success"];
/// Texts of programs for a missing error.
const MISSING_ERRORS: [&str; 9] = [
    "",
    "null",
    "none",
    "nil",
    "undefined",
    "false",
    "no",
    "[]",
    "{}",
];

impl FieldVerdict {
    /// Joins the verdicts of two values of the same field, or of two objects.
    pub fn join(self, other: Self) -> Self {
        match (self, other) {
            (one, FieldVerdict::Silent) => one,
            (FieldVerdict::Silent, other) => other,
            (one, other) if one == other => one,
            (one, other) if one.is_failure() && other.is_failure() => FieldVerdict::Failure,
            _ => FieldVerdict::Unclear,
        }
    }

    /// Joins the verdicts of the fields of an object. The failures of the service's page decide.
    pub fn join_fields(fields: [Self; 4]) -> Self {
        let has = |verdict| fields.contains(&verdict);
        if has(FieldVerdict::UndocumentedFailure)
            && has(FieldVerdict::Success)
            && !has(FieldVerdict::Failure)
        {
            return FieldVerdict::Unclear;
        }
        let verdicts = [
            FieldVerdict::Failure,
            FieldVerdict::UndocumentedFailure,
            FieldVerdict::Unclear,
            FieldVerdict::Success,
        ];
        let first = verdicts.into_iter().find(|verdict| has(*verdict));
        first.unwrap_or_default()
    }

    /// Whether it is a failure in any form.
    pub fn is_failure(self) -> bool {
        matches!(
            self,
            FieldVerdict::Failure | FieldVerdict::UndocumentedFailure
        )
    }

    /// Returns the verdict of a `status`.
    pub fn of_status(value: &RawValue) -> Self {
        let text = text_of(value);
        match text.parse::<f64>() {
            // An infinite number is not a status.
            Ok(status) if !status.is_finite() => FieldVerdict::Silent,
            Ok(status) if status >= 400.0 && *text == *value.get() => FieldVerdict::Failure,
            Ok(status) if status >= 400.0 => FieldVerdict::UndocumentedFailure,
            Ok(status) if status >= 200.0 => FieldVerdict::Success,
            Ok(_) => FieldVerdict::Silent,
            Err(_) if FAILURES.contains(&&*text) => FieldVerdict::UndocumentedFailure,
            Err(_) if SUCCESSES.contains(&&*text) => FieldVerdict::Success,
            Err(_) => FieldVerdict::Silent,
        }
    }

    /// Returns the verdict of a `success`.
    pub fn of_success(value: &RawValue) -> Self {
        let text = text_of(value);
        match text.parse::<f64>() {
            Ok(0.0) => FieldVerdict::UndocumentedFailure,
            Ok(number) if number.is_finite() => FieldVerdict::Success,
            _ if value.get() == "null" => FieldVerdict::Silent,
            _ if value.get() == "false" => FieldVerdict::Failure,
            _ if FAILURES.contains(&&*text) => FieldVerdict::UndocumentedFailure,
            _ if SUCCESSES.contains(&&*text) => FieldVerdict::Success,
            _ => FieldVerdict::Unclear,
        }
    }

    /// Returns the verdict of `errors`.
    pub fn of_errors(value: &RawValue) -> Self {
        match names_no_error(value) {
            true => FieldVerdict::Silent,
            false => FieldVerdict::Failure,
        }
    }

    /// Returns the verdict of `error`, which the service's page does not have.
    pub fn of_error(value: &RawValue) -> Self {
        match names_no_error(value) {
            true => FieldVerdict::Silent,
            false => FieldVerdict::UndocumentedFailure,
        }
    }
}

/// Returns whether all texts and numbers of an `errors` or `error` mean a missing error, at any depth.
pub fn names_no_error(value: &RawValue) -> bool {
    const PUNCTUATION: [char; 6] = ['[', ']', '{', '}', ',', ':'];
    let is_skipped =
        |character: char| character.is_whitespace() || PUNCTUATION.contains(&character);
    let mut rest = value.get().trim_start_matches(is_skipped);
    // Without recursion, because the depth has no limit.
    while !rest.is_empty() {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        let Some(Ok(value)) = values.next() else {
            return false;
        };
        rest = &rest[values.byte_offset()..];
        let is_key = rest.trim_start().starts_with(':');
        if !is_key && !is_missing_error(value) {
            return false;
        }
        rest = rest.trim_start_matches(is_skipped);
    }
    true
}

fn is_missing_error(value: &RawValue) -> bool {
    let text = text_of(value);
    MISSING_ERRORS.contains(&&*text) || text.parse() == Ok(0.0)
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
