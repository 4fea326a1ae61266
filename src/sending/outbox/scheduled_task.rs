//! The tasks of the outbox's workers.

use std::sync::Arc;

use crate::sending::interaction_types::Interaction;
use crate::sending::typing::typing_timer::TypingTimer;

/// A task that is due at some time.
#[derive(Debug)]
pub enum ScheduledTask {
    /// Send the interaction's first request.
    Send(Arc<Interaction>),
    /// Retry the interaction's first request, if it still has this ticket.
    Retry(Arc<Interaction>, u64),
    /// Check whether the customer has stopped typing.
    CheckTyping(TypingTimer),
}
