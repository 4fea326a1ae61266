//! The service's protocol: requests, responses and triggers as Rust types, and their JSON.
//!
//! 1. A request comes in as a [`Request`] of `requests/`. Its table of fields is `requests/request_schema.rs`.
//! 2. `dialects/` turns it into an [`HttpRequest`]: method, path and JSON of the selected [`Dialect`].
//! 3. `body/` turns the bytes of a response or of a trigger into text, and `json/` parses it.
//! 4. `responses/` returns the [`Verdict`] of a response and its [`ResponseData`].
//! 5. `dialects/` decodes a trigger into a [`Trigger`] of `triggers/`.
//!
//! `redaction/` removes secrets and personal data from texts. Nothing here uses sockets, clocks or threads.

pub mod body;
pub mod dialects;
mod json;
mod redaction;
mod requests;
mod responses;
pub(crate) mod triggers;

pub use crate::wire::dialects::dialect::Dialect;
pub use crate::wire::redaction::redacted::Redacted;
pub use crate::wire::requests::customer::Customer;
pub use crate::wire::requests::extra::{Extra, ExtraError};
pub use crate::wire::requests::history::{History, HistoryMessage, Speaker};
pub use crate::wire::requests::http_request::{Body, EncodeError, HttpRequest, Method};
pub use crate::wire::requests::message::{Media, MediaKind, Message};
pub use crate::wire::requests::request::{
    Address, BotRequest, Mood, OffHours, Request, Start, Update, WhatsApp,
};
pub use crate::wire::requests::request_fields::{FieldError, RequestKind};
pub use crate::wire::requests::request_schema::{Field, REQUESTS, RequestSchema};
pub use crate::wire::requests::validation::{Invalid, validate};
pub use crate::wire::responses::response_data::{
    Agent, Channel, Department, OnlineAgents, ResponseData, UnexpectedBody,
};
pub use crate::wire::responses::response_object::{Reason, reports_documented_failure};
pub use crate::wire::responses::token_rejection::{is_token_status, names_token};
pub use crate::wire::responses::verdict::{Verdict, parse_verdict};
pub use crate::wire::triggers::trigger::{DecodeError, Details, Kind, Trigger};
