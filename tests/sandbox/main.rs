//! The sandbox over real sockets: the `omnize sandbox` command as a test in any language sees it, and its Rust door.

#![cfg(all(feature = "cli", unix))]

mod agents;
mod answers;
mod api;
mod around_a_bot;
mod around_a_command;
mod by_hand;
mod command_line;
mod contact;
mod controls;
mod departments;
mod external_bot;
mod faults;
mod file;
mod gateway;
mod hook;
mod hostile;
mod interactions;
mod library;
mod queue;
mod running;
mod service;
mod triggers;
