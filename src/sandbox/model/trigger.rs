//! The triggers of the agent's side, in any dialect.

use crate::sandbox::model::message::Message;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// One of `STATUS_NAMES`.
    Status(&'static str),
    /// The position in the queue, counted from 1.
    Queued(u64),
    /// The id of the new department.
    Transferred(String),
    Message(Message),
}

pub(crate) const STATUS_NAMES: [&str; 5] =
    ["accepted", "unavailable", "typing", "cleared", "finish"];

impl Trigger {
    /// Returns the name for the transcript, which is the same in every dialect.
    pub fn name(&self) -> &'static str {
        match self {
            Trigger::Status(status) => status,
            Trigger::Queued(_) => "queued",
            Trigger::Transferred(_) => "transferred",
            Trigger::Message(_) => "message",
        }
    }
}

/// Returns the name for a status or state in a trigger, or `None` if no dialect has it.
pub(crate) fn canonical_name(word: &str) -> Option<&'static str> {
    match word {
        "finished" => Some("finish"),
        "queued" => Some("queued"),
        "transferred" => Some("transferred"),
        _ => STATUS_NAMES.into_iter().find(|status| *status == word),
    }
}
