//! Connections to the service. They do not parse HTTP, except for the response of a proxy to CONNECT.
//!
//! [`resolver`] finds the addresses. [`socket`] wraps the connected TCP stream and applies the timeouts. If there is a proxy,
//! [`proxy_tunnel`] opens a tunnel. [`tls`] does the handshake with the rules of [`verification`]. [`connection`] sends
//! and receives. Between requests, [`idle_pool`] holds the connection.
//!
//! [`system_proxy`] finds the proxy in the settings of Windows, by [`proxy_search`]. [`proxy_forward`] adds the proxy's headers to plain HTTP requests. [`tls_failure`] describes TLS errors.

pub(crate) mod connection;
pub(crate) mod idle_pool;
pub(crate) mod proxy_forward;
pub(crate) mod proxy_search;
pub(crate) mod proxy_tunnel;
pub(crate) mod resolver;
pub(crate) mod socket;
pub(crate) mod system_proxy;
pub(crate) mod tls;
pub(crate) mod tls_failure;
pub(crate) mod verification;
