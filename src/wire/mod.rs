//! The wire: what the service is sent and what it sends, as Rust types, and their JSON.
//!
//! Pure: no socket, no clock, no thread. Each dialect of the service is one file that turns the types beside it to and from
//! JSON; [`Dialect`] chooses between them.

pub mod body;
mod dialect;
pub mod dialects;
mod json;
mod redaction;
mod requests;
mod response;
mod trigger;
pub(crate) mod url_path;

pub use crate::wire::dialect::Dialect;
pub use crate::wire::redaction::redacted::Redacted;
pub use crate::wire::requests::customer::Customer;
pub use crate::wire::requests::extra::{Extra, NoExtra};
pub use crate::wire::requests::history::{History, Said, Speaker};
pub use crate::wire::requests::http_request::{Body, EncodeError, HttpRequest, Method};
pub use crate::wire::requests::message::{Media, MediaKind, Message};
pub use crate::wire::requests::request::{
    Address, BotRequest, Mood, OffHours, Request, Start, Update, WhatsApp,
};
pub use crate::wire::requests::request_fields::{RequestKind, Unsettable};
pub use crate::wire::requests::request_schema::{Field, REQUESTS, RequestSchema};
pub use crate::wire::requests::validation::{Invalid, validate};
pub use crate::wire::response::response_data::{
    Agent, Channel, Department, OnlineAgents, ResponseData, Unexpected,
};
pub use crate::wire::response::verdict::{Reason, Verdict, judge};
pub use crate::wire::trigger::{Details, Kind, Trigger, Unreadable};
