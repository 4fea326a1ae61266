//! What the service tells the application.

use std::fmt;
use std::sync::Arc;

use crate::wire::{Media, Redacted};

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
    /// The agent has finished the interaction; for an external bot, it is over.
    Finish = 4,
    /// The agent types.
    Typing = 5,
    /// The agent has stopped typing.
    Cleared = 6,
    /// The agent's message; for an external bot, the customer's.
    Message = 7,
    /// The customer waits behind others.
    Queued = 8,
    /// The interaction was given to a department.
    Transferred = 9,
    /// An interaction was given to the application, which is an external bot.
    NewInteraction = 10,
}

impl Kind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Kind; 10] = [
        Kind::Unknown,
        Kind::Accepted,
        Kind::Unavailable,
        Kind::Finish,
        Kind::Typing,
        Kind::Cleared,
        Kind::Message,
        Kind::Queued,
        Kind::Transferred,
        Kind::NewInteraction,
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
            Kind::Queued => "queued",
            Kind::Transferred => "transferred",
            Kind::NewInteraction => "new_interaction",
        }
    }
}

/// A trigger, read.
#[derive(Clone, PartialEq, Eq)]
pub struct Trigger {
    /// What it says.
    pub kind: Kind,
    /// The id that the application gave the customer, exactly as the service wrote it. Empty where the service names an
    /// interaction that is not known; the hash of the interaction that was given to an external bot.
    pub client_id: String,
    /// The message, where it is one.
    pub text: Option<String>,
    /// Whether bytes that are no text were replaced by U+FFFD; [`raw`](Self::raw) has them.
    pub replaced: bool,
    /// The body as it came.
    pub raw: Arc<[u8]>,
    /// What the later dialects tell beside that; `None` where they tell nothing.
    pub details: Option<Box<Details>>,
}

/// What triggers of the later dialects tell. Each is `None` where the trigger does not have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The customer's place among those who wait, from the service's count.
    pub position: Option<u64>,
    /// The department that the interaction was given to.
    pub department: Option<String>,
    /// The agent's id.
    pub agent_id: Option<String>,
    /// The agent's name.
    pub agent_name: Option<Redacted>,
    /// What comes with the message.
    pub media: Option<Media>,
    /// The message's own hash.
    pub message_hash: Option<String>,
    /// The hash by which the service knows the interaction.
    pub interaction_hash: Option<String>,
    /// The customer's id at WhatsApp.
    pub external_id: Option<Redacted>,
    /// The bot that was named when the interaction was started.
    pub bot_id: Option<String>,
    /// The application's own fields, as a JSON object.
    pub extra: Option<Redacted>,
}

impl Trigger {
    /// What the later dialects tell, by what takes one of it.
    pub fn detail<'a, T: ?Sized>(
        &'a self,
        pick: impl FnOnce(&'a Details) -> Option<&'a T>,
    ) -> Option<&'a T> {
        self.details.as_deref().and_then(pick)
    }

    /// The hash by which the service knows the interaction, where the trigger has it.
    pub fn interaction_hash(&self) -> Option<&str> {
        self.detail(|details| details.interaction_hash.as_deref())
    }
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
                "the trigger has no id, so no interaction is known for it; a trigger carries a clientId, or in the dialect \
                 interactions an interaction_hash, that is a text or a number",
            ),
        }
    }
}
