//! Encodes requests and decodes responses and triggers in the selected dialect.

use std::sync::Arc;

use crate::wire::body;
use crate::wire::dialects::dialect::Dialect;
use crate::wire::dialects::{gateway, interactions, rest};
use crate::wire::json::json_value::is_number;
use crate::wire::requests::http_request::MAX_URL_LENGTH;
use crate::wire::requests::request_schema::schema_of;
use crate::wire::responses::response_data;
use crate::wire::responses::response_data::UnexpectedBody;
use crate::wire::{
    Address, BotRequest, DecodeError, EncodeError, HttpRequest, Redacted, Request, ResponseData,
    Trigger,
};

impl Dialect {
    /// Returns the default URL of the service.
    pub fn base_url(self) -> &'static str {
        match self {
            Dialect::Rest => rest::BASE_URL,
            Dialect::Gateway => gateway::BASE_URL,
            Dialect::Interactions => interactions::BASE_URL,
        }
    }

    /// Returns a request that changes nothing and needs a valid token; `None` if the dialect has none.
    pub fn harmless_request(self) -> Option<(Address, Request)> {
        let client_id = match self {
            Dialect::Rest => return None,
            // The dialect requires a client id, although the list belongs to no customer.
            Dialect::Gateway => "0",
            Dialect::Interactions => "",
        };
        let address = Address {
            department: String::new(),
            client_id: client_id.into(),
        };
        Some((address, Request::Departments))
    }

    /// Returns whether HTTP 404 may mean that the token is unknown.
    pub fn rejects_token_with_404(self, request: &Request) -> bool {
        // The external API, which lists the departments, does that.
        self == Dialect::Interactions && *request == Request::Departments
    }

    /// Checks that the dialect supports a request, and that its required fields are set.
    ///
    /// # Errors
    /// [`EncodeError::Unsupported`], [`EncodeError::Department`], [`EncodeError::Missing`].
    pub fn check(self, address: &Address, request: &Request) -> Result<(), EncodeError> {
        let schema = schema_of(request);
        let unsupported = |field, dialects: &[Dialect]| {
            let names: Vec<_> = dialects.iter().map(|dialect| dialect.name()).collect();
            Err(EncodeError::Unsupported {
                request: schema.name,
                field,
                dialect: self.name(),
                instead: names.join(" and "),
            })
        };
        if !schema.dialects.contains(&self) {
            return unsupported(None, schema.dialects);
        }
        for field in schema.fields {
            let is_set = || request.has_field(field.name);
            if !field.dialects.contains(&self) && is_set() {
                return unsupported(Some(field.name), field.dialects);
            }
            if field.required && !is_set() {
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
            (Dialect::Interactions, _) if !has_numeric_department(address, request) => {
                Err(EncodeError::Department)
            }
            _ => Ok(()),
        }
    }

    /// Encodes a request that passed [`check`](Self::check). `hash` is the interaction hash, if it is known.
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
        let encoded = match self {
            Dialect::Rest => rest::encode(token, address, request),
            Dialect::Gateway => gateway::encode(token, address, request),
            Dialect::Interactions => Some(
                interactions::encode(token, address, hash, request).ok_or(EncodeError::NoHash)?,
            ),
        };
        // `check` has rejected unsupported requests.
        let encoded = encoded.ok_or(EncodeError::Missing("request"))?;
        let query = encoded.query.as_ref().map_or("", Redacted::expose);
        if encoded.path.len() + query.len() > MAX_URL_LENGTH {
            return Err(EncodeError::TooLong);
        }
        Ok(encoded)
    }

    /// Parses the body of a response that accepted the request.
    ///
    /// # Errors
    /// [`UnexpectedBody`] if the body does not contain the requested data.
    pub fn parse_response(
        self,
        request: &Request,
        body: &[u8],
    ) -> Result<ResponseData, UnexpectedBody> {
        let is_start = matches!(
            request,
            Request::Start(_) | Request::WhatsApp(_) | Request::OffHours(_)
        );
        let text = || body::decode_text(body, None).text;
        match request {
            Request::Departments => response_data::parse_departments(&text()),
            Request::OnlineAgents => response_data::parse_agents(&text()),
            _ if is_start && self == Dialect::Interactions => {
                Ok(response_data::parse_hash(&text()))
            }
            _ => Ok(ResponseData::Nothing),
        }
    }

    /// Decodes the body of a trigger. Only the charset of `content_type` is used.
    ///
    /// # Errors
    /// [`DecodeError`] if the body is not a trigger.
    pub fn decode(
        self,
        body: Arc<[u8]>,
        content_type: Option<&str>,
    ) -> Result<Trigger, DecodeError> {
        match self {
            Dialect::Rest => rest::decode(body, content_type),
            Dialect::Gateway => gateway::decode(body, content_type),
            Dialect::Interactions => interactions::decode(body, content_type),
        }
    }
}

/// Returns whether the department is a number, or the request contains none.
fn has_numeric_department(address: &Address, request: &Request) -> bool {
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

    fn unsupported(
        dialect: Dialect,
        request: Request,
    ) -> (&'static str, Option<&'static str>, String) {
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
    fn an_unsupported_field_is_reported_with_the_dialects_that_support_it() {
        let with_bot = Start {
            bot_id: Some("7".into()),
            ..Start::default()
        };
        let start = Request::Start(Box::new(with_bot));
        assert_eq!(
            unsupported(Dialect::Rest, start.clone()),
            ("start", Some("bot_id"), "gateway and interactions".into())
        );
        assert_eq!(Dialect::Gateway.check(&address("1"), &start), Ok(()));
        assert_eq!(
            unsupported(Dialect::Gateway, Request::OnlineAgents),
            ("online_agents", None, "interactions".into())
        );
        let picture = Request::Message(Message {
            media: Some(Media {
                kind: MediaKind::Image,
                url: "https://example.com".into(),
            }),
            ..Message::default()
        });
        assert_eq!(unsupported(Dialect::Rest, picture).1, Some("media"));
        let bot = Request::Bot(BotRequest::Accept);
        assert_eq!(unsupported(Dialect::Gateway, bot).0, "bot_accept");
    }

    #[test]
    fn a_missing_field_is_reported() {
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
        let no_client_id = Address {
            client_id: String::new(),
            ..address("1")
        };
        assert_eq!(
            Dialect::Gateway.check(&no_client_id, &Request::Departments),
            Err(EncodeError::Missing("client_id"))
        );
    }

    #[test]
    fn the_dialect_interactions_requires_a_numeric_department() {
        let start = Request::Start(Box::default());
        for (department, dialect, expected) in [
            ("vendas", Dialect::Rest, Ok(())),
            (
                "vendas",
                Dialect::Interactions,
                Err(EncodeError::Department),
            ),
            ("01", Dialect::Interactions, Err(EncodeError::Department)),
            ("1", Dialect::Interactions, Ok(())),
        ] {
            assert_eq!(dialect.check(&address(department), &start), expected);
        }
        // A message does not contain the department.
        let message = Request::Message("oi".into());
        assert_eq!(
            Dialect::Interactions.check(&address("vendas"), &message),
            Ok(())
        );
    }
}
