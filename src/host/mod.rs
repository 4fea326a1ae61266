//! What we owe the process that we live in. One file per promise; `unsafe` is at home here, around system calls.

#![allow(unsafe_code)]

pub mod cancellation;
#[cfg(all(unix, feature = "store"))]
mod closed_on_fork;
pub mod connect;
#[cfg(feature = "listener")]
pub mod detachable_thread;
#[cfg(all(unix, feature = "store"))]
pub mod file_lock;
pub mod fork;
pub mod fork_guard;
#[cfg(feature = "capi")]
pub mod fp_environment;
pub mod liveness;
pub mod resource_limits;
#[cfg(all(unix, feature = "store"))]
pub mod stat_at;
pub mod tcp_refusal;
pub mod thread;
pub mod wake_fd;
