//! What the service knows of one interaction, and which requests it takes in each state.

use super::agent::Cue;
use super::request::{Act, Rejection, Request};
use serde::Serialize;
use tokio::sync::{mpsc, watch};

/// Whose interaction it is: the token's number in the portal, and the client id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub token: usize,
    pub client_id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum State {
    /// Started; no agent has taken it yet.
    Waiting,
    Accepted,
    Unavailable,
    Finished,
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

pub(crate) struct Interaction {
    /// Its place among the starts.
    pub number: u64,
    pub department_id: String,
    pub customer_name: Option<String>,
    pub state: State,
    pub ending: watch::Sender<Ending>,
    /// To the agent, which plays one cue after the other.
    pub cues: mpsc::UnboundedSender<Cue>,
}

impl Interaction {
    /// Notes what a trigger of this status means for the interaction. What has ended stays as it ended.
    pub fn note_trigger(&mut self, status: &str) {
        let next = match (self.state, status) {
            (State::Waiting, "accepted") => State::Accepted,
            (State::Waiting | State::Accepted, "unavailable") => State::Unavailable,
            (State::Waiting | State::Accepted, "finish") => State::Finished,
            _ => return,
        };
        self.state = next;
        if next != State::Accepted {
            self.ending.send_replace(Ending::ByAgent);
        }
    }

    pub fn finish_by_customer(&mut self) {
        self.state = State::Finished;
        self.ending.send_replace(Ending::ByCustomer);
    }

    /// The agent of what this was must not speak into what comes after.
    pub fn replace(&self) {
        self.ending.send_replace(Ending::Replaced);
    }
}

/// Whether the service takes this request now; else why not.
pub(crate) fn admit(interaction: Option<&Interaction>, request: &Request) -> Result<(), Rejection> {
    let id = &request.client_id;
    let refuse = |message: String| Err(Rejection::new(422, message));
    let state = interaction.map(|interaction| interaction.state);
    if request.act == Act::Start {
        return match state {
            Some(State::Waiting | State::Accepted) => refuse(format!(
                "clientId {id:?} has an open interaction; expected finish before another start"
            )),
            _ => Ok(()),
        };
    }
    let Some(interaction) = interaction else {
        return refuse(format!(
            "clientId {id:?} has no interaction; expected start first"
        ));
    };
    if interaction.state == State::Finished {
        return refuse(format!(
            "the interaction of clientId {id:?} is finished; expected start first"
        ));
    }
    if interaction.department_id != request.department_id {
        let expected = &interaction.department_id;
        return refuse(format!(
            "departmentId differs from that of the start; expected {expected:?}"
        ));
    }
    if interaction.state == State::Unavailable && request.act != Act::Finish {
        return refuse(format!(
            "no agent was available for clientId {id:?}; expected finish or start"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interaction(state: State) -> Interaction {
        Interaction {
            number: 1,
            department_id: "1".to_owned(),
            customer_name: None,
            state,
            ending: watch::Sender::new(Ending::No),
            cues: mpsc::unbounded_channel().0,
        }
    }

    fn request(act: Act, department_id: &str) -> Request {
        Request {
            act,
            department_id: department_id.to_owned(),
            client_id: "12".to_owned(),
            content: String::new(),
            customer_name: None,
        }
    }

    #[test]
    fn each_state_takes_its_requests_and_no_others() {
        let all = Act::NAMES.map(|(_, act)| act);
        let taken = |state: Option<State>| {
            let interaction = state.map(interaction);
            all.into_iter()
                .filter(|act| admit(interaction.as_ref(), &request(*act, "1")).is_ok())
                .collect::<Vec<_>>()
        };
        let open = vec![Act::Message, Act::Typing, Act::Cleared, Act::Finish];
        assert_eq!(taken(None), [Act::Start]);
        assert_eq!(taken(Some(State::Waiting)), open);
        assert_eq!(taken(Some(State::Accepted)), open);
        assert_eq!(taken(Some(State::Unavailable)), [Act::Start, Act::Finish]);
        assert_eq!(taken(Some(State::Finished)), [Act::Start]);
    }

    #[test]
    fn the_department_is_that_of_the_start() {
        let open = interaction(State::Accepted);
        let rejection = admit(Some(&open), &request(Act::Message, "2")).unwrap_err();
        assert_eq!(
            rejection,
            Rejection::new(
                422,
                "departmentId differs from that of the start; expected \"1\""
            )
        );
        assert!(
            admit(
                Some(&interaction(State::Finished)),
                &request(Act::Start, "2")
            )
            .is_ok()
        );
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
