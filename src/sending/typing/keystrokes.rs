//! Turns keystrokes into queued requests: typing after the first one, cleared after a pause.

use std::sync::Arc;
use std::time::Instant;

use crate::error::Result;
use crate::sending::interaction_types::Interaction;
use crate::sending::outbox::Outbox;
use crate::sending::outbox::queued_request::QueuedRequest;
use crate::sending::outbox::scheduled_task::ScheduledTask;
use crate::sending::typing::TimerResult;
use crate::sending::typing::typing_timer::TypingTimer;
use crate::wire::{Address, Request};

impl Outbox {
    /// Reports a keystroke. Does not block.
    ///
    /// # Errors
    /// [`Status::State`](crate::status::Status::State), [`Status::Closed`](crate::status::Status::Closed),
    /// [`Status::System`](crate::status::Status::System).
    pub fn keystroke(
        self: &Arc<Self>,
        interaction: &Arc<Interaction>,
        address: &Address,
    ) -> Result<()> {
        self.sender.check_origin()?;
        if self.check_state {
            interaction.check_allowed(&Request::Typing)?;
        }
        self.check_open()?;
        // Typing is not queued for later, because the customer may have stopped by then.
        if self.is_paused() {
            return Ok(());
        }
        self.ensure_worker()?;
        let now = Instant::now();
        let keystroke = interaction.typing.record_keystroke(now);
        if keystroke.sends_typing {
            self.enqueue_internal(interaction, address, Request::Typing);
        }
        if keystroke.starts_timer {
            self.start_timer(interaction, address, now + self.typing_pause);
        }
        Ok(())
    }

    fn start_timer(&self, interaction: &Arc<Interaction>, address: &Address, due: Instant) {
        let timer = TypingTimer {
            interaction: Arc::downgrade(interaction),
            address: address.clone(),
        };
        self.schedule(due, ScheduledTask::CheckTyping(timer));
    }

    /// Checks whether the customer has stopped typing, when a timer is due.
    pub(crate) fn check_typing_timeout(self: &Arc<Self>, timer: &TypingTimer) {
        let Some(interaction) = timer.interaction.upgrade() else {
            return;
        };
        match interaction
            .typing
            .check_timer(Instant::now(), self.typing_pause)
        {
            TimerResult::Stopped => {
                self.enqueue_internal(&interaction, &timer.address, Request::Cleared);
            }
            TimerResult::CheckAgainAt(due) => self.start_timer(&interaction, &timer.address, due),
            TimerResult::AlreadySent => {}
        }
    }

    /// Queues cleared before a message of the customer, if the service believes that the customer types.
    pub(crate) fn stop_typing(
        self: &Arc<Self>,
        interaction: &Arc<Interaction>,
        queued: &QueuedRequest,
    ) {
        if queued.request.message().is_some() && interaction.typing.stop() {
            self.enqueue_internal(interaction, &queued.address, Request::Cleared);
        }
    }
}
