//! The JSON object in a request to the portal or to the control API.

use crate::sandbox::json::json_object::{JsonObject, JsonObjectError};
use crate::sandbox::json::rejection::Rejection;

pub(crate) fn parse_object(body: &[u8]) -> Result<JsonObject, Rejection> {
    JsonObject::parse(body).map_err(|error| {
        Rejection::unprocessable(match error {
            JsonObjectError::NotJson(reason) => format!("the body is not valid JSON: {reason}"),
            JsonObjectError::NotAnObject => "the body is JSON, but not an object".to_owned(),
            JsonObjectError::DuplicateField(_) => "a field occurs twice".to_owned(),
        })
    })
}

pub(crate) fn unknown_token() -> Rejection {
    Rejection::new(
        404,
        "the token is unknown; expected one that the portal generated",
    )
}
