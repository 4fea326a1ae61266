//! The types between the router and a dialect.

use crate::sandbox::json::field_reader::{FieldReader, MAX_SHOWN_CHARS};
use crate::sandbox::json::json_object::{JsonObject, JsonObjectError};
use crate::sandbox::json::rejection::Rejection;
use serde_json::Value;

/// A request whose body or query was parsed as an object.
pub(crate) struct ParsedRequest {
    pub object: Result<JsonObject, JsonObjectError>,
}

impl ParsedRequest {
    pub fn fields(&self) -> Result<FieldReader<'_>, Rejection> {
        self.object
            .as_ref()
            .map(FieldReader::new)
            .map_err(body_rejection)
    }
}

fn body_rejection(error: &JsonObjectError) -> Rejection {
    match error {
        JsonObjectError::NotJson(reason) => {
            Rejection::new(400, format!("the body is not valid JSON: {reason}"))
        }
        JsonObjectError::NotAnObject => {
            Rejection::unprocessable("the body is JSON, but not an object; expected a JSON object")
        }
        JsonObjectError::DuplicateField(name) => {
            let shown: String = name.chars().take(MAX_SHOWN_CHARS).collect();
            Rejection::unprocessable(format!("field {shown:?} occurs twice"))
        }
    }
}

/// The interaction that a request refers to, for the transcript.
#[derive(Default)]
pub(crate) struct RequestSubject {
    pub kind: Option<&'static str>,
    pub client_id: Option<String>,
    pub hash: Option<String>,
}

/// The response to an accepted request.
pub(crate) enum Acceptance {
    /// A message in the configured response format.
    Message(String),
    /// Data, which is JSON in every response format.
    Json(Value),
}

impl Acceptance {
    pub fn message(request: &str) -> Acceptance {
        Acceptance::Message(format!("{request} accepted"))
    }
}
