//! The dialects of the service: how a request is encoded, and how a response and a trigger are decoded.
//!
//! `dialect.rs` has their names. `codec.rs` checks that a dialect supports a request, and calls the file of the dialect:
//! `rest.rs`, `gateway.rs` or `interactions.rs`. The latter calls `external_bot.rs` for requests and triggers of a bot.

mod codec;
pub(crate) mod dialect;
pub mod external_bot;
pub mod gateway;
pub mod interactions;
pub mod rest;
