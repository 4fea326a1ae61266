//! The states of an interaction, the requests that each state allows, and the changes by triggers.

use crate::wire::{Kind, Request};

/// The state of an interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum State {
    /// No start was sent yet, or the start has failed.
    New = 1,
    /// The start is queued or in progress.
    Starting = 2,
    /// It has started, and no agent has accepted it yet.
    Waiting = 3,
    /// An agent has accepted it.
    Active = 4,
    /// The application or the agent has finished it.
    Finished = 5,
    /// No agent is available.
    Unavailable = 6,
}

impl State {
    /// Every state, in the order of their numbers.
    pub const ALL: [State; 6] = [
        State::New,
        State::Starting,
        State::Waiting,
        State::Active,
        State::Finished,
        State::Unavailable,
    ];

    /// Returns the state's name.
    pub fn name(self) -> &'static str {
        match self {
            State::New => "new",
            State::Starting => "starting",
            State::Waiting => "waiting",
            State::Active => "active",
            State::Finished => "finished",
            State::Unavailable => "unavailable",
        }
    }

    /// Returns whether the interaction is open: starting, waiting or active.
    pub fn is_open(self) -> bool {
        matches!(self, State::Starting | State::Waiting | State::Active)
    }

    /// Returns whether the state allows this request.
    pub(crate) fn allows(self, request: &Request) -> bool {
        match request {
            Request::Start(_) | Request::WhatsApp(_) => !self.is_open(),
            Request::Message(_) | Request::Typing | Request::Cleared | Request::Bot(_) => {
                self.is_open()
            }
            // A customer who got no agent may finish.
            Request::Finish => self.is_open() || self == State::Unavailable,
            // Notes are allowed after the end too.
            Request::Update(_) => self != State::New,
            Request::OffHours(_) | Request::Departments | Request::OnlineAgents => true,
        }
    }

    /// Returns the state after a trigger of this kind.
    pub(crate) fn after_trigger(self, kind: Kind) -> State {
        // A late trigger does not reopen an interaction; a new start creates a new one.
        if self == State::Finished {
            return self;
        }
        match kind {
            Kind::Accepted | Kind::Typing | Kind::Cleared | Kind::Message => State::Active,
            Kind::Unavailable => State::Unavailable,
            Kind::Finish => State::Finished,
            // The service has started it, even if the response to the start was lost.
            Kind::Queued if self != State::Active => State::Waiting,
            Kind::Queued | Kind::Unknown | Kind::Transferred | Kind::NewInteraction => self,
        }
    }
}
