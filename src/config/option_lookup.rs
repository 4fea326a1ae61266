//! Finds options by name, and suggests a similar name for an unknown one.

use crate::config::options::OPTIONS;
use crate::error::{Error, Result};
use crate::status::Status;

/// The least similarity of a suggested name, from 0 to 1.
const SUGGESTION_THRESHOLD: f64 = 0.6;

/// Returns the index of an option in [`OPTIONS`].
///
/// # Errors
/// [`Status::Option`] if no option has this name.
pub(crate) fn index_of(name: &str) -> Result<usize> {
    position(name).ok_or_else(|| Error::new(Status::Option, unknown_message(name)))
}

/// Returns the index of an option, or `None` if no option has this name.
pub(crate) fn position(name: &str) -> Option<usize> {
    let wanted = normalize(name);
    OPTIONS
        .iter()
        .position(|option| normalize(option.name) == wanted)
}

/// The longest word, and the longest key, that a message contains.
const MAX_PRINTED_WORD: usize = 14;
const MAX_PRINTED_KEY: usize = 40;

/// Returns the key of a file for a message, or `None` if it may be a secret. A secret has capitals, digits or other
/// characters, or is one long word.
pub(crate) fn printable_key(key: &str) -> Option<&str> {
    let is_word = |word: &str| {
        (1..=MAX_PRINTED_WORD).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    let looks_like_a_name = key.len() <= MAX_PRINTED_KEY && key.split(['.', '_', '-']).all(is_word);
    looks_like_a_name.then_some(key)
}

/// The most options that are suggested for one name.
const MAX_SUGGESTIONS: usize = 3;

/// Returns the names of the options that end with a name, such as `message.max_age` for `max_age`, or else the most similar
/// option, if it is similar enough.
pub(crate) fn suggestions(name: &str) -> Vec<&'static str> {
    let wanted = normalize(name).to_ascii_lowercase();
    let end = format!("_{wanted}");
    let names = OPTIONS.iter().map(|option| option.name);
    let ending: Vec<_> = names
        .filter(|name| !wanted.is_empty() && normalize(name).ends_with(&end))
        .collect();
    match ending.len() {
        1..=MAX_SUGGESTIONS => ending,
        _ => most_similar(&wanted).into_iter().collect(),
    }
}

/// Returns the option with the most similar name, if it is similar enough.
fn most_similar(wanted: &str) -> Option<&'static str> {
    OPTIONS
        .iter()
        .map(|option| {
            let similarity =
                strsim::normalized_damerau_levenshtein(&normalize(option.name), wanted);
            (similarity, option)
        })
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .filter(|(similarity, _)| *similarity >= SUGGESTION_THRESHOLD)
        .map(|(_, option)| option.name)
}

fn unknown_message(name: &str) -> String {
    let suggestions = suggestions(name);
    if suggestions.is_empty() {
        // The name may be a misplaced secret, so it is omitted.
        return "there is no such option; see the list of options".into();
    }
    let description = if is_name_like(name) {
        format!("option {name:?}")
    } else {
        "such option".into()
    };
    let suggestions = suggestions.join(" or ");
    format!("there is no {description}; did you mean {suggestions}?")
}

/// Returns the message for an unknown key of a file without a suggestion.
pub(crate) fn unknown_key_message(key: &str) -> String {
    format!("there is no option {key:?}; see the list of options")
}

/// Returns whether a name contains only characters of option names, and so no `=` with a value.
fn is_name_like(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_alphabetic() || b"._-".contains(&byte))
}

/// Replaces dots by underscores, because both are equal in names.
fn normalize(name: &str) -> String {
    name.replace('.', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_similar_name_is_suggested() {
        for (name, suggested) in [
            ("tokn", "token"),
            ("baseurl", "base_url"),
            ("timeout_conect", "timeout.connect"),
            ("dispatch_thread", "dispatch.threads"),
            ("TIMEOUT", "timeout"),
            ("Listen.Path", "listen.path"),
            ("max_age", "message.max_age"),
            ("max.age", "message.max_age"),
            ("metrics", "listen.metrics"),
            ("url", "base_url or listen.public_url"),
        ] {
            let error = index_of(name).unwrap_err();
            assert_eq!(error.status(), Status::Option);
            let expected = format!("there is no option {name:?}; did you mean {suggested}?");
            assert_eq!(error.message(), expected);
        }
    }

    #[test]
    fn an_unknown_name_is_not_printed() {
        for secret in ["j4hl2kjh34kh2k3jh4", "segredo", "user:password", ""] {
            let error = index_of(secret).unwrap_err();
            let expected = "there is no such option; see the list of options";
            assert_eq!(error.message(), expected);
        }
    }

    #[test]
    fn only_keys_that_look_like_names_are_printable() {
        for key in ["url", "api-key", "retry.attempts", "connect_timeout_ms"] {
            assert_eq!(printable_key(key), Some(key));
        }
        for key in [
            "",
            "j4hl2kjh34kh2k3jh4",
            "U0VDUkVUVE9LRU4",
            "SEGREDO",
            "qwjhgfdoiuytrezxcvbn",
            "maria@example.com",
            "a..b",
            "senha1",
            "um_dois_um_dois_um_dois_um_dois_um_dois_um",
        ] {
            assert_eq!(printable_key(key), None, "{key}");
        }
    }

    #[test]
    fn a_value_in_place_of_a_name_is_not_printed() {
        for (name, suggested) in [
            ("listen.basic=u:p4ss", "listen.basic"),
            ("tokenx7", "token"),
        ] {
            let expected = format!("there is no such option; did you mean {suggested}?");
            assert_eq!(unknown_message(name), expected);
        }
    }
}
