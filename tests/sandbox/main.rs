//! The sandbox over real sockets: the `omnize sandbox` command, and its Rust API.

#![cfg(feature = "cli")]

mod agent_queue;
mod agents;
mod bot_command;
mod command_line;
mod contacts;
mod control_api;
mod departments;
mod external_bot;
mod faults;
mod gateway;
mod interactions;
mod library;
mod malformed_requests;
mod manual_agent;
mod output_order;
mod response_formats;
mod rest_requests;
mod running_sandbox;
mod rust_api;
mod scripted_customers;
mod temporary_file;
mod triggers;
#[cfg(unix)]
mod user_command;
mod webhook_server;
#[cfg(windows)]
mod windows_command;
