//! Values of network options.
//!
//! `url.rs` parses URLs, with `host_name.rs` and `punycode.rs` for host names. `proxy.rs` selects the proxy, with the exceptions
//! of `no_proxy.rs`. `networks.rs` parses address ranges. `loopback.rs` decides whether a URL refers to this machine.

pub(crate) mod host_name;
pub(crate) mod loopback;
pub(crate) mod networks;
pub(crate) mod no_proxy;
pub(crate) mod proxy;
mod punycode;
pub(crate) mod url;
