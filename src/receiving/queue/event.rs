//! Events, as the application receives them.

use crate::sending::Outcome;
use crate::wire::{Kind, Trigger};

/// The content of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A trigger of the service.
    Trigger(Trigger),
    /// The outcome of a posted request.
    Outcome(Outcome),
}

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A trigger of this kind.
    Trigger(Kind),
    /// The outcome of a posted request.
    Outcome,
}

impl EventKind {
    /// The number of the kind `Outcome`; triggers have smaller numbers.
    pub const OUTCOME: i32 = 100;

    /// Returns every kind, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = EventKind> {
        Kind::ALL
            .into_iter()
            .map(EventKind::Trigger)
            .chain([EventKind::Outcome])
    }

    /// Returns the number of the kind.
    pub fn number(self) -> i32 {
        match self {
            EventKind::Trigger(kind) => kind as i32,
            EventKind::Outcome => Self::OUTCOME,
        }
    }

    /// Returns the name of the kind.
    pub fn name(self) -> &'static str {
        match self {
            EventKind::Trigger(kind) => kind.name(),
            EventKind::Outcome => "outcome",
        }
    }
}

impl Content {
    /// Returns the kind of the event.
    pub fn kind(&self) -> EventKind {
        match self {
            Content::Trigger(trigger) => EventKind::Trigger(trigger.kind),
            Content::Outcome(_) => EventKind::Outcome,
        }
    }

    /// Returns the approximate size in bytes.
    pub(crate) fn size(&self) -> usize {
        match self {
            Content::Trigger(trigger) => trigger.raw.len(),
            Content::Outcome(outcome) => outcome.size(),
        }
    }

    /// Returns the client id of the interaction.
    pub fn client_id(&self) -> &str {
        match self {
            Content::Trigger(trigger) => &trigger.client_id,
            Content::Outcome(outcome) => &outcome.client_id,
        }
    }
}

/// An event.
///
/// With a store, the drop of the event acknowledges it (`ack = auto`), or [`ack`](Self::ack) does (`ack = manual`). An
/// event that was not acknowledged is redelivered after a restart.
#[derive(Debug)]
pub struct Event {
    /// The content.
    pub content: Content,
    /// The number of the event, from 1, in the order of receipt. With a store, the numbers continue after a restart,
    /// and an outcome that is not stored has 0: that of a query, or one that could not be stored.
    pub sequence: u64,
    /// When it was received, in milliseconds since 1970-01-01 UTC by this machine's clock.
    pub received_at: i64,
    /// Whether an earlier process received it and may have handled it.
    pub redelivered: bool,
    ack_token: AckToken,
}

impl Event {
    /// Creates the event from a queued one. The token acknowledges it in the store.
    pub(crate) fn new(queued: QueuedEvent, ack_token: AckToken) -> Self {
        Event {
            content: queued.content,
            sequence: queued.sequence,
            received_at: queued.received_at,
            redelivered: queued.redelivered,
            ack_token,
        }
    }

    /// Returns the trigger; `None` for an outcome.
    pub fn trigger(&self) -> Option<&Trigger> {
        match &self.content {
            Content::Trigger(trigger) => Some(trigger),
            Content::Outcome(_) => None,
        }
    }

    /// Returns the outcome; `None` for a trigger.
    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.content {
            Content::Trigger(_) => None,
            Content::Outcome(outcome) => Some(outcome),
        }
    }

    /// Acknowledges the event, so that it is not redelivered. A second call, and a call without a store, does nothing.
    pub fn ack(&self) {
        self.ack_token.ack();
    }

    /// Prevents the acknowledgement at drop, for example after an error of the handler. The event is redelivered after
    /// a restart, unless [`ack`](Self::ack) is called. Without a store, and with `ack = manual`, it does nothing.
    pub fn nack(&self) {
        self.ack_token.nack();
    }
}

/// An event in the inbox.
#[derive(Debug)]
pub struct QueuedEvent {
    pub content: Content,
    pub sequence: u64,
    pub received_at: i64,
    pub redelivered: bool,
}

/// Acknowledges an event in the store, once.
#[cfg(feature = "store")]
pub use stored::{AckKey, AckToken};
#[cfg(not(feature = "store"))]
pub use without_store::AckToken;

#[cfg(feature = "store")]
mod stored {
    use std::fmt;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use crate::host::fork_guard::ForkGuarded;
    use crate::store::Store;

    /// Identifies an event in the store.
    pub enum AckKey {
        /// The number of a record.
        Record(u64),
        /// The ticket of a request whose outcome could not be stored at once.
        Outcome(u64),
    }

    /// Acknowledges an event.
    pub struct AckToken {
        store: Option<ForkGuarded<Arc<Store>>>,
        key: AckKey,
        /// Whether its drop acknowledges the event.
        auto: bool,
        acked: AtomicBool,
        /// Whether its drop must not acknowledge the event.
        nacked: AtomicBool,
    }

    impl AckToken {
        /// Creates the token of an event.
        pub fn new(store: Option<Arc<Store>>, key: AckKey, auto: bool) -> Self {
            AckToken {
                store: store.map(ForkGuarded::new),
                key,
                auto,
                acked: AtomicBool::new(false),
                nacked: AtomicBool::new(false),
            }
        }

        /// Acknowledges the event, once.
        pub fn ack(&self) {
            // The parent process handles the events of a forked child too.
            if let Some(Ok(store)) = self.store.as_ref().map(ForkGuarded::get)
                && !self.acked.swap(true, Ordering::Relaxed)
            {
                match self.key {
                    AckKey::Record(number) => store.delete(number),
                    AckKey::Outcome(ticket) => store.delete_outcome(ticket),
                }
            }
        }

        /// Prevents the acknowledgement at drop.
        pub fn nack(&self) {
            self.nacked.store(true, Ordering::Relaxed);
        }
    }

    impl Drop for AckToken {
        fn drop(&mut self) {
            if self.auto && !*self.nacked.get_mut() {
                self.ack();
            }
        }
    }

    impl fmt::Debug for AckToken {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("AckToken")
                .field("acked", &self.acked)
                .finish_non_exhaustive()
        }
    }
}

#[cfg(not(feature = "store"))]
mod without_store {
    /// This build has no store, so there is nothing to acknowledge.
    #[derive(Debug)]
    pub struct AckToken;

    impl AckToken {
        /// Does nothing.
        pub fn ack(&self) {}

        /// Does nothing.
        pub fn nack(&self) {}
    }
}
