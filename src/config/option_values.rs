//! The values of all options, checked when they are set.

use std::fmt;

use crate::config::option_lookup::index_of;
use crate::config::options::{OPTIONS, OptionSpec};
use crate::error::{Error, Result};
use crate::status::Status;
use crate::wire::{Dialect, Redacted};

/// The options of a client. A configuration can open any number of clients.
#[derive(Clone, Default)]
pub struct Config {
    /// One value for each row of [`OPTIONS`]; `None` is the default.
    values: Vec<Option<String>>,
}

impl Config {
    /// Creates a configuration with all defaults.
    pub fn new() -> Self {
        Config {
            values: vec![None; OPTIONS.len()],
        }
    }

    /// Sets an option. Dots and underscores in `name` are equal.
    ///
    /// # Errors
    /// [`Status::Option`] if no option has this name, [`Status::Value`] if the value is invalid. The message omits a name that
    /// is not similar to an option, because it may be a secret.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let index = index_of(name)?;
        let option = &OPTIONS[index];
        option.kind.check(value).map_err(|expected| {
            let shown_value = if option.kind.must_hide(value) {
                String::new()
            } else {
                format!(" {value:?}")
            };
            Error::new(
                Status::Value,
                format!(
                    "option {}: the value{shown_value} can't be used; it takes {expected}",
                    option.name
                ),
            )
        })?;
        self.values[index] = Some(value.to_owned());
        Ok(())
    }

    /// Returns the value of an option, or its default. A secret that is set is returned as `[redacted]`.
    ///
    /// # Errors
    /// [`Status::Option`] if no option has this name.
    pub fn get(&self, name: &str) -> Result<&str> {
        let index = index_of(name)?;
        let value = self.value(index);
        let hidden = OPTIONS[index].kind.is_secret() && !value.is_empty();
        Ok(if hidden { Redacted::MARK } else { value })
    }

    pub(crate) fn value(&self, index: usize) -> &str {
        self.values[index]
            .as_deref()
            .unwrap_or_else(|| self.default(&OPTIONS[index]))
    }

    /// Returns the default of an option. The default URL depends on the dialect.
    fn default(&self, option: &OptionSpec) -> &'static str {
        match option.name {
            "base_url" => self.dialect().base_url(),
            _ => option.default,
        }
    }

    /// Returns the dialect of the service.
    pub(crate) fn dialect(&self) -> Dialect {
        let name = index_of("dialect").map(|index| self.value(index));
        // The option exists, and its values are the names of dialects.
        name.ok().and_then(Dialect::from_name).unwrap_or_default()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (index, option) in OPTIONS.iter().enumerate() {
            let value = self.value(index);
            let hidden = option.kind.is_confidential() && !value.is_empty();
            map.entry(&option.name, &if hidden { Redacted::MARK } else { value });
        }
        map.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_value_is_rejected_with_the_expected_format() {
        let mut config = Config::new();
        config.set("timeout", "500").unwrap();
        let error = config.set("timeout", "soon").unwrap_err();
        assert_eq!(error.status(), Status::Value);
        assert!(error.message().contains("milliseconds"), "{error}");
        assert_eq!(config.get("timeout").unwrap(), "500");
    }

    #[test]
    fn secrets_are_never_printed() {
        let mut config = Config::new();
        assert_eq!(config.get("token").unwrap(), "");
        config.set("token", "segredo").unwrap();
        assert_eq!(config.get("token").unwrap(), "[redacted]");
        assert!(!format!("{config:?}").contains("segredo"));
    }

    #[test]
    fn each_dialect_has_a_default_url() {
        let mut config = Config::new();
        for dialect in Dialect::ALL {
            config.set("dialect", dialect.name()).unwrap();
            assert_eq!(config.get("base_url").unwrap(), dialect.base_url());
        }
        config.set("base_url", "http://localhost").unwrap();
        assert_eq!(config.get("base_url").unwrap(), "http://localhost");
        let error = config.set("dialect", "soap").unwrap_err();
        assert!(error.message().contains("interactions"), "{error}");
    }

    #[test]
    fn dots_and_underscores_are_equal() {
        let mut config = Config::new();
        config.set("timeout_connect", "7").unwrap();
        assert_eq!(config.get("timeout.connect").unwrap(), "7");
        config.set("base.url", "http://localhost").unwrap();
        assert_eq!(config.get("base_url").unwrap(), "http://localhost");
    }
}
