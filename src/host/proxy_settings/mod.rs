//! The proxy settings of the operating system. Only Windows has them: `winhttp.rs`.

#[cfg(not(windows))]
mod none;
#[cfg(windows)]
mod winhttp;

#[cfg(not(windows))]
pub use crate::host::proxy_settings::none::{IS_SUPPORTED, read, run_script};
#[cfg(windows)]
pub use crate::host::proxy_settings::winhttp::{IS_SUPPORTED, read, run_script};

/// A list of proxies, and of hosts without one, in the format of Windows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyLists {
    /// The proxies; may be empty.
    pub proxies: String,
    /// The hosts that are connected to without them.
    pub bypass: String,
}

/// The settings of the current user and of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxySettings {
    /// Whether to search for a script in the network (WPAD).
    pub auto_detect: bool,
    /// The URL of a script (PAC).
    pub script_url: Option<String>,
    /// The proxies of the user. A service account has none.
    pub user: ProxyLists,
    /// The proxies of the machine's WinHTTP settings.
    pub machine: ProxyLists,
}

/// A script that finds the proxy for a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyScript {
    /// The one that the network announces (WPAD).
    Detected,
    /// The one at this URL.
    Url(String),
}
