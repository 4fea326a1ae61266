//! The outbox of a client: list, cancel, flush, pause and resume.

use std::time::Duration;

use crate::client::Client;
use crate::error::Result;
use crate::sending::OutboxEntry;

impl Client {
    /// Returns the posted requests that have no outcome yet, in the order of their tickets. With a store, includes those of
    /// earlier processes. Empty in a forked child.
    pub fn outbox(&self) -> Vec<OutboxEntry> {
        let inner = self.inner.get();
        inner.map_or(Vec::new(), |inner| inner.outbox.list())
    }

    /// Returns the number of posted requests that have no outcome yet.
    pub fn outbox_count(&self) -> usize {
        let inner = self.inner.get();
        inner.map_or(0, |inner| inner.outbox.count())
    }

    /// Cancels the posted request with this ticket. Its outcome is [`NotSent`](crate::error::Delivery::NotSent), or
    /// [`Unknown`](crate::error::Delivery::Unknown) if the service may have received an earlier attempt. With a
    /// store, blocks
    /// until the outcome is on disk.
    ///
    /// # Errors
    /// [`Status::Argument`](crate::status::Status::Argument): no such request waits;
    /// [`Status::State`](crate::status::Status::State): it is in progress;
    /// [`Status::Store`](crate::status::Status::Store): it is cancelled,
    /// but the store can't be written; [`Status::Closed`](crate::status::Status::Closed).
    pub fn cancel(&self, ticket: u64) -> Result<()> {
        self.inner.get()?.outbox.cancel(ticket)
    }

    /// Blocks until all requests that were posted before have an outcome and it is an event, at most for `timeout`.
    /// Does not
    /// wait for callbacks. Requests that other threads post during the call are not awaited.
    ///
    /// # Errors
    /// [`Status::Timeout`](crate::status::Status::Timeout); [`Status::State`](crate::status::Status::State): the
    /// outbox is paused, and no request is in progress; [`Status::Closed`](crate::status::Status::Closed). Each
    /// has the number of remaining requests as its [`close_report`](crate::error::Error::close_report).
    pub fn flush(&self, timeout: Duration) -> Result<()> {
        self.inner.get()?.outbox.flush(timeout)
    }

    /// Returns the last ticket for which a [`flush`](Self::flush) would wait now; 0 if the outbox is empty.
    pub fn last_ticket(&self) -> u64 {
        let inner = self.inner.get();
        inner.map_or(0, |inner| inner.outbox.last_ticket())
    }

    /// Waits as [`flush`](Self::flush) does, for the requests up to this ticket. For bindings that wait without a thread.
    ///
    /// # Errors
    /// The same as [`flush`](Self::flush).
    pub fn flush_until(&self, ticket: u64, timeout: Duration) -> Result<()> {
        self.inner.get()?.outbox.flush_until(ticket, timeout)
    }

    /// Pauses the sending of posted requests. Requests in progress continue, and further requests may be posted. Blocking
    /// requests are sent, but not before posted requests of their interaction.
    ///
    /// # Errors
    /// [`Status::Closed`](crate::status::Status::Closed).
    pub fn pause(&self) -> Result<()> {
        self.inner.get()?.outbox.pause()
    }

    /// Returns whether the outbox is paused, also in a closed client.
    ///
    /// # Errors
    /// [`Status::Forked`](crate::status::Status::Forked).
    pub fn is_paused(&self) -> Result<bool> {
        Ok(self.inner.get()?.outbox.is_paused())
    }

    /// Resumes the sending of posted requests.
    ///
    /// # Errors
    /// [`Status::Closed`](crate::status::Status::Closed).
    pub fn resume(&self) -> Result<()> {
        self.inner.get()?.outbox.resume()
    }
}
