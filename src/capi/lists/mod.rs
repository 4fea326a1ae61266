//! Lists that the application reads entry by entry: departments and agents, which the service returns, open
//! interactions and the outbox.
//!
//! Each file requests its list and copies it, in the application's encoding, into a [`ListTable`](crate::capi::abi::list).

pub mod agents;
pub mod departments;
pub mod interactions;
pub mod outbox;
