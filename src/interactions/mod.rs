//! The interactions of one client: their states, and the lookup by client id, hash and WhatsApp id.
//!
//! 1. `registry.rs` returns one [`Interaction`] for each client id, for a start or an attach.
//! 2. Requests and responses change its state and ids in `interaction.rs`, by the rules of `state.rs`.
//! 3. A trigger finds its interaction in `lookup.rs`, with the maps of `hash_index.rs` and `limited_cache.rs`.
//! 4. The registry retains open interactions, and evicts the oldest ones above a limit.
//! 5. An event that is the last one ends the event stream, in `end.rs`.
//! 6. `persistence.rs` writes each change to the store, so that open interactions are known after a restart.
//!
//! The results are states, hashes and the list of open interactions (`open_interaction.rs`).

mod end;
mod hash_index;
mod interaction;
mod limited_cache;
mod lookup;
mod open_interaction;
mod persistence;
mod registry;
mod state;

pub(crate) use crate::interactions::end::LastEvent;
pub use crate::interactions::interaction::{FailedStart, Interaction, InteractionData};
pub use crate::interactions::open_interaction::OpenInteraction;
pub use crate::interactions::registry::Interactions;
pub use crate::interactions::state::State;

#[cfg(test)]
mod tests;
