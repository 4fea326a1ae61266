//! How the service answers a request. Its page shows no answer at all, so a client must live with each of these.

use crate::sandbox::customers::customer_action::Rejection;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;
use std::str::FromStr;

pub(crate) type HttpAnswer = Response<Full<Bytes>>;

/// The form of the service's answers, acceptances and refusals alike. One that carries something, as that to a start of
/// `interactions` does, is JSON in every form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answers {
    /// `{"message": …, "status": N}`
    #[default]
    Json,
    /// The status code and no body.
    Empty,
    /// One line of plain text.
    Text,
    /// As `Json`, but a refusal comes under HTTP 200, as `{"success": false, "errors": [MESSAGE]}`.
    SuccessFalse,
    /// As `Json`, but a refusal comes under HTTP 200, with its status inside only.
    StatusInside,
}

impl FromStr for Answers {
    type Err = String;

    fn from_str(name: &str) -> Result<Answers, String> {
        match name {
            "json" => Ok(Answers::Json),
            "empty" => Ok(Answers::Empty),
            "text" => Ok(Answers::Text),
            "success-false" => Ok(Answers::SuccessFalse),
            "status-inside" => Ok(Answers::StatusInside),
            _ => Err("expected json, empty, text, success-false or status-inside".to_owned()),
        }
    }
}

#[derive(Serialize)]
struct Spoken<'a> {
    message: &'a str,
    status: u16,
}

impl Answers {
    /// The answer to a request that was understood and is refused.
    pub(crate) fn refuse(self, rejection: &Rejection) -> HttpAnswer {
        let Rejection { status, message } = rejection;
        match self {
            Answers::SuccessFalse => json(200, &json!({ "success": false, "errors": [message] })),
            Answers::StatusInside => json(
                200,
                &Spoken {
                    message,
                    status: *status,
                },
            ),
            Answers::Json | Answers::Empty | Answers::Text => self.say(*status, message),
        }
    }

    pub(crate) fn say(self, status: u16, message: &str) -> HttpAnswer {
        match self {
            Answers::Json | Answers::SuccessFalse | Answers::StatusInside => {
                json(status, &Spoken { message, status })
            }
            Answers::Empty => with_status(status, Bytes::new()),
            Answers::Text => {
                let mut answer = with_status(status, Bytes::from(format!("{message}\n")));
                answer.headers_mut().insert(
                    CONTENT_TYPE,
                    HeaderValue::from_static("text/plain; charset=utf-8"),
                );
                answer
            }
        }
    }
}

/// An answer that is always JSON: the portal's and the sandbox's own.
pub(crate) fn json(status: u16, value: &impl Serialize) -> HttpAnswer {
    match serde_json::to_vec(value) {
        Ok(body) => {
            let mut answer = with_status(status, Bytes::from(body));
            answer
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            answer
        }
        Err(_) => with_status(500, Bytes::new()),
    }
}

/// A failure of the portal or of the sandbox's own paths.
pub(crate) fn refusal(status: u16, message: &str) -> HttpAnswer {
    Answers::Json.say(status, message)
}

fn with_status(status: u16, body: Bytes) -> HttpAnswer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer
}
