//! Customer chat over the Omnize service.
//!
//! An application starts an interaction for one of its customers, sends the customer's messages, says when the customer
//! types, and finishes it; the service posts triggers to the application's webhook. This crate holds both directions.

#![deny(unsafe_code)]

#[cfg(feature = "capi")]
pub mod capi;
#[cfg(feature = "cli")]
pub mod cli;
mod client;
pub mod config;
mod conversation;
pub mod error;
mod host;
mod interactions;
pub mod interrupt;
mod left;
mod listener;
mod memory;
mod parts;
mod pem;
mod receiving;
mod sending;
pub mod status;
#[cfg(feature = "store")]
mod store;
pub mod text;
mod told;
pub mod wire;

#[cfg(feature = "sandbox")]
pub mod sandbox;

pub use client::Client;
pub use conversation::Conversation;
/// For bindings that need threads of their own: signals are blocked on them.
pub use host::thread::spawn as spawn_thread;
/// For bindings whose calls end on another thread than an event loop's.
pub use host::wake::Wake;
pub use interactions::{OpenInteraction, State};
pub use left::Left;
pub use listener::Listener;
pub use receiving::{
    Alarm, By, Content, Event, EventKind, Handler, Interest, STATISTICS, Statistic, SubscriptionId,
    Turn,
};
pub use sending::Outcome;
