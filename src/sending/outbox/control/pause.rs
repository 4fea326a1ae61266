//! Pauses and resumes an outbox: while it is paused, it accepts requests and starts no attempt.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::sending::interaction_types::Interaction;
use crate::sending::outbox::queued_request::QueuedRequest;
use crate::sending::outbox::{Outbox, OutboxState};
use crate::status::Status;

impl OutboxState {
    /// Returns whether a close has nothing to wait for. The requests of a paused outbox are not sent.
    pub(crate) fn is_drained(&self) -> bool {
        self.is_empty() || self.is_idle_in_pause()
    }

    /// Returns whether the outbox is paused and no request is in progress.
    pub(crate) fn is_idle_in_pause(&self) -> bool {
        let in_progress = self.requests.first_in_progress();
        self.is_paused && in_progress.is_none() && self.uncommitted_outcomes.is_empty()
    }

    /// Returns whether more requests can be sent now than workers are idle.
    pub(crate) fn lacks_workers(&self) -> bool {
        !self.is_paused && self.ready.len() > self.idle_workers
    }
}

impl Outbox {
    /// Pauses the outbox. When this returns, no further attempt starts; attempts in progress continue. Does not block.
    ///
    /// # Errors
    /// [`Status::Closed`].
    pub fn pause(&self) -> Result<()> {
        let mut state = self.open_state()?;
        state.is_paused = true;
        // A flush may have nothing to wait for now.
        self.emptied.notify_all();
        Ok(())
    }

    /// Resumes the outbox. Does not block.
    ///
    /// # Errors
    /// [`Status::Closed`].
    pub fn resume(self: &Arc<Self>) -> Result<()> {
        let missing = {
            let mut state = self.open_state()?;
            state.is_paused = false;
            state.ready.len().saturating_sub(state.idle_workers)
        };
        self.changed.notify_all();
        for _ in 0..missing.min(self.connections) {
            // If it fails, the present workers send the requests later.
            let _ = self.spawn_worker();
        }
        Ok(())
    }

    /// Returns whether the outbox is paused.
    pub(crate) fn is_paused(&self) -> bool {
        self.lock().is_paused
    }

    /// Returns the interaction's first request for an attempt, if it can be sent now.
    pub(crate) fn begin_attempt(
        &self,
        interaction: &Arc<Interaction>,
    ) -> Option<Box<QueuedRequest>> {
        let mut state = self.lock();
        if state.is_paused {
            if state.closed {
                interaction.lane.close();
            } else {
                state.ready.push_back(interaction.clone());
            }
            return None;
        }
        let posted = interaction.lane.dequeue()?;
        state.requests.begin_attempt(posted.ticket);
        Some(posted)
    }

    /// Locks the state of an open outbox.
    pub(crate) fn open_state(&self) -> Result<std::sync::MutexGuard<'_, OutboxState>> {
        let state = self.lock();
        match state.closed {
            false => Ok(state),
            true => Err(Error::new(Status::Closed, Status::Closed.text())),
        }
    }
}
