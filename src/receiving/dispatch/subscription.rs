//! One subscription: a handler and its filter.

use std::fmt;
use std::sync::Arc;

use crate::receiving::queue::event::{Event, EventKind};

/// What is called with an event. It is dropped once, after its last call.
pub type Handler = Box<dyn Fn(&Arc<Event>) + Send + Sync>;

/// Names a subscription; never used twice in one client.
pub type SubscriptionId = i64;

/// Which events a subscription is for.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Only those of this kind; `None` is all.
    pub kind: Option<EventKind>,
    /// Only those of this customer; `None` is all.
    pub client_id: Option<String>,
}

/// A handler with all that it holds in one index.
pub type SharedHandler = Arc<dyn Fn(&Arc<Event>) + Send + Sync>;

/// A handler, and what it is for.
pub struct Subscription {
    pub id: SubscriptionId,
    /// `None` is every kind.
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
