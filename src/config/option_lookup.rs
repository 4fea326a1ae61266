//! Finds options by their names, and tells whoever wrote another name what was meant.

use crate::config::OPTIONS;
use crate::config::options::OptionSpec;
use crate::error::{Error, Result};
use crate::status::Status;

/// As alike as this, on a scale from 0 to 1, a wrong name is taken for a slip.
const SUGGESTION_THRESHOLD: f64 = 0.6;

/// Where the option of this name stands in [`OPTIONS`].
pub(crate) fn index_of(name: &str) -> Result<usize> {
    position(name).ok_or_else(|| Error::new(Status::Option, unknown(name)))
}

/// The same, where not to find one is no error.
pub(crate) fn position(name: &str) -> Option<usize> {
    let wanted = plain(name);
    OPTIONS
        .iter()
        .position(|option| plain(option.name) == wanted)
}

/// The option that somebody meant who wrote `name`, if that can be told.
pub(crate) fn nearest(name: &str) -> Option<&'static OptionSpec> {
    let wanted = plain(name).to_ascii_lowercase();
    OPTIONS
        .iter()
        .map(|option| {
            let likeness = strsim::normalized_damerau_levenshtein(&plain(option.name), &wanted);
            (likeness, option)
        })
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .filter(|(likeness, _)| *likeness >= SUGGESTION_THRESHOLD)
        .map(|(_, option)| option)
}

fn unknown(name: &str) -> String {
    let Some(option) = nearest(name) else {
        // It may be the value, a token or a password, that came in the name's place.
        let names: Vec<_> = OPTIONS.iter().map(|option| option.name).collect();
        return format!("there is no such option; there are {}", names.join(", "));
    };
    let given = if is_like_a_name(name) {
        format!("option {name:?}")
    } else {
        "such option".into()
    };
    format!("there is no {given}; did you mean {}?", option.name)
}

/// Whether `name` has nothing but what names of options are made of, and so no `=` with a value after it.
fn is_like_a_name(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_alphabetic() || b"._-".contains(&byte))
}

/// Dots and underscores are the same.
fn plain(name: &str) -> String {
    name.replace('.', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_the_name_that_was_meant() {
        for (slip, meant) in [
            ("tokn", "token"),
            ("baseurl", "base_url"),
            ("timeout_conect", "timeout.connect"),
            ("dispatch_thread", "dispatch.threads"),
            ("TIMEOUT", "timeout"),
            ("Listen.Path", "listen.path"),
        ] {
            let error = index_of(slip).unwrap_err();
            assert_eq!(error.status(), Status::Option);
            let expected = format!("there is no option {slip:?}; did you mean {meant}?");
            assert_eq!(error.message(), expected);
        }
    }

    #[test]
    fn a_name_like_no_other_is_told_the_names_there_are_and_is_not_shown() {
        for secret in ["j4hl2kjh34kh2k3jh4", "segredo", "user:password", ""] {
            let error = index_of(secret).unwrap_err();
            let expected = "there is no such option; there are token, dialect, base_url";
            assert!(error.message().starts_with(expected), "{error}");
            assert!(
                secret.is_empty() || !error.message().contains(secret),
                "{error}"
            );
        }
    }

    #[test]
    fn a_value_that_stands_in_a_name_is_not_shown() {
        for (name, meant) in [
            ("listen.basic=u:p4ss", "listen.basic"),
            ("tokenx7", "token"),
        ] {
            let expected = format!("there is no such option; did you mean {meant}?");
            assert_eq!(unknown(name), expected);
        }
    }
}
