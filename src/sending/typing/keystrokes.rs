//! The customer's keys: when they become requests.

use std::sync::{Arc, Weak};
use std::time::Instant;

use crate::error::Result;
use crate::sending::interaction_types::Interaction;
use crate::sending::outbox::Outbox;
use crate::sending::outbox::queued_request::QueuedRequest;
use crate::sending::outbox::worker_pool::ScheduledTask;
use crate::sending::typing::TimerResult;
use crate::wire::{Address, Request};

/// A customer whose keys are watched. That alone keeps no interaction alive.
#[derive(Debug)]
pub struct TypingTimer {
    interaction: Weak<Interaction>,
    address: Address,
}

impl Outbox {
    /// A key was pressed. Never waits.
    ///
    /// # Errors
    /// [`Status::State`](crate::status::Status::State), [`Status::Closed`](crate::status::Status::Closed),
    /// [`Status::System`](crate::status::Status::System).
    pub fn key(self: &Arc<Self>, interaction: &Arc<Interaction>, address: &Address) -> Result<()> {
        self.sender.check_origin()?;
        if self.strict {
            interaction.check_allowed(&Request::Typing)?;
        }
        self.check_open()?;
        self.staff()?;
        let now = Instant::now();
        let key = interaction.typing.key(now);
        if key.tell {
            self.post_quietly(interaction, address, Request::Typing);
        }
        if key.watch {
            self.watch(interaction, address, now + self.typing_pause);
        }
        Ok(())
    }

    fn watch(&self, interaction: &Arc<Interaction>, address: &Address, due: Instant) {
        let watched = TypingTimer {
            interaction: Arc::downgrade(interaction),
            address: address.clone(),
        };
        self.later(due, ScheduledTask::Look(watched));
    }

    /// An alarm has gone off: has the customer stopped typing?
    pub(crate) fn look(self: &Arc<Self>, watched: &TypingTimer) {
        let Some(interaction) = watched.interaction.upgrade() else {
            return;
        };
        match interaction.typing.alarm(Instant::now(), self.typing_pause) {
            TimerResult::Stopped => {
                self.post_quietly(&interaction, &watched.address, Request::Cleared)
            }
            TimerResult::Again(due) => self.watch(&interaction, &watched.address, due),
            TimerResult::Known => {}
        }
    }

    /// Right before the customer's message the service hears that the customer has stopped typing.
    pub(crate) fn stop_typing(
        self: &Arc<Self>,
        interaction: &Arc<Interaction>,
        posted: &QueuedRequest,
    ) {
        if posted.request.message().is_some() && interaction.typing.stop() {
            self.post_quietly(interaction, &posted.address, Request::Cleared);
        }
    }
}
