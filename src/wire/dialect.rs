//! The generations of the service, chosen in this one place.

use std::sync::Arc;

use crate::wire::body;
use crate::wire::requests::http_request::LONGEST_URL;

use crate::wire::dialects::{gateway, interactions, rest};
use crate::wire::json::json_value::is_number;
use crate::wire::requests::request_schema::spec_of;
use crate::wire::response::response_data;
use crate::wire::response::response_data::Unexpected;
use crate::wire::{
    Address, BotRequest, EncodeError, HttpRequest, Redacted, Request, ResponseData, Trigger,
    Unreadable,
};

/// How the service is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Of 2017: the service's own page.
    #[default]
    Rest,
    /// Of 2018: the same, with bots and a list of departments.
    Gateway,
    /// Of today.
    Interactions,
}

impl Dialect {
    /// Every dialect, the oldest first.
    pub const ALL: [Dialect; 3] = [Dialect::Rest, Dialect::Gateway, Dialect::Interactions];
    /// Their names, in the same order.
    pub const NAMES: [&'static str; 3] = ["rest", "gateway", "interactions"];

    /// The dialect's name, as the option has it.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The dialect of this name.
    pub fn named(name: &str) -> Option<Dialect> {
        Dialect::ALL
            .into_iter()
            .find(|dialect| dialect.name() == name)
    }

    /// Where the service listens.
    pub fn base_url(self) -> &'static str {
        match self {
            Dialect::Rest => rest::BASE_URL,
            Dialect::Gateway => gateway::BASE_URL,
            Dialect::Interactions => interactions::BASE_URL,
        }
    }

    /// Whether the service can be asked for this at all, as far as the request itself tells.
    ///
    /// # Errors
    /// [`EncodeError::Unsupported`], [`EncodeError::Department`], [`EncodeError::Missing`].
    pub fn check(self, address: &Address, request: &Request) -> Result<(), EncodeError> {
        let spec = spec_of(request);
        let unsupported = |field, dialects: &[Dialect]| {
            let names: Vec<_> = dialects.iter().map(|dialect| dialect.name()).collect();
            Err(EncodeError::Unsupported {
                request: spec.name,
                field,
                dialect: self.name(),
                instead: names.join(" and "),
            })
        };
        if !spec.dialects.contains(&self) {
            return unsupported(None, spec.dialects);
        }
        for field in spec.fields {
            let is_given = || request.gives(field.name);
            if !field.dialects.contains(&self) && is_given() {
                return unsupported(Some(field.name), field.dialects);
            }
            if field.required && !is_given() {
                return Err(EncodeError::Missing(field.name));
            }
        }
        if request
            .media()
            .is_some_and(|media| media.url.expose().is_empty())
        {
            return Err(EncodeError::Missing("url"));
        }
        match (self, request) {
            (Dialect::Gateway, Request::Departments) if address.client_id.is_empty() => {
                Err(EncodeError::Missing("client_id"))
            }
            (Dialect::Interactions, _) if !has_number(address, request) => {
                Err(EncodeError::Department)
            }
            _ => Ok(()),
        }
    }

    /// A request as HTTP has it, which [`check`](Self::check) has let through. `hash` is the one by which the service knows
    /// the interaction, where it is known.
    ///
    /// # Errors
    /// [`EncodeError::NoHash`], [`EncodeError::TooLong`].
    pub fn encode(
        self,
        token: &Redacted,
        address: &Address,
        hash: Option<&str>,
        request: &Request,
    ) -> Result<HttpRequest, EncodeError> {
        debug_assert_eq!(self.check(address, request), Ok(()));
        let call = match self {
            Dialect::Rest => rest::encode(token, address, request),
            Dialect::Gateway => gateway::encode(token, address, request),
            Dialect::Interactions => Some(
                interactions::encode(token, address, hash, request).ok_or(EncodeError::NoHash)?,
            ),
        };
        // The table of requests has said that there is one.
        let call = call.ok_or(EncodeError::Missing("request"))?;
        let query = call.query.as_ref().map_or("", Redacted::expose);
        if call.path.len() + query.len() > LONGEST_URL {
            return Err(EncodeError::TooLong);
        }
        Ok(call)
    }

    /// What an answer that was accepted holds. `body` is its text.
    ///
    /// # Errors
    /// It is not what the request asks for.
    pub fn read(self, request: &Request, body: &[u8]) -> Result<ResponseData, Unexpected> {
        let starts = matches!(
            request,
            Request::Start(_) | Request::WhatsApp(_) | Request::OffHours(_)
        );
        let text = || body::text(body, None).text;
        match request {
            Request::Departments => response_data::departments(&text()),
            Request::OnlineAgents => response_data::agents(&text()),
            _ if starts && self == Dialect::Interactions => Ok(response_data::hash(&text())),
            _ => Ok(ResponseData::Nothing),
        }
    }

    /// Reads a trigger from the body that the service posted. `content_type` is consulted for its charset alone.
    ///
    /// # Errors
    /// It is no trigger.
    pub fn decode(
        self,
        body: Arc<[u8]>,
        content_type: Option<&str>,
    ) -> Result<Trigger, Unreadable> {
        match self {
            Dialect::Rest => rest::decode(body, content_type),
            Dialect::Gateway => gateway::decode(body, content_type),
            Dialect::Interactions => interactions::decode(body, content_type),
        }
    }
}

/// Whether the department, where the request names one, is a number.
fn has_number(address: &Address, request: &Request) -> bool {
    match request {
        Request::Start(_) | Request::WhatsApp(_) | Request::OffHours(_) | Request::OnlineAgents => {
            is_number(&address.department)
        }
        Request::Bot(BotRequest::Transfer(Some(department))) => is_number(department),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Customer, Media, MediaKind, Message, OffHours, Start, WhatsApp};

    fn address(department: &str) -> Address {
        Address {
            department: department.into(),
            client_id: "12".into(),
        }
    }

    fn lacks(dialect: Dialect, request: Request) -> (&'static str, Option<&'static str>, String) {
        match dialect.check(&address("1"), &request) {
            Err(EncodeError::Unsupported {
                request,
                field,
                instead,
                ..
            }) => (request, field, instead),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_lead_back() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::named(dialect.name()), Some(dialect));
        }
        assert_eq!(Dialect::named("soap"), None);
    }

    #[test]
    fn what_a_dialect_lacks_is_named_with_those_that_have_it() {
        let with_bot = Start {
            bot_id: Some("7".into()),
            ..Start::default()
        };
        let start = Request::Start(Box::new(with_bot));
        assert_eq!(
            lacks(Dialect::Rest, start.clone()),
            ("start", Some("bot_id"), "gateway and interactions".into())
        );
        assert_eq!(Dialect::Gateway.check(&address("1"), &start), Ok(()));
        assert_eq!(
            lacks(Dialect::Gateway, Request::OnlineAgents),
            ("online_agents", None, "interactions".into())
        );
        let picture = Request::Message(Message {
            media: Some(Media {
                kind: MediaKind::Image,
                url: "https://example.com".into(),
            }),
            ..Message::default()
        });
        assert_eq!(lacks(Dialect::Rest, picture).1, Some("media"));
        let bot = Request::Bot(BotRequest::Accept);
        assert_eq!(lacks(Dialect::Gateway, bot).0, "bot_accept");
    }

    #[test]
    fn what_is_missing_is_named() {
        let missing = |request| match Dialect::Interactions.check(&address("1"), &request) {
            Err(EncodeError::Missing(field)) => field,
            other => panic!("{other:?}"),
        };
        let off_hours = OffHours {
            message: "oi".into(),
            customer: Customer::default(),
        };
        assert_eq!(missing(Request::OffHours(Box::new(off_hours))), "email");
        let whatsapp = WhatsApp {
            message: "oi".into(),
            ..WhatsApp::default()
        };
        assert_eq!(
            missing(Request::WhatsApp(Box::new(whatsapp))),
            "external_id"
        );
        let picture = Message {
            media: Some(Media {
                kind: MediaKind::Image,
                url: "".into(),
            }),
            ..Message::default()
        };
        assert_eq!(missing(Request::Message(picture)), "url");
        let nobody = Address {
            client_id: String::new(),
            ..address("1")
        };
        assert_eq!(
            Dialect::Gateway.check(&nobody, &Request::Departments),
            Err(EncodeError::Missing("client_id"))
        );
    }

    #[test]
    fn a_department_is_a_number_where_the_dialect_says_so() {
        let start = Request::Start(Box::default());
        for (department, dialect, outcome) in [
            ("vendas", Dialect::Rest, Ok(())),
            (
                "vendas",
                Dialect::Interactions,
                Err(EncodeError::Department),
            ),
            ("01", Dialect::Interactions, Err(EncodeError::Department)),
            ("1", Dialect::Interactions, Ok(())),
        ] {
            assert_eq!(dialect.check(&address(department), &start), outcome);
        }
        // It is not sent any more.
        let message = Request::Message("oi".into());
        assert_eq!(
            Dialect::Interactions.check(&address("vendas"), &message),
            Ok(())
        );
    }
}
