//! The table of options, and a configuration from what Python gives.

use std::path::PathBuf;

use omnize::config::{Config, OPTIONS};
use omnize::error::Result;
use pyo3::prelude::*;

use crate::text_argument::Text;

/// The options: name, kind, default and meaning of each, and of one that is a time the least and the most milliseconds.
#[pyfunction]
pub fn option_table() -> Vec<Row> {
    OPTIONS
        .iter()
        .map(|option| {
            let kind = option.kind;
            (
                option.name,
                kind.name(),
                option.default,
                option.doc,
                kind.milliseconds(),
            )
        })
        .collect()
}

/// An option of the table.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Option<(u64, u64)>,
);

/// The file's options, over them the environment's, and over them those that were given. Where the environment is left alone,
/// no proxy of it is used either.
pub fn configure(
    given: &[(Text, Text)],
    file: Option<PathBuf>,
    environment: bool,
) -> Result<Config> {
    let mut config = Config::new();
    if let Some(path) = file {
        config.load_file(&path)?;
    }
    if environment {
        config.load_env()?;
    }
    for (name, value) in given {
        config.set(&name.0, &value.0)?;
    }
    if !environment && config.get("proxy")?.is_empty() {
        // Who leaves the environment alone has its proxy in mind too: the token would go there.
        config.set("proxy", "none")?;
    }
    Ok(config)
}
