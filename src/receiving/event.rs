//! What the application is told.

use crate::wire::Trigger;

/// One trigger, as it is handed to the application.
///
/// With a store, an event is handled when it is dropped (`ack = auto`), or when [`ack`](Self::ack) says so
/// (`ack = manual`); one that was not handled comes again after the next start.
#[derive(Debug)]
pub struct Event {
    /// What the service said.
    pub trigger: Trigger,
    /// Its place in the order in which this client received, from 1; with a store, the count goes on across restarts.
    pub sequence: u64,
    /// When it was received, in milliseconds since 1970-01-01 UTC by this machine's clock.
    pub received_at: i64,
    /// Whether it was received in an earlier run, which may have handled it already.
    pub redelivered: bool,
    receipt: Receipt,
}

impl Event {
    /// The event that was waiting as this; its receipt tells the store.
    pub(super) fn new(waiting: Waiting, receipt: Receipt) -> Self {
        Event {
            trigger: waiting.trigger,
            sequence: waiting.sequence,
            received_at: waiting.received_at,
            redelivered: waiting.redelivered,
            receipt,
        }
    }

    /// Says that the application has handled it, so that it does not come again. A second call, and one without a store,
    /// do nothing.
    pub fn ack(&self) {
        self.receipt.sign();
    }
}

/// An event that waits.
#[derive(Debug)]
pub struct Waiting {
    pub trigger: Trigger,
    pub sequence: u64,
    pub received_at: i64,
    pub redelivered: bool,
}

/// Tells the store once that an event was handled.
#[cfg(feature = "store")]
pub use kept::Receipt;
#[cfg(not(feature = "store"))]
pub use unkept::Receipt;

#[cfg(feature = "store")]
mod kept {
    use std::fmt;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use crate::store::Store;

    /// What is signed when an event was handled.
    pub struct Receipt {
        store: Option<Arc<Store>>,
        number: u64,
        /// Whether letting go of the event signs for it.
        auto: bool,
        signed: AtomicBool,
    }

    impl Receipt {
        /// A receipt for the record of this number.
        pub fn new(store: Option<Arc<Store>>, number: u64, auto: bool) -> Self {
            Receipt {
                store,
                number,
                auto,
                signed: AtomicBool::new(false),
            }
        }

        /// Signs, once.
        pub fn sign(&self) {
            if let Some(store) = &self.store
                && !self.signed.swap(true, Ordering::Relaxed)
            {
                store.forget(self.number);
            }
        }
    }

    impl Drop for Receipt {
        fn drop(&mut self) {
            if self.auto {
                self.sign();
            }
        }
    }

    impl fmt::Debug for Receipt {
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
    pub struct Receipt;

    impl Receipt {
        /// Does nothing.
        pub fn sign(&self) {}
    }
}
