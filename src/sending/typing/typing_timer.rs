//! The timer that checks whether a customer still types.

use std::sync::Weak;

use crate::sending::interaction_types::Interaction;
use crate::wire::Address;

/// The timer of one interaction. It does not keep the interaction in memory.
#[derive(Debug)]
pub struct TypingTimer {
    /// The interaction.
    pub interaction: Weak<Interaction>,
    /// The address of its requests.
    pub address: Address,
}
