//! From the service's POST to the application.
//!
//! A source (the listener, or the application's own web server through `deliver`) hands bytes over; the
//! dialect reads them; the inbox keeps them in order; dispatch gives them to the application, in the one way that
//! the application has chosen.

mod close;
mod dispatch;
mod ingest;
#[cfg(feature = "listener")]
mod listener;
#[cfg(not(feature = "listener"))]
#[path = "no_listener.rs"]
mod listener;
mod queue;
mod rate_limited_log;
mod receiver;
mod statistics;

pub use crate::receiving::dispatch::callback_gate::Tasks;
pub use crate::receiving::dispatch::event_lease::{Consumer, EventLease};
pub use crate::receiving::dispatch::subscriptions::{EventFilter, Handler, SubscriptionId};
pub use crate::receiving::listener::Listener;
pub use crate::receiving::queue::event::{Content, Event, EventKind};
pub use crate::receiving::queue::journal::{RecoveredRequest, SendState};
pub use crate::receiving::queue::one_shot_notifier::OneShotNotifier;
pub use crate::receiving::receiver::Receiver;
pub use crate::receiving::statistics::{STATISTICS, Statistic};
