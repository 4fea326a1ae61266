//! What a customer's side can do, in whatever dialect, and the rejection of what it can't.

use super::message::Message;

/// What the customer's side does in an interaction. Agents have rules for these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Start,
    Message,
    Typing,
    Cleared,
    Finish,
}

impl Act {
    pub const NAMES: [(&'static str, Act); 5] = [
        ("start", Act::Start),
        ("message", Act::Message),
        ("typing", Act::Typing),
        ("cleared", Act::Cleared),
        ("finish", Act::Finish),
    ];

    pub fn name(self) -> &'static str {
        match self {
            Act::Start => "start",
            Act::Message => "message",
            Act::Typing => "typing",
            Act::Cleared => "cleared",
            Act::Finish => "finish",
        }
    }
}

/// An act with what was said, which only a message has.
pub(crate) struct Deed {
    pub act: Act,
    pub message: Option<Message>,
}

impl Deed {
    pub fn silent(act: Act) -> Deed {
        Deed { act, message: None }
    }
}

/// An answer that is no acceptance: the HTTP status, what was wrong and what was expected. Never holds a token or a
/// message's text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub status: u16,
    pub message: String,
}

impl Rejection {
    pub fn new(status: u16, message: impl Into<String>) -> Rejection {
        Rejection {
            status,
            message: message.into(),
        }
    }
}
