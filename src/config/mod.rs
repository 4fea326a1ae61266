//! The configuration: options by name, from calls, the environment or a file, checked as they are set.

mod environment;
mod file;
mod host_name;
mod ini_lines;
mod listen;
mod loopback;
mod networks;
mod no_proxy;
mod option_lookup;
mod options;
mod proxy;
mod punycode;
mod settings;
mod url;
mod value;

use std::fmt;

use crate::error::{Error, Result};
use crate::status::Status;
use crate::wire::{Dialect, Redacted};

use crate::config::option_lookup::index_of;

pub use crate::config::listen::{Limits, ListenSettings};
pub use crate::config::loopback::is_loopback;
pub use crate::config::networks::Networks;
pub use crate::config::options::{OPTIONS, OptionSpec};
pub use crate::config::proxy::ProxyServer;
pub use crate::config::settings::{AddressFamily, Settings, TlsSettings};
pub use crate::config::value::Kind;

/// The options of a client that is to be opened. One client's configuration can open any number of clients.
#[derive(Clone, Default)]
pub struct Config {
    /// One value per row of [`OPTIONS`]; `None` is the default.
    values: Vec<Option<String>>,
}

impl Config {
    /// A configuration with every option at its default.
    pub fn new() -> Self {
        Config {
            values: vec![None; OPTIONS.len()],
        }
    }

    /// Sets an option. Dots and underscores in `name` are the same.
    ///
    /// # Errors
    /// [`Status::Option`] where no option has this name, [`Status::Value`] where it does not take this value. A name that is
    /// like no option's is not shown, for it may be a secret in the name's place.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let index = index_of(name)?;
        let option = &OPTIONS[index];
        option.kind.check(value).map_err(|expected| {
            let given = if option.kind.hides(value) {
                String::new()
            } else {
                format!(" {value:?}")
            };
            Error::new(
                Status::Value,
                format!(
                    "option {}: the value{given} can't be used; it takes {expected}",
                    option.name
                ),
            )
        })?;
        self.values[index] = Some(value.to_owned());
        Ok(())
    }

    /// The value of an option, or its default. A secret shows as `[redacted]` once it is set.
    ///
    /// # Errors
    /// [`Status::Option`] where no option has this name.
    pub fn get(&self, name: &str) -> Result<&str> {
        let index = index_of(name)?;
        let value = self.value(index);
        let hidden = OPTIONS[index].kind.is_secret() && !value.is_empty();
        Ok(if hidden { Redacted::MARK } else { value })
    }

    /// Sets each option whose environment variable is set: `OMNIZE_` and the name in capitals with underscores, so
    /// `OMNIZE_TOKEN` and `OMNIZE_TIMEOUT_CONNECT`. An empty variable counts as not set.
    ///
    /// # Errors
    /// [`Status::Value`] for a value that its option does not take; the options before it are set then.
    pub fn load_env(&mut self) -> Result<()> {
        crate::config::environment::load(self)
    }

    /// Sets the options that an INI file holds: `name = value` lines, where a `[group]` line stands for the part of the
    /// names before the dot. Values may be quoted, so that simple TOML reads the same, and a comment may follow them.
    ///
    /// # Errors
    /// [`Status::File`] where it can't be read or understood, [`Status::Option`] and [`Status::Value`] as in
    /// [`set`](Self::set). No option is set then.
    pub fn load_file(&mut self, path: &std::path::Path) -> Result<()> {
        crate::config::file::load(self, path)
    }

    fn value(&self, index: usize) -> &str {
        self.values[index]
            .as_deref()
            .unwrap_or_else(|| self.default(&OPTIONS[index]))
    }

    /// What holds where an option is not set: each dialect has a URL of its own.
    fn default(&self, option: &OptionSpec) -> &'static str {
        match option.name {
            "base_url" => self.dialect().base_url(),
            _ => option.default,
        }
    }

    /// The dialect that the service is spoken to in.
    fn dialect(&self) -> Dialect {
        let name = index_of("dialect").map(|index| self.value(index));
        // There is such an option, and its values are the names.
        name.ok().and_then(Dialect::named).unwrap_or_default()
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
    fn a_bad_value_is_told_what_is_expected_and_changes_nothing() {
        let mut config = Config::new();
        config.set("timeout", "500").unwrap();
        let error = config.set("timeout", "soon").unwrap_err();
        assert_eq!(error.status(), Status::Value);
        assert!(error.message().contains("milliseconds"), "{error}");
        assert_eq!(config.get("timeout").unwrap(), "500");
    }

    #[test]
    fn secrets_are_never_shown() {
        let mut config = Config::new();
        assert_eq!(config.get("token").unwrap(), "");
        config.set("token", "segredo").unwrap();
        assert_eq!(config.get("token").unwrap(), "[redacted]");
        assert!(!format!("{config:?}").contains("segredo"));
    }

    #[test]
    fn each_dialect_has_a_url_of_its_own_unless_another_is_set() {
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
    fn dots_and_underscores_are_the_same() {
        let mut config = Config::new();
        config.set("timeout_connect", "7").unwrap();
        assert_eq!(config.get("timeout.connect").unwrap(), "7");
        config.set("base.url", "http://localhost").unwrap();
        assert_eq!(config.get("base_url").unwrap(), "http://localhost");
    }
}
