//! One interaction of the service: its data, its states, and the requests that each state allows.

use crate::sandbox::http::payload::Payload;
use crate::sandbox::model::customer_request::RequestKind;
use crate::sandbox::model::dialect::Dialect;
use crate::sandbox::state::agent_input::AgentInput;
use crate::sandbox::state::bot_link::BotLink;
use crate::sandbox::state::customer_session::CustomerSession;
use crate::sandbox::state::interaction_end::InteractionEnd;
use serde::Serialize;
use serde_json::value::RawValue;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// Identifies an interaction: the number of its token, the dialect of its start, and its id in that dialect. The id is
/// the client id, or the hash in `interactions`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct InteractionKey {
    pub token: usize,
    pub dialect: Dialect,
    pub id: String,
}

impl InteractionKey {
    /// Returns the key of an interaction of the dialect `interactions`.
    pub fn from_hash(token: usize, hash: impl Into<String>) -> InteractionKey {
        InteractionKey {
            token,
            dialect: Dialect::Interactions,
            id: hash.into(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum InteractionState {
    /// Started; no agent has accepted it yet.
    Waiting,
    Accepted,
    Unavailable,
    Finished,
    /// An off-hours contact, which has no conversation.
    OffHours,
}

/// The data of a start. Each dialect uses some of the fields.
#[derive(Default)]
pub(crate) struct StartData {
    pub client_id: Option<String>,
    pub customer_name: Option<String>,
    /// Used by `gateway`: repeated on every trigger.
    pub bot_id: Option<String>,
    /// Used by `interactions`: repeated on every trigger, byte for byte.
    pub extra: Option<Box<RawValue>>,
    /// The id of a WhatsApp customer.
    pub external_id: Option<String>,
    pub media_type: Option<&'static str>,
    /// The URL of the earlier messages.
    pub external_history: Option<String>,
}

/// The data that updates in `interactions` have set. A later update replaces the fields that it contains.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InteractionUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mood: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_ids: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl InteractionUpdate {
    pub fn merge(&mut self, later: InteractionUpdate) {
        self.mood = later.mood.or(self.mood);
        self.tag_ids = later.tag_ids.or(self.tag_ids.take());
        self.customer_key = later.customer_key.or(self.customer_key.take());
        self.note = later.note.or(self.note.take());
    }
}

pub(crate) struct Interaction {
    /// The number of the start, counted from 1.
    pub sequence: u64,
    /// The UUID that identifies the interaction in `interactions` and for the external bot.
    pub hash: String,
    /// The department of the start.
    pub department_id: String,
    /// The department whose agent serves the interaction now.
    pub serving_department_id: String,
    pub start_data: StartData,
    pub update_data: InteractionUpdate,
    /// The most recently sent trigger.
    pub last_payload: Option<Payload>,
    /// The bot that serves the interaction before any agent does.
    pub bot: Option<BotLink>,
    /// The scripted customer, if no application started the interaction.
    pub customer_session: Option<CustomerSession>,
    pub started_at: Instant,
    /// The time from start to accept.
    pub accepted_after: Option<Duration>,
    pub state: InteractionState,
    pub end: watch::Sender<InteractionEnd>,
    /// The queue of the agent, which processes one input after the other.
    pub agent_inputs: mpsc::UnboundedSender<AgentInput>,
}

impl Interaction {
    /// Changes the state as a trigger of this name requires. The state of an ended interaction does not change.
    pub fn apply_trigger(&mut self, name: &str) {
        let next = match (self.state, name) {
            (InteractionState::Waiting, "accepted") => InteractionState::Accepted,
            (InteractionState::Waiting | InteractionState::Accepted, "unavailable") => {
                InteractionState::Unavailable
            }
            (InteractionState::Waiting | InteractionState::Accepted, "finish") => {
                InteractionState::Finished
            }
            _ => return,
        };
        self.state = next;
        if next == InteractionState::Accepted {
            self.accepted_after = Some(self.started_at.elapsed());
        } else {
            self.end.send_replace(InteractionEnd::ByAgent);
        }
    }

    /// Ends the interaction on the customer's request.
    pub fn finish(&mut self) {
        self.state = InteractionState::Finished;
        self.end.send_replace(InteractionEnd::ByCustomer);
    }

    pub fn is_open(&self) -> bool {
        matches!(
            self.state,
            InteractionState::Waiting | InteractionState::Accepted
        )
    }

    /// Stops the agent of this interaction, so that it sends nothing to the interaction that replaces this one.
    pub fn mark_replaced(&self) {
        self.end.send_replace(InteractionEnd::Replaced);
    }
}

/// The reason why an interaction's state does not allow a request. Each dialect has its own messages.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StateError {
    /// A start, but an interaction is open.
    AlreadyOpen,
    NotFound,
    Finished,
    Unavailable,
    OffHours,
}

/// Checks whether the interaction's state allows this request.
pub(crate) fn check_allowed(
    interaction: Option<&Interaction>,
    kind: RequestKind,
) -> Result<(), StateError> {
    match (interaction.map(|interaction| interaction.state), kind) {
        (Some(InteractionState::Waiting | InteractionState::Accepted), RequestKind::Start) => {
            Err(StateError::AlreadyOpen)
        }
        (_, RequestKind::Start) => Ok(()),
        (None, _) => Err(StateError::NotFound),
        (Some(InteractionState::Finished), _) => Err(StateError::Finished),
        (Some(InteractionState::OffHours), _) => Err(StateError::OffHours),
        (Some(InteractionState::Unavailable), kind) if kind != RequestKind::Finish => {
            Err(StateError::Unavailable)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interaction_in(state: InteractionState) -> Interaction {
        Interaction {
            sequence: 1,
            hash: String::new(),
            department_id: "1".to_owned(),
            serving_department_id: "1".to_owned(),
            start_data: StartData::default(),
            update_data: InteractionUpdate::default(),
            last_payload: None,
            bot: None,
            customer_session: None,
            started_at: Instant::now(),
            accepted_after: None,
            state,
            end: watch::Sender::new(InteractionEnd::NotEnded),
            agent_inputs: mpsc::unbounded_channel().0,
        }
    }

    #[test]
    fn each_state_allows_its_requests_only() {
        let all = RequestKind::NAMES.map(|(_, kind)| kind);
        let allowed = |state: Option<InteractionState>| {
            let interaction = state.map(interaction_in);
            all.into_iter()
                .filter(|kind| check_allowed(interaction.as_ref(), *kind).is_ok())
                .collect::<Vec<_>>()
        };
        let open = vec![
            RequestKind::Message,
            RequestKind::Typing,
            RequestKind::Cleared,
            RequestKind::Finish,
        ];
        assert_eq!(allowed(None), [RequestKind::Start]);
        assert_eq!(allowed(Some(InteractionState::Waiting)), open);
        assert_eq!(allowed(Some(InteractionState::Accepted)), open);
        assert_eq!(
            allowed(Some(InteractionState::Unavailable)),
            [RequestKind::Start, RequestKind::Finish]
        );
        assert_eq!(
            allowed(Some(InteractionState::Finished)),
            [RequestKind::Start]
        );
        assert_eq!(
            allowed(Some(InteractionState::OffHours)),
            [RequestKind::Start]
        );
    }

    #[test]
    fn triggers_change_the_state_of_an_open_interaction_only() {
        let mut interaction = interaction_in(InteractionState::Waiting);
        interaction.apply_trigger("typing");
        assert_eq!(interaction.state, InteractionState::Waiting);
        interaction.apply_trigger("accepted");
        assert_eq!(
            (interaction.state, *interaction.end.borrow()),
            (InteractionState::Accepted, InteractionEnd::NotEnded)
        );
        interaction.apply_trigger("finish");
        assert_eq!(
            (interaction.state, *interaction.end.borrow()),
            (InteractionState::Finished, InteractionEnd::ByAgent)
        );
        interaction.apply_trigger("accepted");
        assert_eq!(interaction.state, InteractionState::Finished);
    }
}
