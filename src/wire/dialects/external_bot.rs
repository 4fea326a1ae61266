//! Requests and triggers of an external bot, in the dialect `interactions`. The service assigns an interaction to the
//! application, and the application writes to its customer.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::wire::json::json_value::number_or_string;
use crate::wire::requests::http_request::percent_encode;
use crate::wire::{Body, BotRequest, HttpRequest, MediaKind, Method, Redacted};

/// The JSON of a request. Unset fields are omitted.
#[derive(Serialize)]
struct Fields<'a> {
    token: &'a Redacted,
    #[serde(skip_serializing_if = "Option::is_none")]
    department_id: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a Redacted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachment: Option<Attachment<'a>>,
}

#[derive(Serialize)]
struct Attachment<'a> {
    url: &'a Redacted,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
}

/// Encodes a request of a bot for the interaction with this hash.
pub fn encode(token: &Redacted, hash: &str, request: &BotRequest) -> HttpRequest {
    let mut fields = Fields {
        token,
        department_id: None,
        content: None,
        content_type: None,
        attachment: None,
    };
    let (method, action) = match request {
        BotRequest::Accept => (Method::Put, "accept"),
        BotRequest::Finish => (Method::Put, "finish"),
        BotRequest::Transfer(department) => {
            fields.department_id = department.as_deref().map(number_or_string);
            (Method::Put, "transfer")
        }
        BotRequest::Message(message) => {
            fields.content = Some(&message.text);
            fields.content_type = message.media.as_ref().map(|media| media.kind.name());
            fields.attachment = message.media.as_ref().map(|media| Attachment {
                url: &media.url,
                size: message.size,
            });
            (Method::Post, "message")
        }
    };
    HttpRequest {
        method,
        path: format!("/core/api/v1/bot/{}/{action}", percent_encode(hash)).into(),
        query: None,
        // All keys are strings, and writing to a Vec cannot fail.
        body: Body(serde_json::to_vec(&fields).expect("strings and numbers are JSON")),
    }
}

/// A trigger for a bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BotTrigger {
    /// The service assigned an interaction to the bot.
    NewInteraction,
    /// A message of the customer, with its media kind; `None` for a text.
    NewMessage(Option<MediaKind>),
    /// The interaction has finished.
    Finished,
    /// The type is unknown to this version.
    Unknown,
}

/// Returns the trigger of a `type` and a `content_type`.
pub fn parse_type(kind: &str, content_type: Option<&str>) -> BotTrigger {
    match kind {
        "new_interaction" => BotTrigger::NewInteraction,
        "new_message" => BotTrigger::NewMessage(content_type.and_then(MediaKind::from_name)),
        "finished_interaction" => BotTrigger::Finished,
        _ => BotTrigger::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Media, Message};

    fn encoded(bot_request: BotRequest) -> (Method, String, String) {
        let request = encode(&"tok".into(), "h/1", &bot_request);
        let body = String::from_utf8(request.body.0).unwrap();
        (request.method, request.path.into_owned(), body)
    }

    #[test]
    fn encodes_each_request_of_a_bot() {
        let picture = Message {
            text: "veja".into(),
            media: Some(Media {
                kind: MediaKind::Image,
                url: "https://example.com/a.png".into(),
            }),
            size: Some(9),
        };
        for (request, method, verb, body) in [
            (
                BotRequest::Accept,
                Method::Put,
                "accept",
                r#"{"token":"tok"}"#,
            ),
            (
                BotRequest::Finish,
                Method::Put,
                "finish",
                r#"{"token":"tok"}"#,
            ),
            (
                BotRequest::Transfer(None),
                Method::Put,
                "transfer",
                r#"{"token":"tok"}"#,
            ),
            (
                BotRequest::Transfer(Some("3".into())),
                Method::Put,
                "transfer",
                r#"{"token":"tok","department_id":3}"#,
            ),
            (
                BotRequest::Message("oi".into()),
                Method::Post,
                "message",
                r#"{"token":"tok","content":"oi"}"#,
            ),
            (
                BotRequest::Message(picture),
                Method::Post,
                "message",
                concat!(
                    r#"{"token":"tok","content":"veja","content_type":"image","#,
                    r#""attachment":{"url":"https://example.com/a.png","size":9}}"#
                ),
            ),
        ] {
            let path = format!("/core/api/v1/bot/h%2F1/{verb}");
            assert_eq!(encoded(request), (method, path, body.to_owned()));
        }
    }

    #[test]
    fn returns_the_trigger_of_each_type() {
        assert_eq!(
            parse_type("new_interaction", None),
            BotTrigger::NewInteraction
        );
        assert_eq!(
            parse_type("new_message", Some("text")),
            BotTrigger::NewMessage(None)
        );
        assert_eq!(
            parse_type("new_message", Some("audio")),
            BotTrigger::NewMessage(Some(MediaKind::Audio))
        );
        assert_eq!(
            parse_type("finished_interaction", None),
            BotTrigger::Finished
        );
        assert_eq!(parse_type("promoted", None), BotTrigger::Unknown);
    }
}
