//! Delivers events to the application.

pub(crate) mod callback_gate;
pub(crate) mod event_lease;
pub(crate) mod inline_string;
pub(crate) mod subscription;
pub(crate) mod subscription_list;
pub(crate) mod subscriptions;
pub(crate) mod unwanted_events;
