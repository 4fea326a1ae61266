//! What a customer's side can do, in whatever dialect, and the rejection of what it can't.

use crate::sandbox::state::message::Message;

/// What the customer's side does in an interaction. Agents have rules for these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CustomerRequest {
    Start,
    Message,
    Typing,
    Cleared,
    Finish,
}

impl CustomerRequest {
    pub const NAMES: [(&'static str, CustomerRequest); 5] = [
        ("start", CustomerRequest::Start),
        ("message", CustomerRequest::Message),
        ("typing", CustomerRequest::Typing),
        ("cleared", CustomerRequest::Cleared),
        ("finish", CustomerRequest::Finish),
    ];

    pub fn name(self) -> &'static str {
        match self {
            CustomerRequest::Start => "start",
            CustomerRequest::Message => "message",
            CustomerRequest::Typing => "typing",
            CustomerRequest::Cleared => "cleared",
            CustomerRequest::Finish => "finish",
        }
    }
}

/// An act with what was said, which only a message has.
pub(crate) struct RequestKind {
    pub act: CustomerRequest,
    pub message: Option<Message>,
}

impl RequestKind {
    pub fn silent(act: CustomerRequest) -> RequestKind {
        RequestKind { act, message: None }
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
