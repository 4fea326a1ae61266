//! The requests of the customer's side, in any dialect.

use crate::sandbox::model::message::Message;

/// The kind of a request. Scenarios have rules for each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestKind {
    Start,
    Message,
    Typing,
    Cleared,
    Finish,
}

impl RequestKind {
    pub const NAMES: [(&'static str, RequestKind); 5] = [
        ("start", RequestKind::Start),
        ("message", RequestKind::Message),
        ("typing", RequestKind::Typing),
        ("cleared", RequestKind::Cleared),
        ("finish", RequestKind::Finish),
    ];

    pub fn name(self) -> &'static str {
        match self {
            RequestKind::Start => "start",
            RequestKind::Message => "message",
            RequestKind::Typing => "typing",
            RequestKind::Cleared => "cleared",
            RequestKind::Finish => "finish",
        }
    }
}

/// A request of the customer's side.
pub(crate) struct CustomerRequest {
    pub kind: RequestKind,
    /// Present only if the kind is `Message`.
    pub message: Option<Message>,
}

impl CustomerRequest {
    pub fn new(kind: RequestKind) -> CustomerRequest {
        CustomerRequest {
            kind,
            message: None,
        }
    }

    pub fn with_message(message: Message) -> CustomerRequest {
        CustomerRequest {
            kind: RequestKind::Message,
            message: Some(message),
        }
    }
}
