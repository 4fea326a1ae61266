//! Waits for the posted requests, without a close.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use crate::close_report::CloseReport;
use crate::error::{Error, Result};
use crate::host;
use crate::interrupt;
use crate::sending::deadlines::DurationText;
use crate::sending::outbox::{Outbox, OutboxState};
use crate::status::Status;

/// The limit for the timeout of a flush: a week.
const MAX_FLUSH_TIMEOUT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl OutboxState {
    /// Returns whether all requests up to this ticket have ended and their outcomes are events.
    fn is_flushed(&self, until: u64) -> bool {
        let oldest = self.requests.first().into_iter();
        oldest
            .chain(self.uncommitted_outcomes.first().copied())
            .all(|ticket| ticket > until)
    }

    /// Returns whether a flush that waits has a result now.
    pub(crate) fn ends_a_flush(&self) -> bool {
        self.flushed_until
            .is_some_and(|until| self.is_flushed(until))
    }

    /// Returns the number of requests for which a flush still waits.
    fn unflushed(&self, until: u64) -> usize {
        self.requests.count_until(until) + self.uncommitted_outcomes.range(..=until).count()
    }
}

impl Outbox {
    /// Blocks until all requests that are in the outbox now have ended and their outcomes are events.
    ///
    /// # Errors
    /// The same as [`flush_until`](Self::flush_until).
    pub fn flush(&self, timeout: Duration) -> Result<()> {
        self.flush_until(self.last_ticket(), timeout)
    }

    /// Returns the last ticket for which a flush waits; 0 if the outbox is empty.
    pub fn last_ticket(&self) -> u64 {
        let state = self.lock();
        let outcome = state.uncommitted_outcomes.last().copied();
        state.requests.last().max(outcome).unwrap_or(0)
    }

    /// Blocks until all requests up to the ticket `until` have ended and their outcomes are events. Several threads may call
    /// it at the same time.
    ///
    /// # Errors
    /// - [`Status::Timeout`]: some have not ended within `timeout`.
    /// - [`Status::State`]: the outbox is paused, so only a resume ends the wait. Or the caller is a log callback or an
    ///   interrupt hook on which one of these requests may depend.
    /// - [`Status::Closed`]: the client is closed or was closed during the call.
    /// - [`Status::Lost`]: the interrupt hook ended the wait.
    /// - [`Status::Store`]: the store called the log callback.
    ///
    /// The first three contain the number of remaining requests.
    pub fn flush_until(&self, until: u64, timeout: Duration) -> Result<()> {
        self.sender.check_origin()?;
        self.receiver.may_wait()?;
        self.check_may_flush()?;
        let deadline = Instant::now() + timeout.min(MAX_FLUSH_TIMEOUT);
        let mut state = self.open_state()?;
        loop {
            if state.is_flushed(until) {
                return Ok(());
            }
            let remaining = deadline.saturating_duration_since(Instant::now());
            if let Some((status, reason)) = self.flush_failure(&state, remaining, timeout) {
                let requests = state.unflushed(until);
                let report = CloseReport {
                    events: 0,
                    requests,
                };
                let remain = match requests {
                    1 => "posted request remains",
                    _ => "posted requests remain",
                };
                let message = format!("{reason}; {requests} {remain}");
                return Err(Error::new(status, message).with_close_report(report));
            }
            // Each flush that waits is woken when the first one of them may have ended.
            state.flushed_until = Some(state.flushed_until.map_or(until, |other| other.min(until)));
            state = self
                .emptied
                .wait_timeout(state, interrupt::wait_slice(remaining))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            if interrupt::is_set() {
                drop(state);
                if interrupt::should_interrupt() {
                    return Err(Error::new(Status::Lost, "the flush was interrupted"));
                }
                self.sender.check_origin()?;
                state = self.lock();
            }
        }
    }

    /// Returns the reason why a flush ends before its requests.
    fn flush_failure(
        &self,
        state: &OutboxState,
        remaining: Duration,
        timeout: Duration,
    ) -> Option<(Status, String)> {
        if state.closed {
            return Some((Status::Closed, "the client was closed".to_owned()));
        }
        if state.is_idle_in_pause() {
            let reason = "the outbox is paused; resume it before the flush";
            return Some((Status::State, reason.to_owned()));
        }
        (remaining == Duration::ZERO).then(|| {
            let reason = format!("the flush did not end within {}", DurationText(timeout));
            (Status::Timeout, reason)
        })
    }

    /// Fails on a thread on which a posted request may depend.
    fn check_may_flush(&self) -> Result<()> {
        let this = host::thread::id();
        let is_worker = self.lock().worker_threads.contains(&this);
        let caller = match (is_worker, self.sender.is_requesting()) {
            (true, _) => "the log callback of a thread that sends posted requests",
            (_, true) => "the interrupt hook of a request",
            _ => return Ok(()),
        };
        let message = format!("flush was called from {caller}; call it on another thread");
        Err(Error::new(Status::State, message))
    }
}
