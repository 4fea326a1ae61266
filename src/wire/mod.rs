//! The wire: what the service is sent and what it sends, as Rust types, and their JSON.
//!
//! Pure: no socket, no clock, no thread. Each dialect of the service is one file that turns the types beside it to and from
//! JSON; [`Dialect`] chooses between them.

mod answer;
pub mod body;
mod call;
mod customer;
mod dialect;
mod disguise;
mod external_bot;
mod extra;
mod fields;
pub mod gateway;
mod history;
pub mod interactions;
mod json_object;
mod message;
mod redacted;
mod reply;
mod request;
mod requests;
pub mod rest;
mod text_object;
mod trigger;
pub(crate) mod url_path;
mod validation;
mod value;

pub use answer::{Reason, Verdict, judge};
pub use call::{Body, Call, Method, Unsayable};
pub use customer::Customer;
pub use dialect::Dialect;
pub use extra::{Extra, NoExtra};
pub use fields::{RequestKind, Unsettable};
pub use history::{History, Said, Speaker};
pub use message::{Media, MediaKind, Message};
pub use redacted::Redacted;
pub use reply::{Agent, Channel, Department, OnlineAgents, Reply, Unexpected};
pub use request::{Address, BotRequest, Mood, OffHours, Request, Start, Update, WhatsApp};
pub use requests::{Field, REQUESTS, RequestSpec};
pub use trigger::{Details, Kind, Trigger, Unreadable};
pub use validation::{Invalid, validate};
