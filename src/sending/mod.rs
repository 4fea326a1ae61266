//! From a request to what became of it.
//!
//! [`Delivery`](crate::error::Delivery) tells the four outcomes. [`delivery`] holds the whole story of one request;
//! [`transport`] speaks HTTP; the files below it are what HTTP runs on.

mod answer;
mod attempt;
mod calls;
mod carrier;
mod connection;
mod connector;
mod delivery;
mod exchange;
mod forward;
mod head;
mod judgement;
mod keys;
mod lane;
mod midst;
mod outbox;
mod parked;
mod passed;
mod posted;
mod request_target;
mod resolver;
mod retry;
mod server_certificate;
mod socket;
mod stopped;
mod tls;
mod tls_failure;
mod transport;
mod tunnel;
mod turn;
mod typing;
mod workers;

pub use delivery::Sender;
pub use lane::Lane;
pub use outbox::Outbox;
pub use posted::{Outcome, Posted};
pub use typing::Typing;
