//! What the agent's side does in an interaction, in whatever dialect; each dialect gives it its own form.

use crate::sandbox::state::message::Message;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// One of `STATUSES`.
    Status(&'static str),
    /// Waits for an agent at this place in the queue, counted from 1.
    Queued(u64),
    /// To the department of this id.
    Transferred(String),
    Message(Message),
}

pub(crate) const STATUSES: [&str; 5] = ["accepted", "unavailable", "typing", "cleared", "finish"];

impl Trigger {
    /// The name that it has in every dialect's transcript.
    pub fn name(&self) -> &'static str {
        match self {
            Trigger::Status(status) => status,
            Trigger::Queued(_) => "queued",
            Trigger::Transferred(_) => "transferred",
            Trigger::Message(_) => "message",
        }
    }
}

/// The same name for a word that a trigger carries; `None` for one that no page knows.
pub(crate) fn known(word: &str) -> Option<&'static str> {
    match word {
        "finished" => Some("finish"),
        "queued" => Some("queued"),
        "transferred" => Some("transferred"),
        _ => STATUSES.into_iter().find(|status| *status == word),
    }
}
