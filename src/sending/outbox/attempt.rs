//! One attempt of a posted request. After it, the request has an outcome, waits for its next attempt, or waits for a
//! restart.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{Delivery, Error, Result};
use crate::interactions::FailedStart;
use crate::sending::interaction_types::Interaction;
use crate::sending::lane::WorkerNeeded;
use crate::sending::outbox::queued_request::QueuedRequest;
use crate::sending::outbox::scheduled_task::ScheduledTask;
use crate::sending::outbox::{Outbox, is_unknown};
use crate::sending::request_log::{RequestRecord, Retry};
use crate::statistics::Statistic;
use crate::status::Status;
use crate::wire::{Request, ResponseData};

impl Outbox {
    /// Sends the interaction's first request, if it can be sent now.
    pub(crate) fn send_first(self: &Arc<Self>, interaction: Arc<Interaction>) {
        let Some(mut posted) = self.begin_attempt(&interaction) else {
            return;
        };
        // Also after a panic, the lane must be released and the request must get an outcome.
        let attempted =
            panic::catch_unwind(AssertUnwindSafe(|| self.attempt(&interaction, &mut posted)));
        let result = attempted.unwrap_or_else(|_| Err(panic_error(&posted.request)));
        let (name, ticket) = (posted.request.name(), posted.ticket);
        let client_id = posted.owner_id().to_owned();
        let (result, retry) = self.handle_result(interaction, posted, result);
        // The log callback may close the client, so it is called after the request has ended.
        self.log_attempt(name, ticket, &client_id, &result, retry);
        self.warn_about_forgotten_references();
    }

    fn attempt(&self, interaction: &Interaction, posted: &mut QueuedRequest) -> Result<()> {
        self.check_age(posted)?;
        posted.attempts += 1;
        let starts = posted.request.is_start();
        if self.check_state && !starts {
            // The interaction may have been finished since then.
            interaction.check_allowed(&posted.request)?;
        }
        if posted.attempts == 1 {
            interaction.on_sending(&posted.request, &posted.address.department);
        }
        if posted.is_stored() {
            self.receiver.mark_sending(posted.ticket)?;
        }
        if posted.attempts > 1 {
            self.sender.counters.count(Statistic::RequestsRetried);
        }
        let hash = interaction.hash();
        let result = self
            .sender
            .send(
                &interaction.address_of(&posted.request, &posted.address),
                hash.as_deref(),
                &posted.request,
                None,
            )
            .map(|response| {
                self.handle_response(interaction, &posted.request, &response);
                posted.response = response;
            });
        posted.maybe_received |= is_unknown(&result);
        // A rejected request can be sent again after a restart. The mark stays if an earlier attempt may have been received.
        if posted.is_stored() && !posted.maybe_received && result.is_err() {
            self.receiver.mark_unsent(posted.ticket);
        }
        result
    }

    /// Stores the ids of a response. Queued triggers that contain only its hash belong to the interaction now.
    pub(crate) fn handle_response(
        &self,
        interaction: &Interaction,
        request: &Request,
        response: &ResponseData,
    ) {
        interaction.on_response(request, response);
        if let ResponseData::Hash(_) = response {
            self.receiver.adopt_events(interaction);
        }
    }

    /// Retries, reports or requeues the request. Returns the result that the application gets, and the retry.
    fn handle_result(
        self: &Arc<Self>,
        interaction: Arc<Interaction>,
        mut posted: Box<QueuedRequest>,
        result: Result<()>,
    ) -> (Result<()>, Option<Retry>) {
        if let Err(error) = &result {
            // Internal requests are not retried, because they would delay the following ones.
            if !posted.is_internal
                && let Some(delay) = self.retry_delay(&posted, error)
            {
                let (ticket, expires_at) = (posted.ticket, posted.expires_at);
                let attempt = posted.attempts;
                posted.last_failure = Some(error.message().into());
                interaction.lane.requeue(posted);
                self.record_failure(ticket, error);
                // In a closed outbox, it waits for a restart.
                let retry = ScheduledTask::Retry(interaction.clone(), ticket);
                self.schedule(Instant::now() + delay, retry);
                // It may have reached its age limit while it was in progress.
                self.expire_if_due(&interaction, ticket, expires_at);
                return (result, Some(Retry { attempt, delay }));
            }
            if error.status() == Status::Closed {
                // It was not sent. With a store, it waits for a restart.
                let ticket = posted.ticket;
                interaction.lane.requeue(posted);
                self.record_failure(ticket, error);
                interaction.lane.close();
                return (result, None);
            }
            if self.sender.is_aborted() {
                self.lock().aborted += 1;
            }
        }
        let result = match posted.maybe_received {
            true => result.map_err(Error::after_unknown_attempt),
            false => result,
        };
        self.complete(&interaction, &posted, &result);
        if interaction.lane.release() == WorkerNeeded::Yes {
            self.enqueue_lane(interaction);
        }
        self.remove(posted.size);
        (result, None)
    }

    /// Returns the delay before the next attempt; `None` if the request has ended.
    fn retry_delay(&self, posted: &QueuedRequest, error: &Error) -> Option<Duration> {
        let delay =
            self.posted_policy
                .delay(&posted.request, error, posted.attempts, posted.age())?;
        let outlives_close = self.receiver.is_durable() && posted.is_stored();
        let can_continue = outlives_close || !self.lock().closed;
        (can_continue && error.status() != Status::Panic).then_some(delay)
    }

    /// Records that a request waits for its next attempt.
    fn record_failure(&self, ticket: u64, error: &Error) {
        let mut state = self.lock();
        state.requests.record_failure(ticket, error);
        self.notify_waiting(&mut state);
    }

    /// Logs the final result of a posted request, with its owner.
    pub(crate) fn log_result(&self, name: &str, ticket: u64, client_id: &str, result: &Result<()>) {
        self.log_attempt(name, ticket, client_id, result, None);
    }

    /// Logs the result of an attempt. Without a retry, it is final.
    fn log_attempt(
        &self,
        name: &str,
        ticket: u64,
        client_id: &str,
        result: &Result<()>,
        retry: Option<Retry>,
    ) {
        let logged = RequestRecord {
            name,
            ticket: (ticket != 0).then_some(ticket),
            client_id: (!client_id.is_empty()).then_some(client_id),
            is_returned: false,
            retry,
        };
        self.sender.log(&logged, result);
    }

    /// Returns the ticket and the customer of a request, for logs and messages. The library's own requests have no ticket,
    /// and the requests of a client have no customer.
    fn describe_owner(&self, ticket: u64, client_id: &str) -> String {
        if client_id.is_empty() {
            return format!("ticket {ticket}");
        }
        let customer = self.sender.customer(client_id);
        match ticket {
            0 => customer,
            ticket => format!("ticket {ticket}, {customer}"),
        }
    }

    /// Changes the state of the interaction after the end of a request, and queues the outcome event.
    pub(crate) fn complete(
        self: &Arc<Self>,
        interaction: &Interaction,
        posted: &QueuedRequest,
        result: &Result<()>,
    ) {
        self.record_end(interaction, posted, result);
        self.report_then(posted, result, |_| {});
    }

    /// Changes the state of the interaction after the end of a request, before the next one can be sent.
    pub(crate) fn record_end(
        &self,
        interaction: &Interaction,
        posted: &QueuedRequest,
        result: &Result<()>,
    ) {
        if let Err(error) = result
            && posted.request.is_start()
        {
            interaction.record_failed_start(FailedStart {
                ticket: posted.ticket,
                status: error.status(),
            });
        }
        interaction.on_completed(&posted.request, result.is_ok());
    }

    /// Counts a request and queues its outcome event, then calls `on_enqueued`. With a store, both happen after the
    /// commit; `on_enqueued` gets its result. The library's own requests have no outcome event.
    pub(crate) fn report_then(
        self: &Arc<Self>,
        posted: &QueuedRequest,
        result: &Result<()>,
        on_enqueued: impl FnOnce(Result<()>) + Send + 'static,
    ) {
        self.sender.counters.count_ended(result);
        if posted.is_internal {
            return;
        }
        self.unwatch_expiry(posted);
        let mut outcome = posted.outcome(result);
        if result.is_err() {
            let owner = self.describe_owner(posted.ticket, posted.owner_id());
            outcome.message.push_str(&format!(" ({owner})"));
        }
        let reference = self.end_reference(posted, result);
        let ended = {
            let mut state = self.lock();
            state.uncommitted_outcomes.insert(posted.ticket);
            state.requests.remove(posted.ticket)
        };
        drop(ended);
        let (outbox, ticket) = (self.clone(), posted.ticket);
        self.receiver
            .report_outcome(outcome, reference, move |written| {
                outbox.record_enqueued_outcome(ticket);
                on_enqueued(written);
            });
    }
}

/// Returns the error for a request during which the library panicked.
fn panic_error(request: &Request) -> Error {
    Error::new(
        Status::Panic,
        format!(
            "{}: the library panicked while the request was in progress; whether the service received it is unknown; please report this",
            request.name()
        ),
    )
    .with_delivery(Delivery::Unknown)
}
