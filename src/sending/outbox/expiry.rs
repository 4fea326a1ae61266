//! The age limits of posted requests. A request that reaches its limit in the outbox ends as not sent, at once.
//!
//! A thread of its own waits for the limits, because all workers may be busy with slow requests. It starts with the first
//! request that has a limit.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{Delivery, Error, Result};
use crate::host;
use crate::os_error;
use crate::receiving::unix_millis;
use crate::sending::deadlines::DurationText;
use crate::sending::interaction_types::Interaction;
use crate::sending::lane::WorkerNeeded;
use crate::sending::outbox::Outbox;
use crate::sending::outbox::post_options::PostOptions;
use crate::sending::outbox::queued_request::QueuedRequest;
use crate::status::Status;

impl Outbox {
    /// Returns the age limit of a request.
    fn max_age_of(&self, posted: &QueuedRequest) -> Option<Duration> {
        let option = self.message_max_age;
        posted
            .max_age
            .or_else(|| option.filter(|_| !posted.is_internal && posted.request.contains_message()))
            .filter(|limit| *limit < PostOptions::NO_MAX_AGE)
    }

    /// Sets the time at which a request reaches its limit, and starts the thread if there is one.
    ///
    /// # Errors
    /// [`Status::System`]: the thread can't be started.
    pub(crate) fn set_expiry(self: &Arc<Self>, posted: &mut QueuedRequest) -> Result<()> {
        let limit = self.max_age_of(posted);
        posted.expires_at = limit.and_then(|limit| {
            let remaining = limit.saturating_sub(posted.age_before);
            posted.since.checked_add(remaining)
        });
        match posted.expires_at {
            Some(_) => self.ensure_expiry_thread(),
            None => Ok(()),
        }
    }

    fn ensure_expiry_thread(self: &Arc<Self>) -> Result<()> {
        let outbox = self.clone();
        let spawn = || host::thread::spawn("omnize-expiry", move || outbox.run_expiry());
        self.expiry.start_thread(spawn).map_err(|error| {
            let error = os_error::describe(&error);
            let message = format!("the outbox can't start a thread for age limits: {error}");
            Error::new(Status::System, message).with_delivery(Delivery::NotSent)
        })
    }

    fn run_expiry(self: &Arc<Self>) {
        while let Some((ticket, interaction)) = self.expiry.wait_for_due() {
            // The application's log callback may panic. Its request has ended by then, and the panic hook has logged the
            // panic.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| self.expire(&interaction, ticket)));
        }
    }

    /// Waits for the limit of a request that is about to be queued.
    pub(crate) fn watch_expiry(&self, interaction: &Arc<Interaction>, posted: &QueuedRequest) {
        if let Some(expires_at) = posted.expires_at {
            let key = (expires_at, posted.ticket);
            self.expiry.insert(key, interaction.clone());
        }
    }

    /// Stops waiting for the limit of a request that has ended.
    pub(crate) fn unwatch_expiry(&self, posted: &QueuedRequest) {
        if let Some(expires_at) = posted.expires_at {
            self.expiry.remove((expires_at, posted.ticket));
        }
    }

    /// Ends a request that has reached its limit, after it was queued. The thread may have looked for it too early.
    pub(crate) fn expire_if_due(
        self: &Arc<Self>,
        interaction: &Arc<Interaction>,
        ticket: u64,
        expires_at: Option<Instant>,
    ) {
        if expires_at.is_some_and(|expires_at| expires_at <= Instant::now()) && !self.lock().closed
        {
            self.expire(interaction, ticket);
        }
    }

    /// Ends a request with this ticket, unless it is in progress or has ended.
    fn expire(self: &Arc<Self>, interaction: &Arc<Interaction>, ticket: u64) {
        let removed = interaction.lane.remove(ticket, |posted| {
            self.record_end(interaction, posted, &Err(self.expired(posted)));
        });
        for posted in &removed.requests {
            self.report_then(posted, &Err(self.expired(posted)), |_| {});
            self.remove(posted.size);
        }
        if removed.worker_needed == WorkerNeeded::Yes {
            self.enqueue_lane(interaction.clone());
        }
        // The log callback may close the client, so it is called after all this.
        for posted in &removed.requests {
            self.log_result(
                posted.request.name(),
                posted.ticket,
                posted.owner_id(),
                &Err(self.expired(posted)),
            );
        }
        self.warn_about_forgotten_references();
    }

    /// Fails if a request has reached its limit.
    ///
    /// # Errors
    /// [`Status::Expired`].
    pub(crate) fn check_age(&self, posted: &QueuedRequest) -> Result<()> {
        let is_expired = self
            .max_age_of(posted)
            .is_some_and(|limit| has_reached(limit, posted, Instant::now(), unix_millis()));
        match is_expired {
            true => Err(self.expired(posted)),
            false => Ok(()),
        }
    }

    fn expired(&self, posted: &QueuedRequest) -> Error {
        let limit = self.max_age_of(posted).unwrap_or_default();
        let source = match posted.max_age {
            Some(_) => "the max_age of its post",
            None => "message.max_age",
        };
        let advice = match posted.maybe_received {
            true => {
                "check whether the service received it before you post it again with another reference"
            }
            false => "post it again, also with the same reference, if it is still wanted",
        };
        let reason = format!(
            "no attempt succeeded within {source} ({}); {advice}",
            DurationText(limit)
        );
        posted.unsent_error(Status::Expired, &reason)
    }
}

/// Returns whether a request has reached its limit by one of the clocks. The monotonic clock stops while the machine is
/// suspended; the wall clock may have been set back.
fn has_reached(limit: Duration, posted: &QueuedRequest, now: Instant, unix_now: i64) -> bool {
    let by_wall_clock = match posted.posted_at {
        0 => 0,
        posted_at => u64::try_from(unix_now.saturating_sub(posted_at)).unwrap_or(0),
    };
    Duration::from_millis(by_wall_clock) >= limit
        || posted
            .expires_at
            .is_some_and(|expires_at| expires_at <= now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Address, Request};

    #[test]
    fn limit_counts_by_the_clock_that_shows_more() {
        let address = Address {
            department: "1".into(),
            client_id: "12".into(),
        };
        let mut posted = QueuedRequest::new(address, Request::Finish);
        let limit = Duration::from_secs(60);
        posted.expires_at = Some(posted.since + limit);
        let (now, unix_now) = (posted.since, posted.posted_at);
        let reached =
            |posted: &QueuedRequest, now, unix_now| has_reached(limit, posted, now, unix_now);
        assert!(!reached(&posted, now, unix_now));
        assert!(!reached(&posted, now, unix_now + 59_999));
        assert!(reached(&posted, now, unix_now + 60_000), "after a suspend");
        assert!(reached(&posted, now + limit, unix_now - 60_000), "set back");
        assert!(!reached(&posted, now, unix_now - 60_000), "set back");
        posted.posted_at = 0;
        assert!(
            !reached(&posted, now, unix_now),
            "an earlier version stored it"
        );
    }
}
