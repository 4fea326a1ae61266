//! What the service tells the application.

use std::fmt;
use std::sync::Arc;

/// What a trigger says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Kind {
    /// Something that this version does not know; the whole object is at hand in [`Trigger::raw`].
    Unknown = 1,
    /// An agent has accepted the interaction.
    Accepted = 2,
    /// No agent is available.
    Unavailable = 3,
    /// The agent has finished the interaction.
    Finish = 4,
    /// The agent types.
    Typing = 5,
    /// The agent has stopped typing.
    Cleared = 6,
    /// The agent's message.
    Message = 7,
}

impl Kind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Kind; 7] = [
        Kind::Unknown,
        Kind::Accepted,
        Kind::Unavailable,
        Kind::Finish,
        Kind::Typing,
        Kind::Cleared,
        Kind::Message,
    ];

    /// The kind's name, which is the service's own word where it has one.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Unknown => "unknown",
            Kind::Accepted => "accepted",
            Kind::Unavailable => "unavailable",
            Kind::Finish => "finish",
            Kind::Typing => "typing",
            Kind::Cleared => "cleared",
            Kind::Message => "message",
        }
    }
}

/// A trigger, read.
#[derive(Clone, PartialEq, Eq)]
pub struct Trigger {
    /// What it says.
    pub kind: Kind,
    /// The id that the application gave the customer, exactly as the service wrote it.
    pub client_id: String,
    /// The agent's message, where it is one.
    pub text: Option<String>,
    /// Whether bytes that are no text were replaced by U+FFFD; [`raw`](Self::raw) has them.
    pub replaced: bool,
    /// The body as it came.
    pub raw: Arc<[u8]>,
}

impl fmt::Debug for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trigger")
            .field("kind", &self.kind)
            .field("client_id", &self.client_id)
            .field("bytes", &self.raw.len())
            .finish_non_exhaustive()
    }
}

/// Why a body is no trigger. It says where the reading stopped, never what stood there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is no JSON, or broken JSON.
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1; 0 where the line is empty.
        column: usize,
    },
    /// It is JSON, but no object.
    NotAnObject,
    /// It has no id that ties it to an interaction.
    NoClientId,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::NotJson { line, column } => write!(
                f,
                "the trigger is no JSON: reading stopped at line {line}, column {column}; a trigger is one JSON object"
            ),
            Unreadable::NotAnObject => {
                f.write_str("the trigger is JSON but no object; a trigger is one JSON object")
            }
            Unreadable::NoClientId => f.write_str(
                "the trigger has no clientId, so no interaction is known for it; a trigger carries a clientId that is \
                 a text or a number",
            ),
        }
    }
}
