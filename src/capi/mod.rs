//! The C ABI: handles, strings, the panic guard, and one file per handle type. The header include/omnize.h is written
//! from these files by cbindgen, in the order that build.rs gives.
//!
//! Every exported function is one call of the guard, which looks handles up, turns errors into statuses, and lets no
//! panic out.

#![allow(unsafe_code, non_camel_case_types)]
// The rules for all pointers stand once, at the top of the header.
#![allow(clippy::missing_safety_doc)]

pub mod agents;
pub mod bot;
pub mod callback;
pub mod client;
pub mod config;
pub mod conversation;
pub mod departments;
pub mod error;
pub mod event;
pub mod event_details;
mod guard;
mod handle;
pub mod history;
pub mod interactions;
pub mod listener;
pub mod log;
pub mod media;
pub mod request;
pub mod statistic;
pub mod status;
mod strings;
pub mod version;
