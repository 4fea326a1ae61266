//! Sets the fields of requests by name, and returns which fields are set. The names are those of `request_schema.rs`.

use crate::wire::requests::request_schema::schema_of;
use crate::wire::{
    BotRequest, Customer, Extra, Media, MediaKind, Message, Mood, OffHours, Request, Start, Update,
    WhatsApp,
};

/// The kinds of requests. An application creates requests by kind and sets their fields by name, and an outcome has the
/// kind of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum RequestKind {
    /// [`Request::Start`].
    Start = 1,
    /// [`Request::Message`], or [`BotRequest::Message`] for an external bot.
    Message = 2,
    /// [`Request::Update`].
    Update = 3,
    /// [`Request::WhatsApp`].
    WhatsApp = 4,
    /// [`Request::OffHours`].
    OffHours = 5,
    /// [`Request::Finish`], or [`BotRequest::Finish`] for an external bot.
    Finish = 6,
    /// [`Request::Typing`].
    Typing = 7,
    /// [`Request::Cleared`].
    Cleared = 8,
    /// [`BotRequest::Accept`].
    BotAccept = 9,
    /// [`BotRequest::Transfer`].
    BotTransfer = 10,
    /// [`Request::Departments`].
    Departments = 11,
    /// [`Request::OnlineAgents`].
    OnlineAgents = 12,
}

impl RequestKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [RequestKind; 12] = [
        RequestKind::Start,
        RequestKind::Message,
        RequestKind::Update,
        RequestKind::WhatsApp,
        RequestKind::OffHours,
        RequestKind::Finish,
        RequestKind::Typing,
        RequestKind::Cleared,
        RequestKind::BotAccept,
        RequestKind::BotTransfer,
        RequestKind::Departments,
        RequestKind::OnlineAgents,
    ];

    /// Returns the name of the kind.
    pub fn name(self) -> &'static str {
        self.empty().name()
    }

    /// Returns a request of this kind without fields.
    pub fn empty(self) -> Request {
        match self {
            RequestKind::Start => Request::Start(Box::default()),
            RequestKind::Message => Request::Message(Message::default()),
            RequestKind::Update => Request::Update(Box::default()),
            RequestKind::WhatsApp => Request::WhatsApp(Box::default()),
            RequestKind::OffHours => Request::OffHours(Box::default()),
            RequestKind::Finish => Request::Finish,
            RequestKind::Typing => Request::Typing,
            RequestKind::Cleared => Request::Cleared,
            RequestKind::BotAccept => Request::Bot(BotRequest::Accept),
            RequestKind::BotTransfer => Request::Bot(BotRequest::Transfer(None)),
            RequestKind::Departments => Request::Departments,
            RequestKind::OnlineAgents => Request::OnlineAgents,
        }
    }

    /// Returns the kind of the request with this name; see [`Request::name`].
    pub fn from_name(name: &str) -> Option<RequestKind> {
        // The message and the finish of an external bot have other names, and the same kinds.
        let name = match name {
            "bot_message" => "message",
            "bot_finish" => "finish",
            other => other,
        };
        RequestKind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// The reason why a field cannot be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldError {
    /// The request has no such field. Contains the names of its fields.
    UnknownField(Vec<&'static str>),
    /// The value is invalid. Contains the expected values.
    InvalidValue(String),
}

impl Request {
    /// Returns the kind. The message and the finish of an external bot have the kinds of the customer's.
    pub fn kind(&self) -> RequestKind {
        match self {
            Request::Start(_) => RequestKind::Start,
            Request::Message(_) | Request::Bot(BotRequest::Message(_)) => RequestKind::Message,
            Request::Update(_) => RequestKind::Update,
            Request::WhatsApp(_) => RequestKind::WhatsApp,
            Request::OffHours(_) => RequestKind::OffHours,
            Request::Finish | Request::Bot(BotRequest::Finish) => RequestKind::Finish,
            Request::Typing => RequestKind::Typing,
            Request::Cleared => RequestKind::Cleared,
            Request::Bot(BotRequest::Accept) => RequestKind::BotAccept,
            Request::Bot(BotRequest::Transfer(_)) => RequestKind::BotTransfer,
            Request::Departments => RequestKind::Departments,
            Request::OnlineAgents => RequestKind::OnlineAgents,
        }
    }

    /// Sets the field with this name.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), FieldError> {
        let known = match self {
            Request::Start(start) => start.set(name, value),
            Request::Message(message) | Request::Bot(BotRequest::Message(message)) => {
                message.set(name, value)
            }
            Request::Update(update) => update.set(name, value),
            Request::WhatsApp(whatsapp) => whatsapp.set(name, value),
            Request::OffHours(off_hours) => off_hours.set(name, value),
            Request::Bot(BotRequest::Transfer(department)) if name == "department" => {
                *department = Some(value.to_owned());
                Ok(true)
            }
            _ => Ok(false),
        };
        if known? {
            return Ok(());
        }
        let names = schema_of(self).fields.iter().map(|field| field.name);
        Err(FieldError::UnknownField(names.collect()))
    }

    /// Returns whether the field with this name is set.
    pub(crate) fn has_field(&self, name: &str) -> bool {
        match self {
            Request::Start(start) => start.has_field(name),
            Request::Message(message) | Request::Bot(BotRequest::Message(message)) => {
                message.has_field(name)
            }
            Request::Update(update) => update.has_field(name),
            Request::WhatsApp(whatsapp) => match name {
                "external_id" => !whatsapp.external_id.expose().is_empty(),
                _ => whatsapp.message.has_field(name) || whatsapp.start.has_field(name),
            },
            Request::OffHours(off_hours) => {
                off_hours.message.has_field(name) || off_hours.customer.has_field(name)
            }
            Request::Bot(BotRequest::Transfer(department)) => {
                name == "department" && department.is_some()
            }
            _ => false,
        }
    }

    /// Returns its attached file.
    pub(crate) fn media(&self) -> Option<&Media> {
        let message = match self {
            Request::WhatsApp(whatsapp) => &whatsapp.message,
            Request::OffHours(off_hours) => &off_hours.message,
            other => other.message()?,
        };
        message.media.as_ref()
    }
}

// Each `set` returns whether it has the field.

impl Customer {
    fn set(&mut self, name: &str, value: &str) -> bool {
        let field = match name {
            "name" => &mut self.name,
            "email" => &mut self.email,
            "phone" => &mut self.phone,
            "cpf" => &mut self.cpf,
            _ => return false,
        };
        *field = Some(value.into());
        true
    }

    fn has_field(&self, name: &str) -> bool {
        let field = match name {
            "name" => &self.name,
            "email" => &self.email,
            "phone" => &self.phone,
            "cpf" => &self.cpf,
            _ => &None,
        };
        field.is_some()
    }
}

impl Start {
    fn set(&mut self, name: &str, value: &str) -> Result<bool, FieldError> {
        match name {
            "bot_id" => self.bot_id = Some(value.to_owned()),
            "media_type" => self.media_type = Some(value.to_owned()),
            "extra" => {
                let extra = Extra::parse(value);
                self.extra =
                    Some(extra.map_err(|error| FieldError::InvalidValue(error.to_string()))?);
            }
            "external_history" => self.external_history = Some(value.into()),
            _ => return Ok(self.customer.set(name, value)),
        }
        Ok(true)
    }

    fn has_field(&self, name: &str) -> bool {
        match name {
            "bot_id" => self.bot_id.is_some(),
            "media_type" => self.media_type.is_some(),
            "extra" => self.extra.is_some(),
            "external_history" => self.external_history.is_some(),
            _ => self.customer.has_field(name),
        }
    }
}

impl Message {
    fn set(&mut self, name: &str, value: &str) -> Result<bool, FieldError> {
        match name {
            "text" => self.text = value.into(),
            "media" => {
                let kind = MediaKind::from_name(value);
                self.media_mut().kind = kind.ok_or_else(|| {
                    FieldError::InvalidValue(MediaKind::ALL.map(MediaKind::name).join(" or "))
                })?;
            }
            "url" => self.media_mut().url = value.into(),
            "size" => {
                let size = value.parse();
                self.size =
                    Some(size.map_err(|_| FieldError::InvalidValue("a number of bytes".into()))?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Returns the attached file. Its default kind is `file`.
    fn media_mut(&mut self) -> &mut Media {
        self.media.get_or_insert_with(|| Media {
            kind: MediaKind::File,
            url: "".into(),
        })
    }

    fn has_field(&self, name: &str) -> bool {
        match name {
            "text" => !self.text.expose().is_empty(),
            "media" | "url" => self.media.is_some(),
            "size" => self.size.is_some(),
            _ => false,
        }
    }
}

impl Update {
    fn set(&mut self, name: &str, value: &str) -> Result<bool, FieldError> {
        match name {
            "mood" => {
                self.mood = Some(match value {
                    "POSITIVE" => Mood::Positive,
                    "NEGATIVE" => Mood::Negative,
                    _ => return Err(FieldError::InvalidValue("POSITIVE or NEGATIVE".into())),
                });
            }
            "tags" => {
                let tags = value.split(',').map(str::trim);
                self.tags = tags
                    .filter(|tag| !tag.is_empty())
                    .map(str::to_owned)
                    .collect();
            }
            "customer_key" => self.customer_key = Some(value.into()),
            "note" => self.note = Some(value.into()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn has_field(&self, name: &str) -> bool {
        match name {
            "mood" => self.mood.is_some(),
            "tags" => !self.tags.is_empty(),
            "customer_key" => self.customer_key.is_some(),
            "note" => self.note.is_some(),
            _ => false,
        }
    }
}

impl WhatsApp {
    fn set(&mut self, name: &str, value: &str) -> Result<bool, FieldError> {
        match name {
            "external_id" => self.external_id = value.into(),
            // The service has neither field in this request.
            "media_type" | "size" => return Ok(false),
            _ => return Ok(self.message.set(name, value)? || self.start.set(name, value)?),
        }
        Ok(true)
    }
}

impl OffHours {
    fn set(&mut self, name: &str, value: &str) -> Result<bool, FieldError> {
        Ok(name != "size" && (self.message.set(name, value)? || self.customer.set(name, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_of_the_table_can_be_set() {
        let value = |name| match name {
            "extra" => r#"{"a":1}"#,
            "media" => "image",
            "mood" => "POSITIVE",
            "size" => "7",
            _ => "x",
        };
        for kind in RequestKind::ALL {
            let schema = schema_of(&kind.empty());
            for field in schema.fields {
                let mut request = kind.empty();
                assert!(
                    !request.has_field(field.name),
                    "{} {}",
                    schema.name,
                    field.name
                );
                request.set(field.name, value(field.name)).unwrap();
                assert!(
                    request.has_field(field.name),
                    "{} {}",
                    schema.name,
                    field.name
                );
            }
        }
    }

    #[test]
    fn each_request_has_a_row_in_the_table() {
        for request in [
            Request::Typing,
            Request::Cleared,
            Request::Finish,
            Request::Departments,
            Request::OnlineAgents,
            Request::Bot(BotRequest::Accept),
            Request::Bot(BotRequest::Transfer(None)),
            Request::Bot(BotRequest::Message("x".into())),
            Request::Bot(BotRequest::Finish),
        ]
        .into_iter()
        .chain(RequestKind::ALL.map(RequestKind::empty))
        {
            assert_eq!(schema_of(&request).name, request.name());
        }
    }

    #[test]
    fn unknown_fields_and_invalid_values_are_reported() {
        let mut message = RequestKind::Message.empty();
        assert_eq!(
            message.set("txt", "x"),
            Err(FieldError::UnknownField(vec![
                "text", "media", "url", "size"
            ]))
        );
        assert_eq!(
            message.set("media", "smell"),
            Err(FieldError::InvalidValue(
                "image or video or audio or file".into()
            ))
        );
        let mut whatsapp = RequestKind::WhatsApp.empty();
        assert!(matches!(
            whatsapp.set("media_type", "SMS"),
            Err(FieldError::UnknownField(_))
        ));
        let mut start = RequestKind::Start.empty();
        assert!(matches!(
            start.set("extra", "[]"),
            Err(FieldError::InvalidValue(_))
        ));
    }

    #[test]
    fn tags_are_separated_by_commas() {
        let mut update = RequestKind::Update.empty();
        update.set("tags", "a, b,,").unwrap();
        let Request::Update(update) = update else {
            unreachable!()
        };
        assert_eq!(update.tags, ["a", "b"]);
    }
}
