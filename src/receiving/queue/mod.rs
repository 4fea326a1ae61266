//! Events between the listener and the application.

pub(crate) mod event;
pub(crate) mod inbox;
pub(crate) mod interaction_lanes;
pub(crate) mod journal;
pub(crate) mod message_dedup;
pub(crate) mod notifier;
pub(crate) mod one_shot_notifier;
