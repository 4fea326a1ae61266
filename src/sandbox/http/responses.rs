//! The responses of the service, in one of five formats. The service's page shows no response, so a client must
//! handle each of them.

use crate::sandbox::json::rejection::Rejection;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;
use std::str::FromStr;

pub(crate) type HttpResponse = Response<Full<Bytes>>;

/// The format of the service's responses. A response with data, such as the response to a start in `interactions`, is
/// JSON in every format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseFormat {
    /// `{"message": …, "status": N}`
    #[default]
    Json,
    /// The status code and no body.
    Empty,
    /// One line of plain text.
    Text,
    /// As `Json`, but a rejection has HTTP status 200 and the body `{"success": false, "errors": [MESSAGE]}`.
    SuccessFalse,
    /// As `Json`, but a rejection has HTTP status 200; only the body contains its status.
    StatusInside,
}

impl FromStr for ResponseFormat {
    type Err = String;

    fn from_str(name: &str) -> Result<ResponseFormat, String> {
        match name {
            "json" => Ok(ResponseFormat::Json),
            "empty" => Ok(ResponseFormat::Empty),
            "text" => Ok(ResponseFormat::Text),
            "success-false" => Ok(ResponseFormat::SuccessFalse),
            "status-inside" => Ok(ResponseFormat::StatusInside),
            _ => Err("expected json, empty, text, success-false or status-inside".to_owned()),
        }
    }
}

#[derive(Serialize)]
struct MessageBody<'a> {
    message: &'a str,
    status: u16,
}

impl ResponseFormat {
    /// Returns the response to a rejected request.
    pub(crate) fn rejection(self, rejection: &Rejection) -> HttpResponse {
        let Rejection { status, message } = rejection;
        match self {
            ResponseFormat::SuccessFalse => {
                json_response(200, &json!({ "success": false, "errors": [message] }))
            }
            ResponseFormat::StatusInside => json_response(
                200,
                &MessageBody {
                    message,
                    status: *status,
                },
            ),
            ResponseFormat::Json | ResponseFormat::Empty | ResponseFormat::Text => {
                self.message(*status, message)
            }
        }
    }

    /// Returns a response with this status and message.
    pub(crate) fn message(self, status: u16, message: &str) -> HttpResponse {
        match self {
            ResponseFormat::Json | ResponseFormat::SuccessFalse | ResponseFormat::StatusInside => {
                json_response(status, &MessageBody { message, status })
            }
            ResponseFormat::Empty => response_with_body(status, Bytes::new()),
            ResponseFormat::Text => {
                let mut response = response_with_body(status, Bytes::from(format!("{message}\n")));
                response.headers_mut().insert(
                    CONTENT_TYPE,
                    HeaderValue::from_static("text/plain; charset=utf-8"),
                );
                response
            }
        }
    }
}

/// Returns a JSON response.
pub(crate) fn json_response(status: u16, value: &impl Serialize) -> HttpResponse {
    match serde_json::to_vec(value) {
        Ok(body) => {
            let mut response = response_with_body(status, Bytes::from(body));
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        Err(_) => response_with_body(500, Bytes::new()),
    }
}

/// Returns an error response of the portal or of the control API.
pub(crate) fn error_response(status: u16, message: &str) -> HttpResponse {
    ResponseFormat::Json.message(status, message)
}

/// Returns the error response for a rejection of the portal or of the control API.
pub(crate) fn rejection_response(rejection: &Rejection) -> HttpResponse {
    error_response(rejection.status, &rejection.message)
}

fn response_with_body(status: u16, body: Bytes) -> HttpResponse {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}
