//! Triggers: the messages of the service to the application.

use std::fmt;
use std::sync::Arc;

use crate::wire::{Media, Redacted};

/// The kind of a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Kind {
    /// A kind that this version does not know. [`Trigger::raw`] contains the whole object.
    Unknown = 1,
    /// An agent has accepted the interaction.
    Accepted = 2,
    /// No agent is available.
    Unavailable = 3,
    /// The agent has finished the interaction. For an external bot, it has finished.
    Finish = 4,
    /// The agent is typing.
    Typing = 5,
    /// The agent has stopped typing.
    Cleared = 6,
    /// A message of the agent. For an external bot, of the customer.
    Message = 7,
    /// The customer waits for an agent.
    Queued = 8,
    /// Another department took over the interaction.
    Transferred = 9,
    /// The service assigned an interaction to the application, which is an external bot.
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

    /// Returns the kind's name: the service's own word if there is one.
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

/// A decoded trigger.
#[derive(Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Its kind.
    pub kind: Kind,
    /// The application's id of the customer, exactly as the service sent it. Empty if only an unknown hash was sent. For an
    /// external bot, the interaction hash.
    pub client_id: String,
    /// The text of a message.
    pub text: Option<String>,
    /// Whether invalid bytes were replaced by U+FFFD. [`raw`](Self::raw) contains the original bytes.
    pub replaced: bool,
    /// The received body.
    pub raw: Arc<[u8]>,
    /// Fields of the newer dialects; `None` if the trigger has none of them.
    pub details: Option<Box<Details>>,
}

/// The fields of triggers in the newer dialects. Each is `None` if the trigger does not contain it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The customer's position in the queue, as the service counts it.
    pub position: Option<u64>,
    /// The department that took over the interaction.
    pub department: Option<String>,
    /// The agent's id.
    pub agent_id: Option<String>,
    /// The agent's name.
    pub agent_name: Option<Redacted>,
    /// The attached file of the message.
    pub media: Option<Media>,
    /// The hash of the message.
    pub message_hash: Option<String>,
    /// The interaction hash.
    pub interaction_hash: Option<String>,
    /// The customer's id at WhatsApp.
    pub external_id: Option<Redacted>,
    /// The bot that the start named.
    pub bot_id: Option<String>,
    /// The application's own fields, as a JSON object.
    pub extra: Option<Redacted>,
}

impl Trigger {
    /// Returns a field of the newer dialects.
    pub fn detail<'a, T: ?Sized>(
        &'a self,
        field: impl FnOnce(&'a Details) -> Option<&'a T>,
    ) -> Option<&'a T> {
        self.details.as_deref().and_then(field)
    }

    /// Returns the interaction hash, if the trigger contains it.
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

/// The reason why a body is not a trigger. It contains the position of the error, and no part of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The body is not valid JSON.
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1; 0 if the line is empty.
        column: usize,
    },
    /// The body is JSON, but not an object.
    NotAnObject,
    /// The body has neither a client id nor a hash.
    NoClientId,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::NotJson { line, column } => write!(
                f,
                "the trigger is not valid JSON: the error is at line {line}, column {column}; a trigger is one JSON object"
            ),
            DecodeError::NotAnObject => {
                f.write_str("the trigger is JSON but not an object; a trigger is one JSON object")
            }
            DecodeError::NoClientId => f.write_str(
                "the trigger has no id, so its interaction is unknown; a trigger contains a clientId, or in the dialect \
                 interactions an interaction_hash, that is a string or a number",
            ),
        }
    }
}
