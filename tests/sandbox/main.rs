//! The sandbox over real sockets: the `omnize sandbox` command as a test in any language sees it, and its Rust door.

#![cfg(all(feature = "cli", unix))]

mod agents;
mod api;
mod around_a_command;
mod command_line;
mod controls;
mod gateway;
mod hook;
mod interactions;
mod running;
mod service;
mod triggers;
