//! What we owe the process that we live in. One file per promise; `unsafe` is at home here, around system calls.

#![allow(unsafe_code)]

pub mod cancellation;
pub mod connect;
pub mod descriptors;
#[cfg(feature = "capi")]
pub mod float;
pub mod fork;
pub mod idle;
#[cfg(feature = "listener")]
pub mod leavable;
pub mod ours;
pub mod refused;
pub mod thread;
pub mod wake;
