//! The customer's keys: when they become requests.

use std::sync::{Arc, Weak};
use std::time::Instant;

use super::outbox::Outbox;
use super::posted::Posted;
use super::typing::Alarm;
use super::workers::Due;
use crate::error::Result;
use crate::interactions::Interaction;
use crate::wire::{Address, Request};

/// A customer whose keys are watched. That alone keeps no interaction alive.
#[derive(Debug)]
pub struct Watched {
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
            interaction.check(&Request::Typing)?;
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
        let watched = Watched {
            interaction: Arc::downgrade(interaction),
            address: address.clone(),
        };
        self.later(due, Due::Look(watched));
    }

    /// An alarm has gone off: has the customer stopped typing?
    pub(super) fn look(self: &Arc<Self>, watched: &Watched) {
        let Some(interaction) = watched.interaction.upgrade() else {
            return;
        };
        match interaction.typing.alarm(Instant::now(), self.typing_pause) {
            Alarm::Stopped => self.post_quietly(&interaction, &watched.address, Request::Cleared),
            Alarm::Again(due) => self.watch(&interaction, &watched.address, due),
            Alarm::Known => {}
        }
    }

    /// Right before the customer's message the service hears that the customer has stopped typing.
    pub(super) fn stop_typing(self: &Arc<Self>, interaction: &Arc<Interaction>, posted: &Posted) {
        if posted.request.message().is_some() && interaction.typing.stop() {
            self.post_quietly(interaction, &posted.address, Request::Cleared);
        }
    }
}
