//! From the service's HTTP POST to the application.
//!
//! 1. `listener/` accepts connections and reads requests. `Client::deliver` gets bodies from the application's
//!    own web server.
//! 2. `ingest` decodes the body, drops duplicates (`queue/message_dedup`) and makes an event.
//! 3. `queue/journal` stores the event, if the client has a store. `queue/inbox` holds it in the order of receipt.
//! 4. `receiver` delivers events by poll, next or dispatch. `dispatch/` has the permits, the subscriptions and the
//!    leases. `event_stream` delivers the events of one conversation.
//! 5. `close` ends all of this in order, and counts the events that remain.
//!
//! `rate_limited_log` limits the log lines.

mod close;
mod dispatch;
mod event_stream;
mod ingest;
#[cfg(feature = "listener")]
mod listener;
#[cfg(not(feature = "listener"))]
#[path = "no_listener.rs"]
mod listener;
mod queue;
mod rate_limited_log;
mod receiver;
mod time;

pub use crate::receiving::dispatch::callback_gate::{TaskId, Tasks};
pub use crate::receiving::dispatch::event_lease::{Consumer, EventLease};
pub use crate::receiving::dispatch::subscription::{EventFilter, Handler, SubscriptionId};
pub use crate::receiving::event_stream::{EventStream, NextEvent};
pub use crate::receiving::listener::Listener;
pub use crate::receiving::queue::event::{Content, Event, EventKind};
pub use crate::receiving::queue::journal::SendState;
pub use crate::receiving::queue::one_shot_notifier::OneShotNotifier;
pub use crate::receiving::queue::recovered_requests::RecoveredRequest;
pub use crate::receiving::receiver::Receiver;
pub(crate) use crate::receiving::time::{deadline_after, unix_millis};
