//! Options from environment variables.

use std::env;

use crate::config::{Config, OPTIONS};
use crate::error::{Error, Result};
use crate::status::Status;

pub(crate) fn load(config: &mut Config) -> Result<()> {
    for option in OPTIONS {
        let variable = variable(option.name);
        // Docker Compose passes a variable that is not set as an empty one.
        let Some(value) = env::var_os(&variable).filter(|value| !value.is_empty()) else {
            continue;
        };
        let Some(value) = value.to_str() else {
            return Err(Error::new(
                Status::Encoding,
                format!("the environment variable {variable} is no UTF-8; set it to UTF-8 text"),
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

/// The environment variable of an option.
fn variable(name: &str) -> String {
    format!("OMNIZE_{}", name.replace('.', "_").to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_the_names_in_capitals() {
        assert_eq!(variable("token"), "OMNIZE_TOKEN");
        assert_eq!(variable("timeout.connect"), "OMNIZE_TIMEOUT_CONNECT");
    }
}
