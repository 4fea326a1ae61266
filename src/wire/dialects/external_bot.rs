//! The external bot, which is the other side of the dialect `interactions`: the service gives the application an
//! interaction, and the application answers its customer.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::wire::json::json_value::number_or_text;
use crate::wire::requests::http_request::part;
use crate::wire::{Body, BotRequest, HttpRequest, MediaKind, Method, Redacted};

/// What a bot's request says; each field is sent where it is there.
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

/// A bot's request, for the interaction of this hash.
pub fn encode(token: &Redacted, hash: &str, request: &BotRequest) -> HttpRequest {
    let mut fields = Fields {
        token,
        department_id: None,
        content: None,
        content_type: None,
        attachment: None,
    };
    let (method, verb) = match request {
        BotRequest::Accept => (Method::Put, "accept"),
        BotRequest::Finish => (Method::Put, "finish"),
        BotRequest::Transfer(department) => {
            fields.department_id = department.as_deref().map(number_or_text);
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
        path: format!("/core/api/v1/bot/{}/{verb}", part(hash)).into(),
        query: None,
        // No key is anything but a string, and the Vec takes all.
        body: Body(serde_json::to_vec(&fields).expect("strings and numbers are JSON")),
    }
}

/// What the service says to a bot, by the `type` of the trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Here is an interaction.
    NewInteraction,
    /// The customer wrote, and the message is of this kind where it is no text.
    NewMessage(Option<MediaKind>),
    /// It is over.
    Finished,
    /// Something that this version does not know.
    Unknown,
}

/// What this `type` says, with this `content_type`.
pub fn read(kind: &str, content_type: Option<&str>) -> Said {
    match kind {
        "new_interaction" => Said::NewInteraction,
        "new_message" => Said::NewMessage(content_type.and_then(MediaKind::named)),
        "finished_interaction" => Said::Finished,
        _ => Said::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Media, Message};

    fn encoded(request: BotRequest) -> (Method, String, String) {
        let call = encode(&"tok".into(), "h/1", &request);
        let body = String::from_utf8(call.body.0).unwrap();
        (call.method, call.path.into_owned(), body)
    }

    #[test]
    fn writes_each_request_of_a_bot() {
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
    fn reads_what_the_service_says_to_a_bot() {
        assert_eq!(read("new_interaction", None), Said::NewInteraction);
        assert_eq!(read("new_message", Some("text")), Said::NewMessage(None));
        assert_eq!(
            read("new_message", Some("audio")),
            Said::NewMessage(Some(MediaKind::Audio))
        );
        assert_eq!(read("finished_interaction", None), Said::Finished);
        assert_eq!(read("promoted", None), Said::Unknown);
    }
}
