//! The fields of requests by the names that the table of requests has for them: what is made field by field, and which
//! fields say something.

use crate::wire::requests::request_schema::spec_of;
use crate::wire::{
    BotRequest, Customer, Extra, Media, MediaKind, Message, Mood, OffHours, Request, Start, Update,
    WhatsApp,
};

/// The requests that an application makes field by field.
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
}

impl RequestKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [RequestKind; 5] = [
        RequestKind::Start,
        RequestKind::Message,
        RequestKind::Update,
        RequestKind::WhatsApp,
        RequestKind::OffHours,
    ];

    /// A request of this kind that says nothing yet.
    pub fn empty(self) -> Request {
        match self {
            RequestKind::Start => Request::Start(Box::default()),
            RequestKind::Message => Request::Message(Message::default()),
            RequestKind::Update => Request::Update(Box::default()),
            RequestKind::WhatsApp => Request::WhatsApp(Box::default()),
            RequestKind::OffHours => Request::OffHours(Box::default()),
        }
    }
}

/// Why a field can't be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsettable {
    /// The request has no such field; it has these.
    NoField(Vec<&'static str>),
    /// The field takes something else.
    Value(String),
}

impl Request {
    /// Sets the field of this name.
    ///
    /// # Errors
    /// There is none, or it does not take this value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Unsettable> {
        let known = match self {
            Request::Start(start) => start.set(name, value),
            Request::Message(message) | Request::Bot(BotRequest::Message(message)) => {
                message.set(name, value)
            }
            Request::Update(update) => update.set(name, value),
            Request::WhatsApp(whatsapp) => whatsapp.set(name, value),
            Request::OffHours(off_hours) => off_hours.set(name, value),
            _ => Ok(false),
        };
        if known? {
            return Ok(());
        }
        let names = spec_of(self).fields.iter().map(|field| field.name);
        Err(Unsettable::NoField(names.collect()))
    }

    /// Whether the field of this name says something.
    pub(crate) fn gives(&self, name: &str) -> bool {
        match self {
            Request::Start(start) => start.gives(name),
            Request::Message(message) | Request::Bot(BotRequest::Message(message)) => {
                message.gives(name)
            }
            Request::Update(update) => update.gives(name),
            Request::WhatsApp(whatsapp) => match name {
                "external_id" => !whatsapp.external_id.expose().is_empty(),
                _ => whatsapp.message.gives(name) || whatsapp.start.gives(name),
            },
            Request::OffHours(off_hours) => {
                off_hours.message.gives(name) || off_hours.customer.gives(name)
            }
            _ => false,
        }
    }

    /// The media that it carries.
    pub(crate) fn media(&self) -> Option<&Media> {
        let message = match self {
            Request::WhatsApp(whatsapp) => &whatsapp.message,
            Request::OffHours(off_hours) => &off_hours.message,
            other => other.message()?,
        };
        message.media.as_ref()
    }
}

// Each `set` tells whether it has the field.

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

    fn gives(&self, name: &str) -> bool {
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
    fn set(&mut self, name: &str, value: &str) -> Result<bool, Unsettable> {
        match name {
            "bot_id" => self.bot_id = Some(value.to_owned()),
            "media_type" => self.media_type = Some(value.to_owned()),
            "extra" => {
                let extra = Extra::parse(value);
                self.extra = Some(extra.map_err(|why| Unsettable::Value(why.to_string()))?);
            }
            "external_history" => self.external_history = Some(value.into()),
            _ => return Ok(self.customer.set(name, value)),
        }
        Ok(true)
    }

    fn gives(&self, name: &str) -> bool {
        match name {
            "bot_id" => self.bot_id.is_some(),
            "media_type" => self.media_type.is_some(),
            "extra" => self.extra.is_some(),
            "external_history" => self.external_history.is_some(),
            _ => self.customer.gives(name),
        }
    }
}

impl Message {
    fn set(&mut self, name: &str, value: &str) -> Result<bool, Unsettable> {
        match name {
            "text" => self.text = value.into(),
            "media" => {
                let kind = MediaKind::named(value);
                self.media_mut().kind = kind.ok_or_else(|| {
                    Unsettable::Value(MediaKind::ALL.map(MediaKind::name).join(" or "))
                })?;
            }
            "url" => self.media_mut().url = value.into(),
            "size" => {
                let size = value.parse();
                self.size = Some(size.map_err(|_| Unsettable::Value("a number of bytes".into()))?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The media, which is a file until something else is said.
    fn media_mut(&mut self) -> &mut Media {
        self.media.get_or_insert_with(|| Media {
            kind: MediaKind::File,
            url: "".into(),
        })
    }

    fn gives(&self, name: &str) -> bool {
        match name {
            "text" => !self.text.expose().is_empty(),
            "media" | "url" => self.media.is_some(),
            "size" => self.size.is_some(),
            _ => false,
        }
    }
}

impl Update {
    fn set(&mut self, name: &str, value: &str) -> Result<bool, Unsettable> {
        match name {
            "mood" => {
                self.mood = Some(match value {
                    "POSITIVE" => Mood::Positive,
                    "NEGATIVE" => Mood::Negative,
                    _ => return Err(Unsettable::Value("POSITIVE or NEGATIVE".into())),
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

    fn gives(&self, name: &str) -> bool {
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
    fn set(&mut self, name: &str, value: &str) -> Result<bool, Unsettable> {
        match name {
            "external_id" => self.external_id = value.into(),
            // The service has neither here.
            "media_type" | "size" => return Ok(false),
            _ => return Ok(self.message.set(name, value)? || self.start.set(name, value)?),
        }
        Ok(true)
    }
}

impl OffHours {
    fn set(&mut self, name: &str, value: &str) -> Result<bool, Unsettable> {
        Ok(name != "size" && (self.message.set(name, value)? || self.customer.set(name, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_of_the_table_can_be_set_and_is_given_then() {
        let value = |name| match name {
            "extra" => r#"{"a":1}"#,
            "media" => "image",
            "mood" => "POSITIVE",
            "size" => "7",
            _ => "x",
        };
        for kind in RequestKind::ALL {
            let spec = spec_of(&kind.empty());
            for field in spec.fields {
                let mut request = kind.empty();
                assert!(!request.gives(field.name), "{} {}", spec.name, field.name);
                request.set(field.name, value(field.name)).unwrap();
                assert!(request.gives(field.name), "{} {}", spec.name, field.name);
            }
        }
    }

    #[test]
    fn each_request_has_its_row() {
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
            assert_eq!(spec_of(&request).name, request.name());
        }
    }

    #[test]
    fn what_can_not_be_set_is_told() {
        let mut message = RequestKind::Message.empty();
        assert_eq!(
            message.set("txt", "x"),
            Err(Unsettable::NoField(vec!["text", "media", "url", "size"]))
        );
        assert_eq!(
            message.set("media", "smell"),
            Err(Unsettable::Value("image or video or audio or file".into()))
        );
        let mut whatsapp = RequestKind::WhatsApp.empty();
        assert!(matches!(
            whatsapp.set("media_type", "SMS"),
            Err(Unsettable::NoField(_))
        ));
        let mut start = RequestKind::Start.empty();
        assert!(matches!(
            start.set("extra", "[]"),
            Err(Unsettable::Value(_))
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
