//! Converts the core's messages to the words of Python.
//!
//! The core writes for C and for configuration files: names of options with dots, milliseconds, callbacks and NULL. A Python
//! application passes `timeout_connect=1.5`.

use std::borrow::Cow;

use omnize::config::OPTIONS;

/// The words before the service's own text in a message of the core.
const REASON: &str = "its reason: ";

/// Characters around a word that do not belong to it.
const PUNCTUATION: &[char] = &['"', '\'', '`', '(', ')', ',', ';', ':', '.', '?', '!'];

/// Returns the message with Python's names of options, with durations in seconds, and with Python's terms.
///
/// Only whole words between spaces are replaced, so paths, URLs and host names with a port remain as they are. The service's reason
/// remains too.
pub fn convert(message: &str) -> String {
    match message.split_once(REASON) {
        Some((own, reason)) => format!("{}{REASON}{reason}", convert_own(own)),
        None => convert_own(message),
    }
}

fn convert_own(message: &str) -> String {
    let mut converted = String::with_capacity(message.len());
    let mut words = message.split(' ').peekable();
    while let Some(word) = words.next() {
        let unit = words.peek().copied().unwrap_or_default();
        match seconds(word, unit) {
            Some(duration) => {
                converted.push_str(&duration);
                words.next();
            }
            None => converted.push_str(&replace(word, python_word)),
        }
        if words.peek().is_some() {
            converted.push(' ');
        }
    }
    converted
}

/// Returns the duration in seconds, if these words are a number and `ms`.
fn seconds(number: &str, unit: &str) -> Option<String> {
    if unit.trim_matches(PUNCTUATION) != "ms" {
        return None;
    }
    let milliseconds: u64 = number.trim_matches(PUNCTUATION).parse().ok()?;
    let number = replace(number, |_| {
        Some(Cow::Owned((milliseconds as f64 / 1000.0).to_string()))
    });
    let unit = replace(unit, |_| Some(Cow::Borrowed("s")));
    Some(format!("{number} {unit}"))
}

/// Replaces the word between the punctuation.
fn replace<'a>(
    word: &'a str,
    replacement: impl Fn(&'a str) -> Option<Cow<'a, str>>,
) -> Cow<'a, str> {
    let without_start = word.trim_start_matches(PUNCTUATION);
    let core = without_start.trim_end_matches(PUNCTUATION);
    let Some(replaced) = replacement(core).filter(|replaced| replaced != core) else {
        return Cow::Borrowed(word);
    };
    let start = &word[..word.len() - without_start.len()];
    let end = &without_start[core.len()..];
    Cow::Owned(format!("{start}{replaced}{end}"))
}

fn python_word(word: &str) -> Option<Cow<'_, str>> {
    match word {
        "callback" => Some(Cow::Borrowed("handler")),
        "callbacks" => Some(Cow::Borrowed("handlers")),
        "subscribed" => Some(Cow::Borrowed("registered")),
        "NULL" => Some(Cow::Borrowed("None")),
        _ if word.contains('.') && OPTIONS.iter().any(|option| option.name == word) => {
            Some(Cow::Owned(word.replace('.', "_")))
        }
        _ => None,
    }
}
