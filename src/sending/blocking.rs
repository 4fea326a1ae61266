//! Sends the requests of blocking calls.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Delivery, Error, Result};
use crate::interrupt;
use crate::sending::deadlines::{DurationText, TimeBudget};
use crate::sending::interaction_types::Interaction;
use crate::sending::lane::{LaneWait, WorkerNeeded};
use crate::sending::outbox::{Outbox, closed, is_unknown};
use crate::sending::reentrancy::ActiveRequestGuard;
use crate::sending::request_log::{RequestRecord, Retry};
use crate::statistics::Statistic;
use crate::status::Status;
use crate::wire::{Address, Request, ResponseData};

impl Outbox {
    /// Sends a request after the earlier ones of its interaction, and blocks until the response, at most for `timeout`.
    ///
    /// # Errors
    /// The same as `Sender::send`, and [`Status::State`]; [`Status::Timeout`]: the earlier requests did not end in time.
    pub fn send(
        self: &Arc<Self>,
        interaction: &Arc<Interaction>,
        address: &Address,
        request: &Request,
        timeout: Duration,
    ) -> Result<()> {
        self.sender.check_origin()?;
        self.sender.check_request(address, request)?;
        // This check comes before the state, because the state does not matter in a closed client.
        self.check_open()?;
        if self.check_state {
            interaction.check_allowed(request)?;
        }
        if ActiveRequestGuard::depth(&**interaction) > 0 {
            return Err(nested_request_error(request));
        }
        let _active = ActiveRequestGuard::enter(&**interaction);
        let started = Instant::now();
        if request.message().is_some() && interaction.typing.stop() {
            self.enqueue_internal(interaction, address, Request::Cleared);
        }
        let counters = &self.sender.counters;
        self.acquire_lane(interaction, request, started, timeout)
            .inspect_err(|error| counters.count_failed(error))?;
        let mut guard = LaneGuard {
            outbox: self,
            interaction,
            request,
            has_begun: false,
            is_accepted: false,
        };
        // An earlier request may have finished the interaction, or failed to start it.
        interaction
            .on_queued(request, &address.department, self.check_state)
            .inspect_err(|error| counters.count_failed(error))?;
        guard.has_begun = true;
        interaction.on_sending(request, &address.department);
        let result = self
            .send_with_retries(Some(interaction), address, request, started, timeout)
            .map(|response| self.handle_response(interaction, request, &response));
        guard.is_accepted = result.is_ok();
        counters.count_ended(&result);
        drop(guard);
        self.sender
            .log(&RequestRecord::returned(request, address), &result);
        result
    }

    /// Blocks until the earlier requests of the interaction have ended.
    fn acquire_lane(
        self: &Arc<Self>,
        interaction: &Arc<Interaction>,
        request: &Request,
        started: Instant,
        timeout: Duration,
    ) -> Result<()> {
        match interaction.lane.acquire(started + timeout) {
            LaneWait::Acquired => Ok(()),
            LaneWait::TimedOut => Err(Error::new(
                Status::Timeout,
                format!(
                    "{}: an earlier request of this interaction did not finish within timeout ({}); it was not sent",
                    request.name(),
                    DurationText(timeout)
                ),
            )
            .with_delivery(Delivery::NotSent)
            .with_retryable(true)),
            LaneWait::Closed => Err(closed()),
            LaneWait::Interrupted(worker_needed) => {
                self.sender.check_origin()?;
                if worker_needed == WorkerNeeded::Yes {
                    self.enqueue_lane(interaction.clone());
                }
                Err(interrupted_wait_error(request))
            }
        }
    }

    /// Returns the default timeout of blocking calls.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Sends a request without an interaction, and returns the data of its response.
    ///
    /// # Errors
    /// The same as `Sender::send`.
    pub fn send_without_interaction(
        &self,
        address: &Address,
        request: &Request,
    ) -> Result<ResponseData> {
        self.sender.check_origin()?;
        self.sender.check_request(address, request)?;
        self.check_open()?;
        let result = self.send_with_retries(None, address, request, Instant::now(), self.timeout);
        self.sender.counters.count_ended(&result);
        self.sender
            .log(&RequestRecord::returned(request, address), &result);
        result
    }

    /// Sends a checked request, and retries it as the policy allows. The call began at `started`.
    fn send_with_retries(
        &self,
        interaction: Option<&Arc<Interaction>>,
        address: &Address,
        request: &Request,
        started: Instant,
        timeout: Duration,
    ) -> Result<ResponseData> {
        let mut attempts = 0;
        let mut maybe_received = false;
        // The wait in the lane is part of the first attempt.
        let mut budget = TimeBudget {
            remaining: timeout.saturating_sub(started.elapsed()),
            total: timeout,
        };
        loop {
            attempts += 1;
            if attempts > 1 {
                self.sender.counters.count(Statistic::RequestsRetried);
            }
            let hash = interaction.and_then(|interaction| interaction.hash());
            let sent_to = interaction.map_or(Cow::Borrowed(address), |interaction| {
                interaction.address_of(request, address)
            });
            let result = self
                .sender
                .send(&sent_to, hash.as_deref(), request, Some(budget));
            let delay = result.as_ref().err().and_then(|error| {
                self.blocking_policy
                    .delay(request, error, attempts, started.elapsed())
            });
            let is_last =
                delay.is_none_or(|delay| interrupt::is_interrupted() || !self.sleep(delay));
            // After a fork in the hook, the request belongs to the parent.
            self.sender.check_origin()?;
            match is_last {
                false => {
                    // The caller gets the result of a later attempt.
                    let logged = RequestRecord {
                        is_returned: false,
                        retry: delay.map(|delay| Retry {
                            attempt: attempts,
                            delay,
                        }),
                        ..RequestRecord::returned(request, address)
                    };
                    self.sender.log(&logged, &result);
                    maybe_received |= is_unknown(&result);
                    budget.remaining = timeout;
                }
                true if maybe_received => return result.map_err(Error::after_unknown_attempt),
                true => return result,
            }
        }
    }

    /// Sleeps before the next attempt. Returns `false` if the outbox was closed or the hook interrupted.
    fn sleep(&self, delay: Duration) -> bool {
        let started = Instant::now();
        loop {
            let remaining = delay.saturating_sub(started.elapsed());
            let slice = interrupt::wait_slice(remaining);
            let (state, _) = self
                .closing
                .wait_timeout_while(self.lock(), slice, |state| !state.closed)
                .unwrap_or_else(PoisonError::into_inner);
            let is_closed = state.closed;
            drop(state);
            if is_closed || interrupt::should_interrupt() {
                return false;
            }
            if slice == remaining {
                return true;
            }
        }
    }
}

/// Returns the error for a request made from the interrupt hook of another request of the same interaction. Waiting would
/// deadlock.
fn nested_request_error(request: &Request) -> Error {
    let name = request.name();
    let message = format!(
        "{name}: it was sent from the interrupt hook of another request of the same interaction; post it instead; it was not \
         sent"
    );
    Error::new(Status::State, message).with_delivery(Delivery::NotSent)
}

/// Returns the error for a call that was interrupted while it waited in the lane.
fn interrupted_wait_error(request: &Request) -> Error {
    let message = format!(
        "{}: the wait for earlier requests was interrupted; it was not sent",
        request.name()
    );
    Error::new(Status::Lost, message)
        .with_delivery(Delivery::NotSent)
        .with_retryable(true)
}

/// Releases the lane on drop, also after an error or a panic.
struct LaneGuard<'a> {
    outbox: &'a Arc<Outbox>,
    interaction: &'a Arc<Interaction>,
    request: &'a Request,
    has_begun: bool,
    is_accepted: bool,
}

impl Drop for LaneGuard<'_> {
    fn drop(&mut self) {
        if self.has_begun {
            self.interaction
                .on_completed(self.request, self.is_accepted);
        }
        if self.interaction.lane.release() == WorkerNeeded::Yes {
            self.outbox.enqueue_lane(self.interaction.clone());
        }
    }
}
