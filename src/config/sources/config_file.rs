//! Options from an INI file.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use crate::config::option_lookup;
use crate::config::option_values::Config;
use crate::config::options::OPTIONS;
use crate::config::sources::ini_lines;
use crate::config::sources::ini_lines::Entry;
use crate::error::{Error, Result};
use crate::os_error;
use crate::status::Status;

impl Config {
    /// Sets the options of an INI file. It has lines `name = value`; a line `[group]` stands for the part of the names before
    /// the dot. Values may be quoted, as in simple TOML, and a comment may follow them.
    ///
    /// # Errors
    /// [`Status::File`] if the file cannot be read or parsed, [`Status::Option`] and [`Status::Value`] as in
    /// [`set`](Self::set). On failure, no option is set.
    pub fn load_file(&mut self, path: &Path) -> Result<()> {
        load(self, path)
    }
}

fn load(config: &mut Config, path: &Path) -> Result<()> {
    // A relative path depends on the working directory, which is often not the expected one.
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let file_error = |status, message: &dyn Display| {
        Error::new(
            status,
            format!("configuration file {}: {message}", absolute.display()),
        )
    };
    let bytes = std::fs::read(path)
        .map_err(|error| file_error(Status::File, &os_error::describe(&error)))?;
    let entries = ini_lines::parse(&bytes).map_err(|fault| file_error(Status::File, &fault))?;
    let mut loaded = config.clone();
    let mut lines = BTreeMap::new();
    for entry in &entries {
        let line = entry.line;
        let index = set(&mut loaded, entry).map_err(|error| {
            let message = format!("line {line}: {error}");
            file_error(error.status(), &message)
        })?;
        if let Some(first) = lines.insert(index, line) {
            let option = OPTIONS[index].name;
            let message = format!(
                "line {line}: {option} is already set in line {first}; remove one of the lines"
            );
            return Err(file_error(Status::File, &message));
        }
    }
    *config = loaded;
    Ok(())
}

/// Sets the option of a line. Returns its index.
fn set(config: &mut Config, entry: &Entry) -> Result<usize> {
    let set = |config: &mut Config, name: &str| {
        check_key(name, &entry.value)?;
        config.set(name, &entry.value)?;
        option_lookup::index_of(name)
    };
    let Some(group) = &entry.group else {
        return set(config, &entry.name);
    };
    let name = format!("{group}.{}", entry.name);
    match option_lookup::position(&entry.name) {
        Some(index) if option_lookup::position(&name).is_none() => {
            let option = OPTIONS[index].name;
            Err(Error::new(
                Status::Option,
                format!(
                    "{option} is not an option of this group; a group's name is the first part of its options' names, so \
                     {option} must stand before the first [group]"
                ),
            ))
        }
        _ => set(config, &name),
    }
}

/// Fails with the name of an unknown key, if it looks like the name of an option. A key without a value may be a secret that
/// ends with an equals sign.
fn check_key(key: &str, value: &str) -> Result<()> {
    let is_known = option_lookup::position(key).is_some();
    match option_lookup::printable_key(key) {
        Some(key)
            if !is_known && !value.is_empty() && option_lookup::suggestions(key).is_empty() =>
        {
            Err(Error::new(
                Status::Option,
                option_lookup::unknown_key_message(key),
            ))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(name: &str, text: impl AsRef<[u8]>) -> (Config, Result<()>) {
        let path = std::env::temp_dir().join(format!("omnize-{}-{name}.ini", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let mut config = Config::new();
        let result = load(&mut config, &path);
        std::fs::remove_file(&path).unwrap();
        (config, result)
    }

    #[test]
    fn parses_plain_quoted_and_grouped_values() {
        let text = "\u{feff}; a comment\ntoken = abc\nbase_url = \"http://localhost:1/x\"\n\n[timeout]\nconnect = 7\n\n[listen]\npath = /a\n";
        let (config, result) = loaded("good", text);
        result.unwrap();
        assert_eq!(config.get("token").unwrap(), "[redacted]");
        assert_eq!(config.get("base_url").unwrap(), "http://localhost:1/x");
        assert_eq!(config.get("timeout.connect").unwrap(), "7");
        assert_eq!(config.get("listen.path").unwrap(), "/a");
    }

    #[test]
    fn an_error_contains_the_file_and_line_and_nothing_is_set() {
        for (name, text, status, expected) in [
            (
                "broken",
                "timeout = 5\n[listen\npath = /x\n",
                Status::File,
                "line 2 is not a name = value",
            ),
            (
                "unknown",
                "timeout = 5\n\ncolour = red\n",
                Status::Option,
                "line 3: there is no option \"colour\"; see the list of options",
            ),
            (
                "slip",
                "timeout = 5\nTIMEOUT = 6\n",
                Status::Option,
                "line 2: there is no option \"TIMEOUT\"",
            ),
            (
                "value",
                "timeout = 5\ntimeout = soon\n",
                Status::Value,
                "line 2: option timeout: the value",
            ),
        ] {
            let (config, result) = loaded(name, text);
            let error = result.unwrap_err();
            assert_eq!(error.status(), status);
            let message = error.message();
            assert!(
                message.contains(&format!("-{name}.ini: {expected}")),
                "{error}"
            );
            assert_eq!(config.get("timeout").unwrap(), "30000");
        }

        let error = load(&mut Config::new(), Path::new("/nowhere/omnize.ini")).unwrap_err();
        assert_eq!(error.status(), Status::File);
    }

    #[test]
    fn errors_omit_misplaced_secrets() {
        for text in [
            "token SECRETTOKEN\ntimeout = 5\n",
            "token U0VDUkVUVE9LRU4=\n",
            "U0VDUkVUVE9LRU4=\n",
            "[listen]\nbasic PASSW0RD",
            "listen.basic user:PASSW0RD",
            "timeout = 5\n[SECRETTOKEN]\na = b",
        ] {
            let error = loaded("secret", text).1.unwrap_err();
            for secret in ["SECRETTOKEN", "U0VDUkVUVE9LRU4", "PASSW0RD"] {
                assert!(!error.message().contains(secret), "{error}");
            }
        }
    }

    #[test]
    fn an_unknown_key_is_printed_if_it_looks_like_a_name() {
        for (text, expected) in [
            (
                "max_age = 5",
                "line 1: there is no option \"max_age\"; did you mean message.max_age?",
            ),
            (
                "url = x",
                "line 1: there is no option \"url\"; did you mean base_url or listen.public_url?",
            ),
            (
                "tokn = x",
                "line 1: there is no option \"tokn\"; did you mean token?",
            ),
            (
                "[retry]\nattempts = 3",
                "line 2: there is no option \"retry.attempts\"; ",
            ),
            ("segredo=", "line 1: there is no such option; see the list"),
            (
                "j4hl2kjh34kh2k3jh4 = x",
                "line 1: there is no such option; see the list",
            ),
            (
                "[SEGREDO]\nurl = x",
                "line 2: there is no such option; see the list",
            ),
        ] {
            let error = loaded("key", text).1.unwrap_err();
            assert_eq!(error.status(), Status::Option);
            assert!(error.message().contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn an_option_that_is_set_twice_is_an_error() {
        for text in [
            "token = SECRET1\n\ntoken = SECRET2\n",
            "listen.path = /a\n[listen]\npath = /b\n",
        ] {
            let (config, result) = loaded("twice", text);
            let error = result.unwrap_err();
            assert_eq!(error.status(), Status::File, "{text}");
            let expected = "is already set in line 1; remove one of the lines";
            assert!(error.message().contains(expected), "{error}");
            assert!(error.message().contains("line 3: "), "{error}");
            assert!(!error.message().contains("SECRET"), "{error}");
            assert_eq!(config.get("token").unwrap(), "");
        }
    }

    #[test]
    fn a_missing_file_is_named_with_its_absolute_path() {
        let error = load(&mut Config::new(), Path::new("nix.ini")).unwrap_err();
        let path = std::env::current_dir().unwrap().join("nix.ini");
        let expected = format!("configuration file {}: ", path.display());
        assert!(error.message().starts_with(&expected), "{error}");
    }

    #[test]
    fn an_option_in_a_wrong_group_is_explained() {
        let error = loaded("group", "[omnize]\ntoken = x\n").1.unwrap_err();
        assert_eq!(error.status(), Status::Option);
        let expected =
            "line 2: token is not an option of this group; a group's name is the first part";
        assert!(error.message().contains(expected), "{error}");
    }
}
