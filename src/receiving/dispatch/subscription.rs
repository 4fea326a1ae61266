//! One subscription: a handler and its filter.

use std::fmt;
use std::sync::Arc;

use crate::receiving::queue::event::{Event, EventKind};

/// A function that is called with events. It is dropped once, after its last call.
pub type Handler = Box<dyn Fn(&Arc<Event>) + Send + Sync>;

/// The id of a subscription. A client never reuses one.
pub type SubscriptionId = i64;

/// Selects events by kind and client id.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// The kind of event; `None` matches all.
    pub kind: Option<EventKind>,
    /// The client id of the customer; `None` matches all.
    pub client_id: Option<String>,
}

/// A handler in one allocation.
pub type SharedHandler = Arc<dyn Fn(&Arc<Event>) + Send + Sync>;

/// A handler and the kind of its events.
pub struct Subscription {
    pub id: SubscriptionId,
    /// `None` matches all kinds.
    pub kind: Option<EventKind>,
    pub handler: SharedHandler,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
