//! The `User-Agent` header of every request, to the service and to proxies.

/// The library's name and version.
pub const USER_AGENT: &str = concat!("omnize/", env!("CARGO_PKG_VERSION"));
