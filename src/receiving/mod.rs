//! From the service's POST to the application.
//!
//! A source (the listener, or the application's own web server through `deliver`) hands bytes over; the
//! dialect reads them; the inbox keeps them in order; dispatch gives them to the application, in the one way that
//! the application has chosen.

mod alarm;
mod closing;
mod dispatch;
mod event;
mod few;
mod flag;
mod inbox;
mod intake;
mod keeper;
mod lanes;
#[cfg(feature = "listener")]
mod listener;
#[cfg(not(feature = "listener"))]
#[path = "no_listener.rs"]
mod listener;
mod near_text;
mod receiver;
mod repeats;
mod sparing;
mod statistics;
mod subscriptions;
mod turn;
mod unwanted;

pub use alarm::Alarm;
pub use dispatch::Tasks;
pub use event::{Content, Event, EventKind};
pub use keeper::{Left, Sent};
pub use listener::Listener;
pub use receiver::Receiver;
pub use statistics::{STATISTICS, Statistic};
pub use subscriptions::{Handler, Interest, SubscriptionId};
pub use turn::{By, Turn};
