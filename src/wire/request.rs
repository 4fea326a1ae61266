//! What an application asks of the service.

use serde::{Deserialize, Serialize};

use super::{Customer, Redacted};

/// Whose interaction a request belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The department that the customer wants to talk to.
    pub department: String,
    /// The id that the application gave its customer; each trigger of the interaction carries it.
    pub client_id: String,
}

/// One request of an interaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Starts the interaction.
    Start(Customer),
    /// Sends the customer's message.
    Message(Redacted),
    /// The customer types.
    Typing,
    /// The customer has stopped typing.
    Cleared,
    /// Finishes the interaction.
    Finish,
}

impl Request {
    /// The request's name, as logs and errors show it.
    pub fn name(&self) -> &'static str {
        match self {
            Request::Start(_) => "start",
            Request::Message(_) => "message",
            Request::Typing => "typing",
            Request::Cleared => "cleared",
            Request::Finish => "finish",
        }
    }

    /// Whether the service may receive it twice without harm.
    pub fn is_harmless_twice(&self) -> bool {
        matches!(self, Request::Typing | Request::Cleared)
    }

    /// Takes all that is personal in this request out of a text that comes from elsewhere.
    pub fn scrub(&self, text: &mut String) {
        match self {
            Request::Start(customer) => customer.given().for_each(|field| field.scrub(text)),
            Request::Message(message) => message.scrub(text),
            Request::Typing | Request::Cleared | Request::Finish => {}
        }
    }
}
