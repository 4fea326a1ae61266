//! The end of an interaction, as its agent observes it.

use crate::sandbox::model::customer_request::RequestKind;

/// Whether and why an agent must stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InteractionEnd {
    NotEnded,
    /// The agent finished or was unavailable. The current rule runs to its end; no other rule starts, except one on
    /// finish.
    ByAgent,
    /// The customer finished. The current rule stops; only a rule on finish runs.
    ByCustomer,
    /// A new start or a reset replaced the interaction. Nothing runs.
    Replaced,
}

impl InteractionEnd {
    /// Returns whether a rule for this kind of request must stop.
    pub fn stops(self, kind: RequestKind) -> bool {
        match self {
            InteractionEnd::NotEnded | InteractionEnd::ByAgent => false,
            InteractionEnd::ByCustomer => kind != RequestKind::Finish,
            InteractionEnd::Replaced => true,
        }
    }

    /// Returns whether a rule for this kind of request must not start.
    pub fn prevents(self, kind: RequestKind) -> bool {
        self.stops(kind) || (self == InteractionEnd::ByAgent && kind != RequestKind::Finish)
    }
}
