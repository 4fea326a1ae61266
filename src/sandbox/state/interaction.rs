//! What the service knows of one interaction, and what it takes in each state.

use crate::sandbox::agents::agent::AgentInput;
use crate::sandbox::agents::external_bot::Bot;
use crate::sandbox::customers::customer_action::CustomerRequest;
use crate::sandbox::customers::session::ScriptRun;
use crate::sandbox::dialects::Dialect;
use crate::sandbox::http::webhook::Payload;
use serde::Serialize;
use serde_json::value::RawValue;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// Whose interaction it is: the token's number in the portal, the dialect in which it was started, and its name there:
/// the client id, or in `interactions` the hash.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub token: usize,
    pub dialect: Dialect,
    pub id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum State {
    /// Started; no agent has taken it yet.
    Waiting,
    Accepted,
    Unavailable,
    Finished,
    /// Left while nobody was there; no conversation.
    OffHours,
}

/// How far the agent may still play its script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    No,
    /// The agent finished or was unavailable: the rule at hand is played to its end, no other begins.
    ByAgent,
    /// The customer finished: the agent is cut short, and only a rule on finish is played.
    ByCustomer,
    /// A new start or a reset has taken its place: nothing is played.
    Replaced,
}

/// What a start tells of the customer and of itself; which of it, its dialect decides.
#[derive(Default)]
pub(crate) struct About {
    pub client_id: Option<String>,
    pub customer_name: Option<String>,
    /// Of `gateway`: comes back on every trigger.
    pub bot_id: Option<String>,
    /// Of `interactions`: comes back on every trigger, as it was.
    pub extra: Option<Box<RawValue>>,
    /// Of a WhatsApp customer.
    pub external_id: Option<String>,
    pub media_type: Option<&'static str>,
    /// Where the application keeps what was said before.
    pub external_history: Option<String>,
}

/// What an update of `interactions` says of it; each as the last one that gave it.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Remarks {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mood: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_ids: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Remarks {
    pub fn update(&mut self, later: Remarks) {
        self.mood = later.mood.or(self.mood);
        self.tag_ids = later.tag_ids.or(self.tag_ids.take());
        self.customer_key = later.customer_key.or(self.customer_key.take());
        self.note = later.note.or(self.note.take());
    }
}

pub(crate) struct Interaction {
    /// Its place among the starts.
    pub number: u64,
    /// Its UUID, which `interactions` and the external bot know it by.
    pub hash: String,
    /// The department of the start.
    pub department_id: String,
    /// The department whose agent serves it now.
    pub served_by: String,
    pub about: About,
    pub remarks: Remarks,
    /// What was posted last.
    pub last: Option<Payload>,
    /// The bot that serves it before any agent does.
    pub bot: Option<Bot>,
    /// The scripted customer that it is of, where no application began it.
    pub visit: Option<ScriptRun>,
    pub started: Instant,
    /// How long the customer waited for an agent.
    pub answered_after: Option<Duration>,
    pub state: State,
    pub ending: watch::Sender<Ending>,
    /// To the agent, which plays one cue after the other.
    pub cues: mpsc::UnboundedSender<AgentInput>,
}

impl Interaction {
    /// Notes what a trigger of this name means for the interaction. What has ended stays as it ended.
    pub fn note_trigger(&mut self, name: &str) {
        let next = match (self.state, name) {
            (State::Waiting, "accepted") => State::Accepted,
            (State::Waiting | State::Accepted, "unavailable") => State::Unavailable,
            (State::Waiting | State::Accepted, "finish") => State::Finished,
            _ => return,
        };
        self.state = next;
        if next == State::Accepted {
            self.answered_after = Some(self.started.elapsed());
        } else {
            self.ending.send_replace(Ending::ByAgent);
        }
    }

    pub fn finish_by_customer(&mut self) {
        self.state = State::Finished;
        self.ending.send_replace(Ending::ByCustomer);
    }

    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Waiting | State::Accepted)
    }

    /// The agent of what this was must not speak into what comes after.
    pub fn replace(&self) {
        self.ending.send_replace(Ending::Replaced);
    }
}

/// Why an act does not fit the interaction. Each dialect has its words for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StateError {
    /// A start, and there is one that has not ended.
    Open,
    None,
    Finished,
    Unavailable,
    OffHours,
}

/// Whether the service takes this act now; else why not.
pub(crate) fn admit(
    interaction: Option<&Interaction>,
    act: CustomerRequest,
) -> Result<(), StateError> {
    match (interaction.map(|interaction| interaction.state), act) {
        (Some(State::Waiting | State::Accepted), CustomerRequest::Start) => Err(StateError::Open),
        (_, CustomerRequest::Start) => Ok(()),
        (None, _) => Err(StateError::None),
        (Some(State::Finished), _) => Err(StateError::Finished),
        (Some(State::OffHours), _) => Err(StateError::OffHours),
        (Some(State::Unavailable), act) if act != CustomerRequest::Finish => {
            Err(StateError::Unavailable)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interaction(state: State) -> Interaction {
        Interaction {
            number: 1,
            hash: String::new(),
            department_id: "1".to_owned(),
            served_by: "1".to_owned(),
            about: About::default(),
            remarks: Remarks::default(),
            last: None,
            bot: None,
            visit: None,
            started: Instant::now(),
            answered_after: None,
            state,
            ending: watch::Sender::new(Ending::No),
            cues: mpsc::unbounded_channel().0,
        }
    }

    #[test]
    fn each_state_takes_its_acts_and_no_others() {
        let all = CustomerRequest::NAMES.map(|(_, act)| act);
        let taken = |state: Option<State>| {
            let interaction = state.map(interaction);
            all.into_iter()
                .filter(|act| admit(interaction.as_ref(), *act).is_ok())
                .collect::<Vec<_>>()
        };
        let open = vec![
            CustomerRequest::Message,
            CustomerRequest::Typing,
            CustomerRequest::Cleared,
            CustomerRequest::Finish,
        ];
        assert_eq!(taken(None), [CustomerRequest::Start]);
        assert_eq!(taken(Some(State::Waiting)), open);
        assert_eq!(taken(Some(State::Accepted)), open);
        assert_eq!(
            taken(Some(State::Unavailable)),
            [CustomerRequest::Start, CustomerRequest::Finish]
        );
        assert_eq!(taken(Some(State::Finished)), [CustomerRequest::Start]);
        assert_eq!(taken(Some(State::OffHours)), [CustomerRequest::Start]);
    }

    #[test]
    fn triggers_move_an_open_interaction_and_never_a_closed_one() {
        let mut one = interaction(State::Waiting);
        one.note_trigger("typing");
        assert_eq!(one.state, State::Waiting);
        one.note_trigger("accepted");
        assert_eq!(
            (one.state, *one.ending.borrow()),
            (State::Accepted, Ending::No)
        );
        one.note_trigger("finish");
        assert_eq!(
            (one.state, *one.ending.borrow()),
            (State::Finished, Ending::ByAgent)
        );
        one.note_trigger("accepted");
        assert_eq!(one.state, State::Finished);
    }
}
