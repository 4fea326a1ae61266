//! The C ABI: one exported function for each function of include/omnize.h. cbindgen writes the header from these files, in
//! the order of build.rs.
//!
//! A call of C enters an exported function, whose body is one call of the guard (`abi/`). The body looks up its handles,
//! decodes its texts, calls the Rust API, and writes the result. The exports are in [`config`], [`client`],
//! [`wake`], [`outbox_control`] and [`listener`], in `requests/` (conversations), `events/`, `lists/` and `library/` (version,
//! statuses, errors, statistics, log). [`callback`] calls the application.

#![allow(unsafe_code, non_camel_case_types)]
// The rules for all pointers are at the top of the header.
#![allow(clippy::missing_safety_doc)]

pub mod abi;
pub mod callback;
pub mod client;
pub mod config;
pub mod events;
pub mod library;
pub mod listener;
pub mod lists;
pub mod outbox_control;
pub mod requests;
pub mod wake;
