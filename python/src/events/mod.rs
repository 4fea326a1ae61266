//! Delivers events from the core to Python's handlers.
//!
//! A client takes an event from the core: `Core.next` takes it as such, an [event cursor](event_cursor) with the lease to
//! handle it, for a [consumer](consumer). Then [`event`] converts it to an object of the package's classes. If that fails, the
//! event goes to the [pending events](pending_events), and the next call returns it. An event loop that found no event waits for the
//! [wake descriptor](event_wake).

pub mod consumer;
pub mod event;
pub mod event_cursor;
pub mod event_wake;
pub mod pending_events;
