//! System calls, and the effects of the library on its host process. `unsafe` is allowed here and in `capi/`.
//!
//! - Threads: `thread.rs`, `detachable_thread.rs`, `cancellation.rs`, `fp_environment.rs`, `loaded_library.rs`.
//! - Forks: `fork.rs` detects a forked child, `fork_guard.rs` and `closed_on_fork.rs` use it.
//! - Sockets: `sockets/`.
//! - Files and descriptors: `files/`, `resource_limits.rs`.
//! - Event loops: `wake/`.
//! - Texts: `code_page.rs` converts the code pages of Windows; other systems have `no_code_page.rs`.
//! - The command on Windows: `processes/`, `console_output.rs`.

#![allow(unsafe_code)]

pub mod cancellation;
#[cfg(windows)]
pub mod certificate_chain;
#[cfg(any(windows, test))]
pub mod chain_status;
#[cfg(all(unix, feature = "store"))]
mod closed_on_fork;
#[cfg(windows)]
mod code_page;
#[cfg(all(windows, feature = "cli"))]
pub mod console_output;
#[cfg(feature = "listener")]
pub mod detachable_thread;
#[cfg(any(feature = "store", feature = "listener"))]
pub mod files;
pub mod fork;
mod fork_generation;
pub mod fork_guard;
#[cfg(feature = "capi")]
pub mod fp_environment;
#[cfg(feature = "capi")]
pub mod loaded_library;
#[cfg(not(windows))]
mod no_code_page;
#[cfg(all(windows, feature = "cli"))]
pub mod processes;
pub mod proxy_settings;
pub mod resource_limits;
pub mod sockets;
#[cfg(windows)]
pub mod system_library;
pub mod thread;
pub mod wake;

#[cfg(windows)]
pub use code_page::CodePage;
#[cfg(not(windows))]
pub use no_code_page::CodePage;
