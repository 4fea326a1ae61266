//! What the application is told.

use crate::sending::Outcome;
use crate::wire::{Kind, Trigger};

/// What an event tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The service has posted a trigger.
    Trigger(Trigger),
    /// A posted request has ended.
    Outcome(Outcome),
}

/// What kind of event it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A trigger of this kind.
    Trigger(Kind),
    /// What became of a posted request.
    Outcome,
}

impl EventKind {
    /// The kind of number [`OUTCOME`](Self::OUTCOME); triggers have the smaller ones.
    pub const OUTCOME: i32 = 100;

    /// Every kind, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = EventKind> {
        Kind::ALL
            .into_iter()
            .map(EventKind::Trigger)
            .chain([EventKind::Outcome])
    }

    /// The kind's number.
    pub fn number(self) -> i32 {
        match self {
            EventKind::Trigger(kind) => kind as i32,
            EventKind::Outcome => Self::OUTCOME,
        }
    }

    /// The kind's name.
    pub fn name(self) -> &'static str {
        match self {
            EventKind::Trigger(kind) => kind.name(),
            EventKind::Outcome => "outcome",
        }
    }
}

impl Content {
    /// What kind of event it makes.
    pub fn kind(&self) -> EventKind {
        match self {
            Content::Trigger(trigger) => EventKind::Trigger(trigger.kind),
            Content::Outcome(_) => EventKind::Outcome,
        }
    }

    /// How many bytes it has, about.
    pub(crate) fn size(&self) -> usize {
        match self {
            Content::Trigger(trigger) => trigger.raw.len(),
            Content::Outcome(outcome) => outcome.message.len() + outcome.client_id.len(),
        }
    }

    /// Whose interaction it is about.
    pub fn client_id(&self) -> &str {
        match self {
            Content::Trigger(trigger) => &trigger.client_id,
            Content::Outcome(outcome) => &outcome.client_id,
        }
    }
}

/// Something that happened, as it is handed to the application.
///
/// With a store, an event is handled when it is dropped (`ack = auto`), or when [`ack`](Self::ack) says so
/// (`ack = manual`); one that was not handled comes again after the next start.
#[derive(Debug)]
pub struct Event {
    /// What has happened.
    pub content: Content,
    /// Its place in the order in which this client received, from 1; with a store, the count goes on across restarts, and it
    /// is 0 for an outcome that could not be written when it came.
    pub sequence: u64,
    /// When it was received, in milliseconds since 1970-01-01 UTC by this machine's clock.
    pub received_at: i64,
    /// Whether it was received in an earlier run, which may have handled it already.
    pub redelivered: bool,
    receipt: AckToken,
}

impl Event {
    /// The event that was waiting as this; its receipt tells the store.
    pub(crate) fn new(waiting: QueuedEvent, receipt: AckToken) -> Self {
        Event {
            content: waiting.content,
            sequence: waiting.sequence,
            received_at: waiting.received_at,
            redelivered: waiting.redelivered,
            receipt,
        }
    }

    /// The trigger, where it is one.
    pub fn trigger(&self) -> Option<&Trigger> {
        match &self.content {
            Content::Trigger(trigger) => Some(trigger),
            Content::Outcome(_) => None,
        }
    }

    /// The outcome of a posted request, where it is one.
    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.content {
            Content::Trigger(_) => None,
            Content::Outcome(outcome) => Some(outcome),
        }
    }

    /// Says that the application has handled it, so that it does not come again. A second call, and one without a store,
    /// do nothing.
    pub fn ack(&self) {
        self.receipt.sign();
    }

    /// Says that the application has not handled it, for its handler failed, say: with a store it comes again after the next
    /// start, unless [`ack`](Self::ack) says otherwise. Without one, and with `ack = manual`, this does nothing.
    pub fn nack(&self) {
        self.receipt.withhold();
    }
}

/// An event that waits.
#[derive(Debug)]
pub struct QueuedEvent {
    pub content: Content,
    pub sequence: u64,
    pub received_at: i64,
    pub redelivered: bool,
}

/// Tells the store once that an event was handled.
#[cfg(feature = "store")]
pub use kept::{AckKey, AckToken};
#[cfg(not(feature = "store"))]
pub use unkept::AckToken;

#[cfg(feature = "store")]
mod kept {
    use std::fmt;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use crate::host::fork_guard::ForkGuarded;
    use crate::store::Store;

    /// What the store knows an event by.
    pub enum AckKey {
        /// The record of this number.
        Record(u64),
        /// The outcome of the request of this ticket, which could not be written at once.
        Outcome(u64),
    }

    /// What is signed when an event was handled.
    pub struct AckToken {
        store: Option<ForkGuarded<Arc<Store>>>,
        mark: AckKey,
        /// Whether letting go of the event signs for it.
        auto: bool,
        signed: AtomicBool,
        /// Whether letting go of it signs no longer.
        withheld: AtomicBool,
    }

    impl AckToken {
        /// A receipt for what the store knows by this mark.
        pub fn new(store: Option<Arc<Store>>, mark: AckKey, auto: bool) -> Self {
            AckToken {
                store: store.map(ForkGuarded::new),
                mark,
                auto,
                signed: AtomicBool::new(false),
                withheld: AtomicBool::new(false),
            }
        }

        /// Signs, once.
        pub fn sign(&self) {
            // What a forked child handles, the parent handles too.
            if let Some(Ok(store)) = self.store.as_ref().map(ForkGuarded::get)
                && !self.signed.swap(true, Ordering::Relaxed)
            {
                match self.mark {
                    AckKey::Record(number) => store.delete(number),
                    AckKey::Outcome(ticket) => store.delete_outcome(ticket),
                }
            }
        }

        /// Does not sign when it is let go of.
        pub fn withhold(&self) {
            self.withheld.store(true, Ordering::Relaxed);
        }
    }

    impl Drop for AckToken {
        fn drop(&mut self) {
            if self.auto && !*self.withheld.get_mut() {
                self.sign();
            }
        }
    }

    impl fmt::Debug for AckToken {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Receipt")
                .field("signed", &self.signed)
                .finish_non_exhaustive()
        }
    }
}

#[cfg(not(feature = "store"))]
mod unkept {
    /// Nothing is kept in this build, so there is nothing to sign.
    #[derive(Debug)]
    pub struct AckToken;

    impl AckToken {
        /// Does nothing.
        pub fn sign(&self) {}

        /// Does nothing.
        pub fn withhold(&self) {}
    }
}
