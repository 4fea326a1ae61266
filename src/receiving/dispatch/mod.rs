//! Delivers events to the application.
//!
//! `callback_gate` enforces the delivery mode, and gives each thread a permit before it takes an event from the inbox.
//! `subscriptions` then calls the handlers whose `subscription` matches; `subscription_list` and `inline_string` make
//! their lookup fast. A binding that runs handlers itself takes an `event_lease` instead. `unwanted_events` handles
//! events that no handler wants.

pub(crate) mod callback_gate;
pub(crate) mod event_lease;
pub(crate) mod inline_string;
pub(crate) mod subscription;
pub(crate) mod subscription_list;
pub(crate) mod subscriptions;
pub(crate) mod unwanted_events;
