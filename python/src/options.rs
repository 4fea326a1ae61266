//! The table of options, the configuration from Python's options, and the client that it opens.

use std::path::PathBuf;

use omnize::Client;
use omnize::config::{Config, OPTIONS};
use omnize::error::Error;
use pyo3::prelude::*;

use crate::error::{exception, exception_with};
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

/// The reason why a client or a listener was not opened.
pub enum OpenError {
    /// An option of the environment or of the file is invalid. The message has the words of that source.
    Source(Error),
    /// An option of the application is invalid, or the options do not fit together, or opening failed.
    Application(Error),
}

impl OpenError {
    /// Converts the error to an exception.
    pub fn into_exception(self, py: Python<'_>) -> PyErr {
        match self {
            OpenError::Source(error) => exception_with(py, &error, error.message()),
            OpenError::Application(error) => exception(py, &error),
        }
    }
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        OpenError::Application(error)
    }
}

/// A client that was opened, and the options that the package needs.
pub struct OpenClient {
    pub client: Client,
    /// Whether the client has a store.
    pub stored: bool,
    pub dispatch_threads: usize,
    pub handlers_concurrency: usize,
}

/// Opens a client. The arguments are those of [`configure`].
pub fn open_client(
    options: &[(Text, Text)],
    file: Option<PathBuf>,
    environment: bool,
) -> Result<OpenClient, OpenError> {
    let config = configure(options, file, environment)?;
    Ok(OpenClient {
        stored: !config.get("store")?.is_empty(),
        // The table of options ensures that these are numbers.
        dispatch_threads: config.get("dispatch.threads")?.parse().unwrap_or(1),
        handlers_concurrency: config.get("handlers.concurrency")?.parse().unwrap_or(1),
        client: Client::open(&config)?,
    })
}

/// Returns the configuration. `options` override the environment, which overrides `file`. Without the environment, its proxy
/// variables are ignored too.
pub fn configure(
    options: &[(Text, Text)],
    file: Option<PathBuf>,
    environment: bool,
) -> Result<Config, OpenError> {
    let mut config = Config::new();
    if let Some(path) = file {
        config.load_file(&path).map_err(OpenError::Source)?;
    }
    if environment {
        config.load_env().map_err(OpenError::Source)?;
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
