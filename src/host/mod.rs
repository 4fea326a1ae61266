//! What we owe the process that we live in. One file per promise; `unsafe` is at home here, around system calls.

#![allow(unsafe_code)]

pub mod cancellation;
#[cfg(all(unix, feature = "store"))]
mod closed_on_fork;
pub mod connect;
pub mod descriptors;
#[cfg(all(unix, feature = "store"))]
pub mod file_lock;
#[cfg(feature = "capi")]
pub mod float;
pub mod fork;
pub mod idle;
#[cfg(feature = "listener")]
pub mod leavable;
pub mod ours;
pub mod refused;
#[cfg(all(unix, feature = "store"))]
pub mod stat_at;
pub mod thread;
pub mod wake;
