//! The turn of a posted request: it is tried, and then it has an outcome, waits for its next try, or for the next start.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{Delivery, Error, Result};
use crate::sending::interaction_types::Interaction;
use crate::sending::lane::Next;
use crate::sending::outbox::queued_request::QueuedRequest;
use crate::sending::outbox::worker_pool::ScheduledTask;
use crate::sending::outbox::{Outbox, is_unknown};
use crate::status::Status;
use crate::wire::Request;

impl Outbox {
    /// Tries the interaction's first request, if it may go.
    pub(crate) fn try_first(self: &Arc<Self>, interaction: Arc<Interaction>) {
        let Some(mut posted) = interaction.lane.take() else {
            return;
        };
        // Whatever happens, the lane is to be free again and the request to have an outcome.
        let tried =
            panic::catch_unwind(AssertUnwindSafe(|| self.attempt(&interaction, &mut posted)));
        let result = tried.unwrap_or_else(|_| Err(panicked(&posted.request)));
        let request = posted.request.name();
        let result = self.conclude(interaction, posted, result);
        // The callback of the log may close the client, so it is called when this request holds nothing up any more.
        self.sender.log(request, &result);
    }

    fn attempt(&self, interaction: &Interaction, posted: &mut QueuedRequest) -> Result<()> {
        posted.tries += 1;
        let starts = posted.request.is_start();
        if self.strict && !starts {
            // It may have been finished since it was posted.
            interaction.check_allowed(&posted.request)?;
        }
        if posted.tries == 1 {
            interaction.on_sending(&posted.request);
        }
        if !posted.quiet {
            self.receiver.mark_leaving(posted.ticket)?;
        }
        let hash = interaction.hash();
        let result = self
            .sender
            .send(&posted.address, hash.as_deref(), &posted.request, None)
            .map(|reply| interaction.on_response(&posted.request, &reply));
        posted.unsure |= is_unknown(&result);
        // One that was refused is not there either. What an earlier try may have brought there stays marked.
        if !posted.quiet && !posted.unsure && result.is_err() {
            self.receiver.mark_staying(posted.ticket);
        }
        result
    }

    /// Gives the result back, as the application is told of it.
    fn conclude(
        self: &Arc<Self>,
        interaction: Arc<Interaction>,
        posted: Box<QueuedRequest>,
        result: Result<()>,
    ) -> Result<()> {
        if let Err(error) = &result {
            // What nobody is told of does no harm when it is lost, but would hold up what comes behind it.
            if !posted.quiet
                && let Some(pause) = self.pause(&posted, error)
            {
                interaction.lane.put_back(posted);
                // In a closed outbox it waits for the next start.
                self.later(Instant::now() + pause, ScheduledTask::Again(interaction));
                return result;
            }
            if error.status() == Status::Closed {
                // It was not sent, and waits for the next start where there is a store.
                interaction.lane.put_back(posted);
                interaction.lane.close();
                return result;
            }
            if self.sender.is_broken_off() {
                self.lock().broken_off += 1;
            }
        }
        let result = match posted.unsure {
            true => result.map_err(Error::after_an_unknown_try),
            false => result,
        };
        interaction.on_completed(&posted.request, result.is_ok());
        self.report(&posted, &result);
        if interaction.lane.done() == Next::Worker {
            self.make_ready(interaction);
        }
        self.settle(posted.size);
        result
    }

    /// How long to wait before it is tried again; `None` where it has ended.
    fn pause(&self, posted: &QueuedRequest, error: &Error) -> Option<Duration> {
        let pause = self
            .policy
            .pause(&posted.request, error, posted.tries, posted.age())?;
        let goes_on = !self.lock().closed || self.receiver.is_durable();
        (goes_on && error.status() != Status::Panic).then_some(pause)
    }

    /// Tells the application what became of a request.
    pub(crate) fn report(self: &Arc<Self>, posted: &QueuedRequest, result: &Result<()>) {
        if posted.quiet {
            return;
        }
        let outcome = posted.outcome(result);
        if !self.receiver.is_durable() {
            return self.receiver.tell(outcome, || {});
        }
        self.lock().untold += 1;
        let outbox = self.clone();
        self.receiver.tell(outcome, move || outbox.told());
    }
}

/// What a request has ended with that met a defect on its way.
fn panicked(request: &Request) -> Error {
    Error::new(
        Status::Panic,
        format!(
            "{}: the library panicked while it was on its way; whether the service received it is unknown; please report this",
            request.name()
        ),
    )
    .delivered(Delivery::Unknown)
}
