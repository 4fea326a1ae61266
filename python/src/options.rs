//! The table of options, and the configuration from Python's options.

use std::path::PathBuf;

use omnize::config::{Config, OPTIONS};
use omnize::error::Result;
use pyo3::prelude::*;

use crate::text_argument::Text;

/// Returns the options: the name, kind, default and description of each. For a time, also its smallest and largest value in
/// milliseconds.
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

/// Returns the configuration. `options` override the environment, which overrides `file`. Without the environment, its proxy
/// variables are ignored too.
pub fn configure(
    options: &[(Text, Text)],
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
    for (name, value) in options {
        config.set(&name.0, &value.0)?;
    }
    if !environment && config.get("proxy")?.is_empty() {
        // Otherwise the token could be sent to a proxy that the environment names.
        config.set("proxy", "none")?;
    }
    Ok(config)
}
