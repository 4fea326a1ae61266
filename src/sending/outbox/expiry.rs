//! The age limits of posted requests. A request that reaches its limit in the outbox ends as not sent, at once.
//!
//! A thread of its own waits for the limits, because all workers may be busy with slow requests. It starts with the first
//! request that has a limit.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{Delivery, Error, Result};
use crate::host;
use crate::sending::deadlines::DurationText;
use crate::sending::interaction_types::Interaction;
use crate::sending::lane::WorkerNeeded;
use crate::sending::outbox::Outbox;
use crate::sending::outbox::queued_request::QueuedRequest;
use crate::status::Status;

impl Outbox {
    /// Returns the age limit of a request.
    fn max_age_of(&self, posted: &QueuedRequest) -> Option<Duration> {
        let option = self.message_max_age;
        posted
            .max_age
            .or_else(|| option.filter(|_| !posted.is_internal && posted.request.contains_message()))
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
        match posted.expires_at {
            Some(expires_at) if expires_at <= Instant::now() => Err(self.expired(posted)),
            _ => Ok(()),
        }
    }

    fn expired(&self, posted: &QueuedRequest) -> Error {
        let limit = self.max_age_of(posted).unwrap_or_default();
        let source = match posted.max_age {
            Some(_) => "the max_age of its post",
            None => "message.max_age",
        };
        let reason = format!(
            "it was not sent within {source} ({}); post it again, also with the same reference, if it is still wanted",
            DurationText(limit)
        );
        posted.unsent_error(Status::Expired, &reason)
    }
}
