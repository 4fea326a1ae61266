//! Sends requests, from the call of the application to the [`Delivery`](crate::error::Delivery).
//!
//! A call comes in at [`blocking`], a posted request at [`outbox`], a keystroke at [`typing`]. Each request waits in the
//! [`lane`] of its interaction, so that requests leave in order. [`sender`] encodes one attempt and gives it to [`http`], which
//! uses [`connections`]. [`deadlines`] holds the timeouts and the stage of the attempt. [`response_evaluation`] evaluates a
//! response. [`failure`] describes a request without response. [`retry`] decides on a further attempt.
//! [`account_check`] checks connection and token without a request of a customer.
//!
//! [`request_log`] logs the requests. [`client_id_hash`](crate::client_id_hash) stands for a customer in logs.
//!
//! A call returns the result; the result of a posted request is an event. [`reentrancy`] prevents deadlocks if an interrupt hook
//! sends requests.

mod account_check;
mod blocking;
mod connections;
mod deadlines;
mod failure;
mod http;
mod interaction_types;
mod lane;
mod outbox;
mod reentrancy;
mod request_log;
mod response_evaluation;
mod retry;
mod sender;
mod typing;
mod user_agent;

pub use crate::sending::account_check::CheckLevel;
pub use crate::sending::interaction_types::{Interaction, Interactions};
pub use crate::sending::outbox::Outbox;
pub use crate::sending::outbox::control::outbox_entry::OutboxEntry;
pub use crate::sending::outbox::post_options::PostOptions;
#[cfg(feature = "capi")]
pub(crate) use crate::sending::outbox::post_options::{check_max_age, check_reference};
pub use crate::sending::outbox::queued_request::{Outcome, QueuedRequest};
pub use crate::sending::outbox::references::ended_reference::EndedReference;
#[cfg(feature = "store")]
pub use crate::sending::outbox::references::request_digest::RequestDigest;
pub use crate::sending::sender::Sender;
