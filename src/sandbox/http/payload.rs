//! The body of a trigger and its media type.

use hyper::body::Bytes;
use hyper::header::HeaderValue;
use serde::Serialize;

/// The body of a trigger.
#[derive(Clone)]
pub(crate) struct Payload {
    pub bytes: Bytes,
    pub content_type: Option<HeaderValue>,
}

impl Payload {
    pub fn json(object: &impl Serialize) -> Payload {
        // Serialization does not fail: the callers pass only strings and structs of strings.
        Payload::json_bytes(serde_json::to_vec(object).unwrap_or_default())
    }

    pub fn json_bytes(bytes: impl Into<Bytes>) -> Payload {
        Payload {
            bytes: bytes.into(),
            content_type: Some(HeaderValue::from_static("application/json")),
        }
    }
}
