//! The table of options, and a configuration from what Python gives.

use std::path::PathBuf;

use omnize::config::{Config, OPTIONS};
use omnize::error::Result;
use pyo3::prelude::*;

/// The options: name, kind, default and meaning of each.
#[pyfunction]
pub fn option_table() -> Vec<(&'static str, &'static str, &'static str, &'static str)> {
    OPTIONS
        .iter()
        .map(|option| (option.name, option.kind.name(), option.default, option.doc))
        .collect()
}

/// The file's options, over them the environment's, and over them those that were given.
pub fn configure(
    given: &[(String, String)],
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
        config.set(name, value)?;
    }
    Ok(config)
}
