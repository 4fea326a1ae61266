//! The host to which requests go, as error messages name it.

use ureq::http::Uri;

use crate::config::ProxyServer;

/// The service's host, and the proxy before it.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// The service's host, with the port if `base_url` contains one.
    pub authority: &'a str,
    /// The service's host without the port.
    pub host: &'a str,
    /// The proxy, if requests go through one.
    pub proxy: Option<&'a ProxyServer>,
    /// Whether the proxy reads and forwards requests, so that a response may be its own.
    pub is_forwarded: bool,
    /// The reason why there is no proxy, if it may be a mistake.
    pub remark: Option<&'a str>,
}

impl<'a> Destination<'a> {
    /// Returns the host of a URL, without a proxy.
    pub fn without_proxy(url: &'a Uri) -> Self {
        Destination {
            authority: url.authority().map_or("", |authority| authority.as_str()),
            host: url.host().unwrap_or_default(),
            proxy: None,
            is_forwarded: false,
            remark: None,
        }
    }
}
