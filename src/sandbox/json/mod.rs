//! Strict reading of JSON. It depends on no other folder of the sandbox.
//!
//! Bytes come in, `json_object` parses them into a `JsonObject` that preserves order and digits, and `field_reader`
//! returns its fields by type. Every error of a request ends as a `Rejection` with an HTTP status and a message.

pub(crate) mod field_reader;
pub(crate) mod json_object;
pub(crate) mod rejection;
