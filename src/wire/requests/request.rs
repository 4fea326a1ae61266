//! What an application asks of the service.

use serde::{Deserialize, Serialize};

use crate::wire::{Customer, Extra, Message, Redacted};

/// Whose interaction a request belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The department that the customer wants to talk to.
    pub department: String,
    /// The id that the application gave its customer; each trigger of the interaction carries it. What the application does
    /// as an external bot goes by the interaction's hash instead.
    pub client_id: String,
}

/// One request. Not every dialect has all of them, nor all of their fields: see [`REQUESTS`](crate::wire::REQUESTS).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Starts the interaction.
    Start(Box<Start>),
    /// Sends the customer's message.
    Message(Message),
    /// The customer types.
    Typing,
    /// The customer has stopped typing.
    Cleared,
    /// Finishes the interaction.
    Finish,
    /// Notes something about the interaction.
    Update(Box<Update>),
    /// Writes to a customer over WhatsApp, which starts the interaction.
    WhatsApp(Box<WhatsApp>),
    /// Leaves a message while no agent is there.
    OffHours(Box<OffHours>),
    /// Asks which departments there are.
    Departments,
    /// Asks which agents of the department are there.
    OnlineAgents,
    /// What an external bot says.
    Bot(BotRequest),
}

/// How an interaction starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// Who the customer is.
    #[serde(flatten)]
    pub customer: Customer,
    /// The bot that the customer talked to before; each trigger of the interaction carries it.
    #[serde(default)]
    pub bot_id: Option<String>,
    /// Over what the customer writes, in the service's own word: TEXT, SMS or WHATSAPP.
    #[serde(default)]
    pub media_type: Option<String>,
    /// What the application wants back on each trigger.
    #[serde(default)]
    pub extra: Option<Extra>,
    /// The URL of a document that tells what was said before; see [`History`](crate::wire::History).
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

/// What is noted about an interaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The customer's mood.
    pub mood: Option<Mood>,
    /// The ids of tags.
    pub tags: Vec<String>,
    /// The service's own id of the customer, a UUID.
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
    /// What the customer is written.
    pub message: Message,
    /// The interaction that it starts.
    pub start: Start,
}

/// A message that is left while no agent is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffHours {
    /// What the customer wants to say.
    pub message: Message,
    /// Who the customer is. The e-mail address is required.
    pub customer: Customer,
}

/// What an external bot says of the interaction that was given to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BotRequest {
    /// Takes the interaction.
    Accept,
    /// Gives it to a department, or back to where it started.
    Transfer(Option<String>),
    /// Sends the bot's message.
    Message(Message),
    /// Finishes it.
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

    /// Whether the service may receive it twice without harm.
    pub fn is_harmless_twice(&self) -> bool {
        matches!(
            self,
            Request::Typing | Request::Cleared | Request::Departments | Request::OnlineAgents
        )
    }

    /// Whether it starts an interaction.
    pub fn is_start(&self) -> bool {
        matches!(self, Request::Start(_) | Request::WhatsApp(_))
    }

    /// Whether the interaction is over for the application when it was accepted.
    pub fn is_end(&self) -> bool {
        matches!(
            self,
            Request::Finish | Request::Bot(BotRequest::Finish | BotRequest::Transfer(_))
        )
    }

    /// What it says, where it is a message of an interaction.
    pub fn message(&self) -> Option<&Message> {
        match self {
            Request::Message(message) | Request::Bot(BotRequest::Message(message)) => Some(message),
            _ => None,
        }
    }

    /// Whether it needs the id of a department.
    pub fn needs_department(&self) -> bool {
        !matches!(self, Request::Departments | Request::Bot(_))
    }

    /// Whether it needs the id of a customer, or what stands for it.
    pub fn needs_client_id(&self) -> bool {
        !matches!(
            self,
            Request::Departments | Request::OnlineAgents | Request::OffHours(_)
        )
    }

    /// The customer whom it tells of.
    pub fn customer(&self) -> Option<&Customer> {
        match self {
            Request::Start(start) => Some(&start.customer),
            Request::WhatsApp(whatsapp) => Some(&whatsapp.start.customer),
            Request::OffHours(off_hours) => Some(&off_hours.customer),
            _ => None,
        }
    }

    /// Takes all that is personal in this request out of a text that comes from elsewhere.
    pub fn scrub(&self, text: &mut String) {
        if let Some(customer) = self.customer() {
            customer.given().for_each(|field| field.scrub(text));
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
    fn what_an_earlier_version_wrote_down_is_still_read() {
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
    fn what_is_written_down_is_read_again() {
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
