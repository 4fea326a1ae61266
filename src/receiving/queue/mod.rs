//! Events between the listener and the application.
//!
//! `message_dedup` detects duplicates. `journal` stores an `event` first, if the client has a store, and then pushes
//! it to the `inbox`. The inbox orders events in `interaction_lanes`, and wakes the application through a condition
//! variable, the `notifier` or the `one_shot_notifier`. After the first conversation takes its own events, the events are in
//! `event_streams` instead. `recovered_requests` are those of an earlier process.

pub(crate) mod event;
pub(crate) mod event_streams;
pub(crate) mod inbox;
pub(crate) mod interaction_lanes;
pub(crate) mod journal;
pub(crate) mod message_dedup;
pub(crate) mod notifier;
pub(crate) mod one_shot_notifier;
pub(crate) mod recovered_requests;
pub(crate) mod wake_function;
