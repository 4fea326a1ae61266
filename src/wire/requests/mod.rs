//! Requests as Rust types.

pub(crate) mod customer;
pub(crate) mod extra;
pub(crate) mod history;
pub(crate) mod http_request;
pub(crate) mod message;
pub(crate) mod request;
pub(crate) mod request_fields;
pub(crate) mod request_schema;
pub(crate) mod validation;
