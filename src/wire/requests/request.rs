//! The requests of an application.

use serde::{Deserialize, Serialize};

use crate::wire::{Customer, Extra, Message, Redacted};

/// The customer and the department of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The department.
    pub department: String,
    /// The application's id of the customer. Each trigger of the interaction contains it. For requests of an external bot, the
    /// interaction hash.
    pub client_id: String,
}

/// A request. [`REQUESTS`](crate::wire::REQUESTS) lists the dialects that support each request and each field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Starts the interaction.
    Start(Box<Start>),
    /// Sends the customer's message.
    Message(Message),
    /// The customer is typing.
    Typing,
    /// The customer has stopped typing.
    Cleared,
    /// Finishes the interaction.
    Finish,
    /// Adds notes to the interaction.
    Update(Box<Update>),
    /// Sends a message to a customer over WhatsApp. This starts the interaction.
    WhatsApp(Box<WhatsApp>),
    /// Leaves a message while no agent is available.
    OffHours(Box<OffHours>),
    /// Requests the list of departments.
    Departments,
    /// Requests the agents of the department who are online.
    OnlineAgents,
    /// A request of an external bot.
    Bot(BotRequest),
}

/// The fields of a start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The customer's data.
    #[serde(flatten)]
    pub customer: Customer,
    /// The bot of the earlier conversation. Each trigger of the interaction contains it.
    #[serde(default)]
    pub bot_id: Option<String>,
    /// The customer's medium, in the service's words: TEXT, SMS or WHATSAPP.
    #[serde(default)]
    pub media_type: Option<String>,
    /// Fields that each trigger of the interaction contains.
    #[serde(default)]
    pub extra: Option<Extra>,
    /// The URL of a document with the earlier messages; see [`History`](crate::wire::History).
    #[serde(default)]
    pub external_history: Option<Redacted>,
}

impl From<Customer> for Start {
    fn from(customer: Customer) -> Self {
        Start {
            customer,
            ..Start::default()
        }
    }
}

/// Notes about an interaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The customer's mood.
    pub mood: Option<Mood>,
    /// The ids of tags.
    pub tags: Vec<String>,
    /// The service's id of the customer, a UUID.
    pub customer_key: Option<Redacted>,
    /// A note for the agents.
    pub note: Option<Redacted>,
}

/// A customer's mood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mood {
    /// Content.
    Positive,
    /// Not content.
    Negative,
}

/// A message to a customer over WhatsApp.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhatsApp {
    /// The customer's id at WhatsApp. Required.
    pub external_id: Redacted,
    /// The message.
    pub message: Message,
    /// The fields of the start.
    pub start: Start,
}

/// A message that is left while no agent is available.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffHours {
    /// The message.
    pub message: Message,
    /// The customer's data. The e-mail address is required.
    pub customer: Customer,
}

/// A request of an external bot for an interaction that the service assigned to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BotRequest {
    /// Accepts the interaction.
    Accept,
    /// Transfers it to a department, or back to its first department.
    Transfer(Option<String>),
    /// Sends the bot's message.
    Message(Message),
    /// Finishes it.
    Finish,
}

impl Request {
    /// Returns the request's name for logs and errors.
    pub fn name(&self) -> &'static str {
        match self {
            Request::Start(_) => "start",
            Request::Message(_) => "message",
            Request::Typing => "typing",
            Request::Cleared => "cleared",
            Request::Finish => "finish",
            Request::Update(_) => "update",
            Request::WhatsApp(_) => "whatsapp",
            Request::OffHours(_) => "off_hours",
            Request::Departments => "departments",
            Request::OnlineAgents => "online_agents",
            Request::Bot(BotRequest::Accept) => "bot_accept",
            Request::Bot(BotRequest::Transfer(_)) => "bot_transfer",
            Request::Bot(BotRequest::Message(_)) => "bot_message",
            Request::Bot(BotRequest::Finish) => "bot_finish",
        }
    }

    /// Returns whether a duplicate does no harm.
    pub fn is_idempotent(&self) -> bool {
        matches!(
            self,
            Request::Typing | Request::Cleared | Request::Departments | Request::OnlineAgents
        )
    }

    /// Returns whether it starts an interaction.
    pub fn is_start(&self) -> bool {
        matches!(self, Request::Start(_) | Request::WhatsApp(_))
    }

    /// Returns whether the interaction is finished for the application after this request was accepted.
    pub fn is_end(&self) -> bool {
        matches!(
            self,
            Request::Finish | Request::Bot(BotRequest::Finish | BotRequest::Transfer(_))
        )
    }

    /// Returns whether it only reads a list of the account.
    pub fn is_query(&self) -> bool {
        matches!(self, Request::Departments | Request::OnlineAgents)
    }

    /// Returns its message, if it is a message of an interaction.
    pub fn message(&self) -> Option<&Message> {
        match self {
            Request::Message(message) | Request::Bot(BotRequest::Message(message)) => Some(message),
            _ => None,
        }
    }

    /// Returns whether it contains a message to a person, also one that starts an interaction.
    pub fn contains_message(&self) -> bool {
        self.message().is_some() || matches!(self, Request::WhatsApp(_) | Request::OffHours(_))
    }

    /// Returns whether it needs the id of a department.
    pub fn needs_department(&self) -> bool {
        !matches!(self, Request::Departments | Request::Bot(_))
    }

    /// Returns whether it needs a client id or a hash in its place.
    pub fn needs_client_id(&self) -> bool {
        !matches!(
            self,
            Request::Departments | Request::OnlineAgents | Request::OffHours(_)
        )
    }

    /// Returns the customer's data in the request.
    pub fn customer(&self) -> Option<&Customer> {
        match self {
            Request::Start(start) => Some(&start.customer),
            Request::WhatsApp(whatsapp) => Some(&whatsapp.start.customer),
            Request::OffHours(off_hours) => Some(&off_hours.customer),
            _ => None,
        }
    }

    /// Returns whether a value of this request contains `word`, which is in lower case.
    pub fn contains_word(&self, word: &str) -> bool {
        let written = serde_json::to_string(self).unwrap_or_default();
        written.to_lowercase().contains(word)
    }

    /// Removes all personal data of this request from another text.
    pub fn scrub(&self, text: &mut String) {
        if let Some(customer) = self.customer() {
            customer.fields().for_each(|field| field.scrub(text));
        }
        match self {
            Request::Start(start) => start.scrub(text),
            Request::Message(message) | Request::Bot(BotRequest::Message(message)) => {
                message.scrub(text)
            }
            Request::Update(update) => {
                [&update.customer_key, &update.note]
                    .into_iter()
                    .flatten()
                    .for_each(|field| field.scrub(text));
            }
            Request::WhatsApp(whatsapp) => {
                whatsapp.external_id.scrub(text);
                whatsapp.message.scrub(text);
                whatsapp.start.scrub(text);
            }
            Request::OffHours(off_hours) => off_hours.message.scrub(text),
            Request::Typing
            | Request::Cleared
            | Request::Finish
            | Request::Departments
            | Request::OnlineAgents
            | Request::Bot(BotRequest::Accept | BotRequest::Transfer(_) | BotRequest::Finish) => {}
        }
    }
}

impl Start {
    fn scrub(&self, text: &mut String) {
        if let Some(extra) = &self.extra {
            extra.scrub(text);
        }
        if let Some(history) = &self.external_history {
            history.scrub(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_stored_by_an_earlier_version_are_parsed() {
        let start: Request =
            serde_json::from_str(r#"{"Start":{"name":"Ana","email":null,"phone":"1","cpf":null}}"#)
                .unwrap();
        let customer = Customer {
            name: Some("Ana".into()),
            phone: Some("1".into()),
            ..Customer::default()
        };
        assert_eq!(start, Request::Start(Box::new(customer.into())));
        let message: Request = serde_json::from_str(r#"{"Message":"oi"}"#).unwrap();
        assert_eq!(message, Request::Message("oi".into()));
    }

    #[test]
    fn stored_requests_are_parsed() {
        let message = Message {
            text: "olhe".into(),
            media: Some(crate::wire::Media {
                kind: crate::wire::MediaKind::Image,
                url: "https://example.com/a.png".into(),
            }),
            size: None,
        };
        let start = Start {
            customer: Customer::default(),
            bot_id: Some("b".into()),
            media_type: Some("TEXT".into()),
            extra: Some(Extra::parse(r#"{"a":1}"#).unwrap()),
            external_history: Some("https://example.com/h".into()),
        };
        for request in [
            Request::Start(Box::new(start.clone())),
            Request::Message(message.clone()),
            Request::Typing,
            Request::Update(Box::new(Update {
                mood: Some(Mood::Negative),
                tags: vec!["1".into()],
                ..Update::default()
            })),
            Request::WhatsApp(Box::new(WhatsApp {
                external_id: "55".into(),
                message: message.clone(),
                start,
            })),
            Request::Bot(BotRequest::Transfer(Some("2".into()))),
            Request::Bot(BotRequest::Message(message)),
        ] {
            let written = serde_json::to_string(&request).unwrap();
            let read: Request = serde_json::from_str(&written).unwrap();
            assert_eq!(read, request, "{written}");
        }
    }
}
