//! Options from an INI file.

use std::path::Path;

use ini::{Ini, ParseOption};

use super::Config;
use crate::error::{Error, Result};
use crate::status::Status;

pub(super) fn load(config: &mut Config, path: &Path) -> Result<()> {
    let in_file = |status, what: &dyn std::fmt::Display| {
        Error::new(
            status,
            format!("configuration file {}: {what}", path.display()),
        )
    };
    let text = std::fs::read_to_string(path).map_err(|error| in_file(Status::File, &error))?;
    let options = ParseOption {
        enabled_quote: true,
        // A Windows path has backslashes that escape nothing.
        enabled_escape: false,
        ..ParseOption::default()
    };
    let ini = Ini::load_from_str_opt(&text, options).map_err(|error| {
        in_file(
            Status::File,
            &format!(
                "line {} or the one before can't be understood; a line is name = value, [group], or a comment",
                error.line
            ),
        )
    })?;
    let mut loaded = config.clone();
    for (group, properties) in &ini {
        for (name, value) in properties {
            let name = match group {
                Some(group) => format!("{group}.{name}"),
                None => name.to_owned(),
            };
            loaded
                .set(&name, value)
                .map_err(|error| in_file(error.status(), &error))?;
        }
    }
    *config = loaded;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(name: &str, text: &str) -> (Config, Result<()>) {
        let path = std::env::temp_dir().join(format!("omnize-{}-{name}.ini", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let mut config = Config::new();
        let result = load(&mut config, &path);
        std::fs::remove_file(&path).unwrap();
        (config, result)
    }

    #[test]
    fn reads_plain_quoted_and_grouped_values() {
        let text = "; a comment\ntoken = abc\nbase_url = \"http://localhost:1/x\"\n\n[timeout]\nconnect = 7\n\n[listen]\npath = /a\n";
        let (config, result) = loaded("good", text);
        result.unwrap();
        assert_eq!(config.get("token").unwrap(), "[redacted]");
        assert_eq!(config.get("base_url").unwrap(), "http://localhost:1/x");
        assert_eq!(config.get("timeout.connect").unwrap(), "7");
        assert_eq!(config.get("listen.path").unwrap(), "/a");
    }

    #[test]
    fn says_which_file_and_line_is_wrong_and_sets_nothing() {
        let (_, result) = loaded("broken", "timeout = 5\n[listen\npath = /x\n");
        let error = result.unwrap_err();
        assert_eq!(error.status(), Status::File);
        assert!(error.message().contains("line"), "{error}");

        let (config, result) = loaded("unknown", "timeout = 5\ncolour = red\n");
        assert_eq!(result.unwrap_err().status(), Status::Option);
        assert_eq!(config.get("timeout").unwrap(), "30000");

        let (_, result) = loaded("value", "timeout = soon\n");
        assert_eq!(result.unwrap_err().status(), Status::Value);

        let error = load(&mut Config::new(), Path::new("/nowhere/omnize.ini")).unwrap_err();
        assert_eq!(error.status(), Status::File);
    }
}
