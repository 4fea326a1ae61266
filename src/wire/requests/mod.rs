//! Requests of the application.
//!
//! `request.rs` has the types, with `message.rs`, `customer.rs` and `extra.rs`. `request_schema.rs` is the table of all
//! requests and their fields; `request_fields.rs` sets fields by name. `validation.rs` checks a customer's data.
//! `history.rs` renders the document of earlier messages. The result of encoding is in `http_request.rs`.

pub(crate) mod customer;
pub(crate) mod extra;
pub(crate) mod history;
pub(crate) mod http_request;
pub(crate) mod message;
pub(crate) mod request;
pub(crate) mod request_fields;
pub(crate) mod request_schema;
pub(crate) mod validation;
