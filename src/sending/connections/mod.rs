//! Connections to the service: resolve, connect, proxy, TLS, pool.

pub(crate) mod connection;
pub(crate) mod connector;
pub(crate) mod idle_pool;
pub(crate) mod proxy_forward;
pub(crate) mod proxy_tunnel;
pub(crate) mod resolver;
pub(crate) mod server_certificate;
pub(crate) mod socket;
pub(crate) mod tls;
pub(crate) mod tls_failure;
