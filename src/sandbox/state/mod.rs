//! State of the sandbox.

pub(crate) mod account;
pub(crate) mod departments;
pub(crate) mod ids;
pub(crate) mod interaction;
pub(crate) mod message;
pub(crate) mod state;
pub(crate) mod transcript;
pub(crate) mod trigger;
