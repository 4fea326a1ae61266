//! The functions that an application uses to manage its outbox as a whole.
//!
//! [`outbox_list`] returns each request as an [`outbox_entry`]. [`pause`] stops new attempts, [`cancellation`] ends requests
//! that wait, and [`flush`] waits for them. [`close_log`] logs the requests that remain after a close.

pub(crate) mod cancellation;
mod close_log;
pub(crate) mod flush;
pub(crate) mod outbox_entry;
mod outbox_list;
mod pause;
