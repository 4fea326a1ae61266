//! Options from environment variables.

use std::collections::BTreeSet;
use std::env;
use std::sync::{Mutex, PoisonError};

use crate::config::option_lookup;
use crate::config::option_values::Config;
use crate::config::options::OPTIONS;
use crate::error::{Error, Result};
use crate::status::Status;

impl Config {
    /// Sets each option whose environment variable is set: `OMNIZE_` and the name in capitals with underscores, for example
    /// `OMNIZE_TOKEN` and `OMNIZE_TIMEOUT_CONNECT`. An empty variable counts as unset. A warning is logged once for each other
    /// variable whose name begins with `OMNIZE_`.
    ///
    /// # Errors
    /// [`Status::Value`] for an invalid value. The options before it are set.
    pub fn load_env(&mut self) -> Result<()> {
        load(self)
    }
}

fn load(config: &mut Config) -> Result<()> {
    for option in OPTIONS {
        let variable = variable_name(option.name);
        // Docker Compose passes an unset variable as an empty one.
        let Some(value) = env::var_os(&variable).filter(|value| !value.is_empty()) else {
            continue;
        };
        let Some(value) = value.to_str() else {
            return Err(Error::new(
                Status::Encoding,
                format!("the environment variable {variable} is not UTF-8; set it to UTF-8 text"),
            ));
        };
        config.set(option.name, value).map_err(|error| {
            Error::new(
                error.status(),
                format!("environment variable {variable}: {error}"),
            )
        })?;
    }
    warn_of_unknown_variables();
    Ok(())
}

/// Logs a warning for each variable that no option has, once in a process. Never logs a value.
fn warn_of_unknown_variables() {
    static WARNED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    // Without a log, a later call must still warn.
    if !log::log_enabled!(log::Level::Warn) {
        return;
    }
    let unknown = env::vars_os()
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| is_unknown(name));
    for name in unknown {
        let is_new = WARNED
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.clone());
        // Logged without the lock, because the log callback may load the environment.
        if is_new {
            log::warn!("{}", unknown_message(&name));
        }
    }
}

fn is_unknown(variable: &str) -> bool {
    variable.starts_with(PREFIX)
        && !SANDBOX_VARIABLES.contains(&variable)
        && OPTIONS
            .iter()
            .all(|option| variable_name(option.name) != variable)
}

/// Returns the warning. The name is printed if it looks like one, because `export` may have got a secret as a name.
fn unknown_message(variable: &str) -> String {
    let key = variable[PREFIX.len()..].to_ascii_lowercase();
    let is_upper_case = !variable.bytes().any(|byte| byte.is_ascii_lowercase());
    let name = option_lookup::printable_key(&key).filter(|_| is_upper_case);
    let description = match name {
        Some(_) => format!("the environment variable {variable} sets no option"),
        None => "an environment variable whose name begins with OMNIZE_ sets no option".to_owned(),
    };
    let suggestions = option_lookup::suggestions(&key);
    if suggestions.is_empty() {
        return format!("{description}; see the list of options");
    }
    let variables: Vec<_> = suggestions.into_iter().map(variable_name).collect();
    format!("{description}; did you mean {}?", variables.join(" or "))
}

/// The beginning of the names of all variables.
const PREFIX: &str = "OMNIZE_";

/// Variables that set no option: the sandbox sets them for the program that it starts.
const SANDBOX_VARIABLES: [&str; 1] = ["OMNIZE_SANDBOX_URL"];

/// Returns the environment variable of an option.
fn variable_name(name: &str) -> String {
    format!("OMNIZE_{}", name.replace('.', "_").to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_names_are_option_names_in_capitals() {
        assert_eq!(variable_name("token"), "OMNIZE_TOKEN");
        assert_eq!(variable_name("timeout.connect"), "OMNIZE_TIMEOUT_CONNECT");
    }

    #[test]
    fn only_variables_without_an_option_are_unknown() {
        for name in ["OMNIZE_TOKN", "OMNIZE_URL", "OMNIZE_"] {
            assert!(is_unknown(name), "{name}");
        }
        for name in ["OMNIZE_TOKEN", "OMNIZE_SANDBOX_URL", "HOME", "omnize_tokn"] {
            assert!(!is_unknown(name), "{name}");
        }
    }

    #[test]
    fn a_warning_names_the_variable_and_the_similar_option() {
        for (name, expected) in [
            (
                "OMNIZE_TOKN",
                "the environment variable OMNIZE_TOKN sets no option; did you mean OMNIZE_TOKEN?",
            ),
            (
                "OMNIZE_MAX_AGE",
                "the environment variable OMNIZE_MAX_AGE sets no option; did you mean OMNIZE_MESSAGE_MAX_AGE?",
            ),
            (
                "OMNIZE_CONECT_TIMEOUT_URL",
                "the environment variable OMNIZE_CONECT_TIMEOUT_URL sets no option; see the list of options",
            ),
            (
                "OMNIZE_j4hl2kjh34kh2k3jh4",
                "an environment variable whose name begins with OMNIZE_ sets no option; see the list of options",
            ),
        ] {
            assert_eq!(unknown_message(name), expected);
        }
    }
}
