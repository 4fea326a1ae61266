//! The proxy settings of systems that have none.

use std::io;
use std::time::Duration;

use crate::host::proxy_settings::{ProxyLists, ProxyScript, ProxySettings};

/// Whether this system has proxy settings.
pub const IS_SUPPORTED: bool = false;

/// Returns no settings.
pub fn read() -> io::Result<ProxySettings> {
    Ok(ProxySettings::default())
}

/// Fails.
pub fn run_script(_: &ProxyScript, _: &str, _: Duration) -> io::Result<ProxyLists> {
    Err(io::ErrorKind::Unsupported.into())
}
