//! Requests that a caller waits for.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Delivery, Error, Result};
use crate::interrupt;
use crate::sending::http::deadlines::{Length, TimeBudget};
use crate::sending::interaction_types::Interaction;
use crate::sending::lane::{LaneWait, Next};
use crate::sending::outbox::{Outbox, closed, is_unknown};
use crate::sending::reentrancy::ActiveRequestGuard;
use crate::status::Status;
use crate::wire::{Address, Request, ResponseData};

impl Outbox {
    /// Makes a request behind those of its interaction that were made before, and waits for its answer, for as long as
    /// `timeout` allows.
    ///
    /// # Errors
    /// As [`Sender::send`], and [`Status::State`]; [`Status::Timeout`] where the turn has not come in time.
    pub fn send(
        self: &Arc<Self>,
        interaction: &Arc<Interaction>,
        address: &Address,
        request: &Request,
        timeout: Duration,
    ) -> Result<()> {
        self.sender.check_origin()?;
        self.sender.check_request(address, request)?;
        // Before the state: what a closed client's interaction could do next is no help.
        self.check_open()?;
        if self.strict {
            interaction.check_allowed(request)?;
        }
        if ActiveRequestGuard::depth(&**interaction) > 0 {
            return Err(within_another(request));
        }
        let _midst = ActiveRequestGuard::enter(&**interaction);
        let begun = Instant::now();
        if request.message().is_some() && interaction.typing.stop() {
            self.post_quietly(interaction, address, Request::Cleared);
        }
        match interaction.lane.enter(begun + timeout) {
            LaneWait::Ours => {}
            LaneWait::Late => {
                return Err(Error::new(
                    Status::Timeout,
                    format!(
                        "{}: what was asked for before on this interaction has not ended within timeout ({}); it was not sent",
                        request.name(),
                        Length(timeout)
                    ),
                )
                .delivered(Delivery::NotSent)
                .retryable(true));
            }
            LaneWait::Closed => return Err(closed()),
            LaneWait::Interrupted(next) => {
                self.sender.check_origin()?;
                if next == Next::Worker {
                    self.make_ready(interaction.clone());
                }
                return Err(interrupted(request));
            }
        }
        let mut turn = LaneGuard {
            outbox: self,
            interaction,
            request,
            begun: false,
            accepted: false,
        };
        // What was before it may have finished the interaction, or failed to start it.
        interaction.on_queued(request, self.strict)?;
        turn.begun = true;
        interaction.on_sending(request);
        let result = self
            .send_now(Some(interaction), address, request, begun, timeout)
            .map(|reply| interaction.on_response(request, &reply));
        turn.accepted = result.is_ok();
        drop(turn);
        self.sender.log(request.name(), &result);
        result
    }

    /// How long a request may take in all that somebody waits for, where he does not say otherwise.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Makes a request that belongs to no interaction, and gives what its answer holds.
    ///
    /// # Errors
    /// As [`Sender::send`](crate::sending::Sender::send).
    pub fn ask(&self, address: &Address, request: &Request) -> Result<ResponseData> {
        self.sender.check_origin()?;
        self.sender.check_request(address, request)?;
        self.check_open()?;
        let result = self.send_now(None, address, request, Instant::now(), self.timeout);
        self.sender.log(request.name(), &result);
        result
    }

    /// Makes a request that was checked, that was called for at `begun` and whose turn has come, as often as the policy says.
    fn send_now(
        &self,
        interaction: Option<&Arc<Interaction>>,
        address: &Address,
        request: &Request,
        begun: Instant,
        timeout: Duration,
    ) -> Result<ResponseData> {
        let mut tries = 0;
        let mut unsure = false;
        // Waiting for its turn was part of the first try.
        let mut allowed = TimeBudget {
            left: timeout.saturating_sub(begun.elapsed()),
            whole: timeout,
        };
        loop {
            tries += 1;
            let hash = interaction.and_then(|interaction| interaction.hash());
            let result = self
                .sender
                .send(address, hash.as_deref(), request, Some(allowed));
            let pause = result.as_ref().err().and_then(|error| {
                self.blocking_policy
                    .pause(request, error, tries, begun.elapsed())
            });
            let is_over = pause.is_none_or(|pause| interrupt::has_ended() || !self.rest(pause));
            // Where the hook has forked, the request is the parent's.
            self.sender.check_origin()?;
            match is_over {
                false => {
                    self.sender.log(request.name(), &result);
                    unsure |= is_unknown(&result);
                    allowed.left = timeout;
                }
                true if unsure => return result.map_err(Error::after_an_unknown_try),
                true => return result,
            }
        }
    }

    /// Waits for so long; `false` when the outbox was closed meanwhile, or the caller has ended the wait.
    fn rest(&self, pause: Duration) -> bool {
        let begun = Instant::now();
        loop {
            let left = pause.saturating_sub(begun.elapsed());
            let slice = interrupt::slice(left);
            let (state, _) = self
                .closing
                .wait_timeout_while(self.lock(), slice, |state| !state.closed)
                .unwrap_or_else(PoisonError::into_inner);
            let is_closed = state.closed;
            drop(state);
            if is_closed || interrupt::asks_to_end() {
                return false;
            }
            if slice == left {
                return true;
            }
        }
    }
}

/// What a request has ended with that was made where the one before it waits for its caller: neither could ever end.
fn within_another(request: &Request) -> Error {
    let name = request.name();
    let message = format!(
        "{name}: it was made from within a request of the same interaction, by what runs while that one is waited for; post \
         it instead, and it follows; it was not sent"
    );
    Error::new(Status::State, message).delivered(Delivery::NotSent)
}

/// What a request has ended with whose caller has ended the wait for its turn.
fn interrupted(request: &Request) -> Error {
    let message = format!(
        "{}: the wait for its turn was interrupted; it was not sent",
        request.name()
    );
    Error::new(Status::Lost, message)
        .delivered(Delivery::NotSent)
        .retryable(true)
}

/// A caller's turn. Whatever the caller runs into, the lane is free again when this is dropped.
struct LaneGuard<'a> {
    outbox: &'a Arc<Outbox>,
    interaction: &'a Arc<Interaction>,
    request: &'a Request,
    begun: bool,
    accepted: bool,
}

impl Drop for LaneGuard<'_> {
    fn drop(&mut self) {
        if self.begun {
            self.interaction.on_completed(self.request, self.accepted);
        }
        if self.interaction.lane.done() == Next::Worker {
            self.outbox.make_ready(self.interaction.clone());
        }
    }
}
