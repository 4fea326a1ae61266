//! The tasks of the outbox's workers.

use std::sync::Arc;

use crate::sending::interaction_types::Interaction;
use crate::sending::typing::typing_timer::TypingTimer;

/// A task that is due at some time.
#[derive(Debug)]
pub enum ScheduledTask {
    /// Send the interaction's first request.
    Send(Arc<Interaction>),
    /// End the pause of the request with this ticket, and send the interaction's first request.
    Retry(Arc<Interaction>, u64),
    /// Check whether the customer has stopped typing.
    CheckTyping(TypingTimer),
}
