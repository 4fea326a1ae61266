//! The wire: what the service is sent and what it sends, as Rust types, and their JSON.
//!
//! Pure: no socket, no clock, no thread. [`rest`] is the dialect of the service's own page; a dialect is one file that
//! turns the types beside it to and from JSON.

mod answer;
mod charset;
mod customer;
mod disguise;
mod redacted;
mod request;
pub mod rest;
mod surrogates;
mod trigger;
mod validation;

pub use answer::{Verdict, judge};
pub use customer::Customer;
pub use redacted::Redacted;
pub use request::{Address, Request};
pub use trigger::{Kind, Trigger, Unreadable};
pub use validation::{Invalid, validate};
