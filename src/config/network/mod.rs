//! Values of network options.
//!
//! `url.rs` parses URLs, with `host_name.rs` and `punycode.rs` for host names. `proxy.rs` selects the proxy, with the exceptions
//! of `no_proxy.rs`. `proxy_list.rs` and `bypass_list.rs` parse the settings of Windows. `networks.rs` parses address ranges. `loopback.rs` decides whether a URL refers to this machine.

pub(crate) mod bypass_list;
pub(crate) mod host_name;
pub(crate) mod loopback;
pub(crate) mod networks;
pub(crate) mod no_proxy;
pub(crate) mod proxy;
pub(crate) mod proxy_list;
mod punycode;
pub(crate) mod url;
