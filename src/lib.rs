//! Customer chat over the Omnize service.
//!
//! An application starts an interaction for a customer, sends the customer's messages, reports typing, and finishes the
//! interaction. The service posts triggers to the application's webhook. This crate implements both directions.

#![deny(unsafe_code)]
// The module docs are for maintainers, who read private modules too.
#![allow(rustdoc::private_intra_doc_links)]

mod allocation_check;
#[cfg(feature = "capi")]
pub mod capi;
#[cfg(feature = "cli")]
pub mod cli;
mod client;
mod client_id_hash;
mod close_report;
pub mod config;
mod conversation;
mod detached_calls;
pub mod error;
mod host;
mod interactions;
pub mod interrupt;
mod oneshot;
mod os_error;
mod pem;
mod receiving;
mod sending;
mod shared_listener;
mod statistics;
pub mod status;
#[cfg(feature = "store")]
mod store;
pub mod text_encoding;
pub mod wire;

#[cfg(feature = "sandbox")]
pub mod sandbox;

pub use crate::client::Client;
pub use crate::close_report::CloseReport;
pub use crate::conversation::Conversation;
/// For bindings with threads of their own: spawns a thread with all signals blocked.
pub use crate::host::thread::spawn as spawn_thread;
/// For bindings with an event loop: wakes it from another thread.
pub use crate::host::wake::Wake;
pub use crate::interactions::{OpenInteraction, State};
pub use crate::receiving::{
    Consumer, Content, Event, EventFilter, EventKind, EventLease, Handler, NextEvent,
    OneShotNotifier, SubscriptionId, TaskId,
};
pub use crate::sending::{CheckLevel, OutboxEntry, Outcome, PostOptions};
pub use crate::shared_listener::Listener;
pub use crate::statistics::{
    LATENCY_BUCKETS, Latency, STATISTICS, Snapshot, Statistic, StatisticKind, StatisticSpec,
    series_of,
};
