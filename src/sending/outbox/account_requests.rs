//! Posts requests that belong to no interaction: queries and off-hours contacts.

use std::sync::Arc;

use crate::error::{Delivery, Error, Result};
use crate::sending::interaction_types::Interaction;
use crate::sending::outbox::Outbox;
use crate::sending::outbox::post_options::PostOptions;
use crate::status::Status;
use crate::wire::{Address, Request};

impl Outbox {
    /// Returns the lane of a request that belongs to no interaction; `None` for other requests.
    pub fn account_lane(&self, request: &Request) -> Option<&Arc<Interaction>> {
        self.account_lanes.of(request)
    }

    /// Queues a request that belongs to no interaction, and returns its ticket.
    ///
    /// # Errors
    /// The same as [`post`](Self::post), without [`Status::State`]; [`Status::Argument`] also if the request belongs to an
    /// interaction.
    pub fn post_without_interaction(
        self: &Arc<Self>,
        address: &Address,
        request: Request,
        options: PostOptions,
    ) -> Result<u64> {
        let Some(lane) = self.account_lane(&request).cloned() else {
            let message = format!(
                "{}: it belongs to an interaction; post it with its conversation; nothing was posted",
                request.name()
            );
            return Err(Error::new(Status::Argument, message).with_delivery(Delivery::NotSent));
        };
        self.post(&lane, address, request, options)
    }
}
