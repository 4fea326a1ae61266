//! The configuration: options by name, their sources, and the typed settings.
//!
//! 1. `options.rs` is the table of all options. `value_kind.rs` checks the values of each kind.
//! 2. [`Config`] of `option_values.rs` has the values. `option_lookup.rs` finds options by name.
//! 3. Values come from calls, or from `sources/`: the environment or an INI file.
//! 4. [`Settings`] and [`ListenSettings`] are the typed values for clients and listeners.
//!
//! `network/` parses the values of network options: URLs, host names, proxies and address ranges.

mod listen_settings;
mod network;
mod option_lookup;
mod option_values;
mod options;
mod settings;
mod sources;
mod tls_settings;
mod typed_values;
mod value_kind;

pub use crate::config::listen_settings::{Limits, ListenSettings};
pub use crate::config::network::loopback::is_loopback;
pub use crate::config::network::networks::Networks;
pub use crate::config::network::proxy::{ProxySelection, ProxyServer, ProxySetting};
pub(crate) use crate::config::network::{bypass_list, proxy_list};
pub use crate::config::option_values::Config;
pub use crate::config::options::{OPTIONS, OptionSpec};
pub use crate::config::settings::{AddressFamily, Settings};
pub use crate::config::tls_settings::{Revocation, TlsSettings};
pub use crate::config::value_kind::Kind;
