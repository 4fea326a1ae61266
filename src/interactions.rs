//! Where each interaction is: what its requests and its triggers have made of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::error::{Delivery, Error, Result};
use crate::sending::{Lane, Typing};
use crate::status::Status;
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

    fn allows(self, request: &Request) -> bool {
        match request {
            Request::Start(_) => !self.is_open(),
            Request::Message(_) | Request::Typing | Request::Cleared => self.is_open(),
            // Who waited for an agent in vain may say so.
            Request::Finish => self.is_open() || self == State::Unavailable,
        }
    }
}

/// One interaction. All handles that lead to it share it.
#[derive(Debug)]
pub struct Interaction {
    client_id: String,
    state: Mutex<State>,
    /// Its requests, which leave one at a time.
    pub(crate) lane: Lane,
    /// What the service knows of the customer's keys.
    pub(crate) typing: Typing,
    registry: Weak<Interactions>,
}

impl Interaction {
    fn new(client_id: &str, state: State, registry: Weak<Interactions>) -> Self {
        Interaction {
            client_id: client_id.to_owned(),
            state: Mutex::new(state),
            lane: Lane::default(),
            typing: Typing::default(),
            registry,
        }
    }

    /// Where it is.
    pub fn state(&self) -> State {
        *self.lock()
    }

    /// Whether this request has a meaning now.
    ///
    /// # Errors
    /// [`Status::State`].
    pub fn check(&self, request: &Request) -> Result<()> {
        let state = self.state();
        if state.allows(request) {
            return Ok(());
        }
        let name = request.name();
        let what = match request {
            Request::Start(_) => "it is under way already; finish it first",
            _ if state == State::New => "start it first, or again where its start has failed",
            _ => "start it again",
        };
        Err(Error::new(
            Status::State,
            format!(
                "the interaction is {}, and there is no {name} then: {what}; nothing was sent",
                state.name()
            ),
        )
        .delivered(Delivery::NotSent))
    }

    /// A request is about to leave.
    pub fn leaves(&self, request: &Request) {
        if matches!(request, Request::Start(_)) {
            *self.lock() = State::Starting;
        }
    }

    /// A request has ended.
    pub fn ended(&self, request: &Request, outcome: &Result<()>) {
        let mut state = self.lock();
        match (request, outcome) {
            (Request::Start(_), Ok(())) if *state == State::Starting => *state = State::Waiting,
            // Where the outcome is unknown, a trigger may still tell that it was started.
            (Request::Start(_), Err(_)) if *state == State::Starting => *state = State::New,
            (Request::Finish, Ok(())) => *state = State::Finished,
            _ => {}
        }
    }

    fn hear(&self, kind: Kind) {
        let mut state = self.lock();
        // What the agent says late opens nothing again; a new start makes a new interaction.
        if *state == State::Finished {
            return;
        }
        *state = match kind {
            Kind::Accepted | Kind::Typing | Kind::Cleared | Kind::Message => State::Active,
            Kind::Unavailable => State::Unavailable,
            Kind::Finish => State::Finished,
            Kind::Unknown => *state,
        };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Interaction {
    fn drop(&mut self) {
        if let Some(registry) = self.registry.upgrade() {
            registry.forget(self);
        }
    }
}

/// The interactions that somebody holds, by client id.
#[derive(Debug, Default)]
pub struct Interactions {
    held: Mutex<HashMap<String, Weak<Interaction>>>,
}

impl Interactions {
    /// The interaction that is to be started for this customer. One that is over makes room for a new one.
    pub fn to_start(self: &Arc<Self>, client_id: &str) -> Arc<Interaction> {
        self.find_or(client_id, State::New, |held| {
            held.state().is_open() || held.state() == State::New
        })
    }

    /// The interaction of this customer, which is under way.
    pub fn running(self: &Arc<Self>, client_id: &str) -> Arc<Interaction> {
        self.find_or(client_id, State::Active, |_| true)
    }

    fn find_or(
        self: &Arc<Self>,
        client_id: &str,
        state: State,
        fits: impl Fn(&Interaction) -> bool,
    ) -> Arc<Interaction> {
        let mut held = self.lock();
        // Letting go of the last handle takes the lock, so that it must not happen here.
        let found = held.get(client_id).and_then(Weak::upgrade);
        if let Some(interaction) = found.as_ref().filter(|interaction| fits(interaction)) {
            return interaction.clone();
        }
        let interaction = Arc::new(Interaction::new(client_id, state, Arc::downgrade(self)));
        held.insert(client_id.to_owned(), Arc::downgrade(&interaction));
        drop(held);
        drop(found);
        interaction
    }

    /// A trigger has come.
    pub fn hear(&self, client_id: &str, kind: Kind) {
        let interaction = self.lock().get(client_id).and_then(Weak::upgrade);
        if let Some(interaction) = interaction {
            interaction.hear(kind);
        }
    }

    /// Nobody holds the interaction any more.
    fn forget(&self, interaction: &Interaction) {
        let mut held = self.lock();
        let is_this = held
            .get(&interaction.client_id)
            .is_some_and(|other| std::ptr::eq(other.as_ptr(), interaction));
        if is_this {
            held.remove(&interaction.client_id);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Weak<Interaction>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Customer;

    fn start() -> Request {
        Request::Start(Customer::default())
    }

    fn started() -> Interaction {
        let interaction = Interaction::new("12", State::New, Weak::new());
        interaction.leaves(&start());
        interaction.ended(&start(), &Ok(()));
        interaction
    }

    fn failed() -> Result<()> {
        Err(Error::new(Status::Lost, "x"))
    }

    #[test]
    fn goes_from_new_to_finished() {
        let interaction = Interaction::new("12", State::New, Weak::new());
        assert!(interaction.check(&Request::Typing).is_err());
        interaction.leaves(&start());
        assert_eq!(interaction.state(), State::Starting);
        assert!(interaction.check(&start()).is_err());
        interaction.ended(&start(), &Ok(()));
        assert_eq!(interaction.state(), State::Waiting);
        interaction.hear(Kind::Accepted);
        assert_eq!(interaction.state(), State::Active);
        interaction.check(&Request::Message("x".into())).unwrap();
        interaction.ended(&Request::Finish, &failed());
        assert_eq!(interaction.state(), State::Active);
        interaction.ended(&Request::Finish, &Ok(()));
        assert_eq!(interaction.state(), State::Finished);
        let error = interaction
            .check(&Request::Message("x".into()))
            .unwrap_err();
        assert_eq!(
            (error.status(), error.delivery()),
            (Status::State, Some(Delivery::NotSent))
        );
        interaction.check(&start()).unwrap();
    }

    #[test]
    fn a_start_that_failed_may_be_made_again() {
        let interaction = Interaction::new("12", State::New, Weak::new());
        interaction.leaves(&start());
        interaction.ended(&start(), &failed());
        interaction.check(&start()).unwrap();
    }

    #[test]
    fn a_trigger_may_overtake_the_answer_to_the_start() {
        let interaction = Interaction::new("12", State::New, Weak::new());
        interaction.leaves(&start());
        interaction.hear(Kind::Accepted);
        interaction.ended(&start(), &Ok(()));
        assert_eq!(interaction.state(), State::Active);
    }

    #[test]
    fn who_waited_in_vain_may_finish_or_start_again() {
        let interaction = started();
        interaction.hear(Kind::Unavailable);
        assert!(interaction.check(&Request::Typing).is_err());
        interaction.check(&Request::Finish).unwrap();
        interaction.check(&start()).unwrap();
    }

    #[test]
    fn what_the_agent_says_late_opens_nothing_again() {
        let interaction = started();
        interaction.hear(Kind::Finish);
        for late in [Kind::Message, Kind::Accepted, Kind::Unavailable] {
            interaction.hear(late);
            assert_eq!(interaction.state(), State::Finished);
        }
    }

    #[test]
    fn handles_of_one_customer_share_its_interaction_until_it_is_over() {
        let interactions = Arc::new(Interactions::default());
        let first = interactions.to_start("12");
        assert!(Arc::ptr_eq(&first, &interactions.running("12")));
        interactions.hear("12", Kind::Finish);
        let second = interactions.to_start("12");
        assert!(!Arc::ptr_eq(&first, &second));
        drop(first);
        interactions.hear("12", Kind::Accepted);
        assert_eq!(second.state(), State::Active);
        drop(second);
        assert!(interactions.lock().is_empty());
    }
}
