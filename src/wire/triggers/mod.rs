//! Triggers, and the path of the webhook to which the service posts them.

pub(crate) mod trigger;
#[cfg(feature = "listener")]
pub(crate) mod webhook_path;
