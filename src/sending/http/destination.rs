//! The host to which requests go, as error messages name it.

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
}
