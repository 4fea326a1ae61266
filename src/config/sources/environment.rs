//! Options from environment variables.

use std::env;

use crate::config::option_values::Config;
use crate::config::options::OPTIONS;
use crate::error::{Error, Result};
use crate::status::Status;

impl Config {
    /// Sets each option whose environment variable is set: `OMNIZE_` and the name in capitals with underscores, for example
    /// `OMNIZE_TOKEN` and `OMNIZE_TIMEOUT_CONNECT`. An empty variable counts as unset.
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
    Ok(())
}

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
}
