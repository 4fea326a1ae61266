//! From a request to what became of it.
//!
//! [`Delivery`](crate::error::Delivery) tells the four outcomes. [`delivery`] holds the whole story of one request;
//! [`transport`] speaks HTTP; the files below it are what HTTP runs on.

mod blocking;
mod connections;
mod failure;
mod http;
mod interaction_types;
mod lane;
mod outbox;
mod reentrancy;
mod response_evaluation;
mod retry;
mod sender;
mod typing;

pub use crate::sending::interaction_types::{Interaction, Interactions};
pub use crate::sending::outbox::Outbox;
pub use crate::sending::outbox::queued_request::{Outcome, QueuedRequest};
pub use crate::sending::sender::Sender;
