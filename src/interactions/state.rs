//! Where an interaction can be, and which requests have a meaning there.

use crate::wire::{Kind, Request};

/// Where an interaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum State {
    /// Nothing was asked for yet, or the start has failed.
    New = 1,
    /// The start is on its way.
    Starting = 2,
    /// It was started, and no agent has said anything yet.
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

    /// The state's name.
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

    /// Whether the interaction is under way.
    pub fn is_open(self) -> bool {
        matches!(self, State::Starting | State::Waiting | State::Active)
    }

    /// Whether this request has a meaning here.
    pub(crate) fn allows(self, request: &Request) -> bool {
        match request {
            Request::Start(_) | Request::WhatsApp(_) => !self.is_open(),
            Request::Message(_) | Request::Typing | Request::Cleared | Request::Bot(_) => {
                self.is_open()
            }
            // Who waited for an agent in vain may say so.
            Request::Finish => self.is_open() || self == State::Unavailable,
            // A note may be made afterwards too.
            Request::Update(_) => self != State::New,
            Request::OffHours(_) | Request::Departments | Request::OnlineAgents => true,
        }
    }

    /// Where a trigger leads from here.
    pub(crate) fn upon(self, kind: Kind) -> State {
        // What the agent says late opens nothing again; a new start makes a new interaction.
        if self == State::Finished {
            return self;
        }
        match kind {
            Kind::Accepted | Kind::Typing | Kind::Cleared | Kind::Message => State::Active,
            Kind::Unavailable => State::Unavailable,
            Kind::Finish => State::Finished,
            // It was started, whatever became of the answer that would have told so.
            Kind::Queued if self != State::Active => State::Waiting,
            Kind::Queued | Kind::Unknown | Kind::Transferred | Kind::NewInteraction => self,
        }
    }
}
