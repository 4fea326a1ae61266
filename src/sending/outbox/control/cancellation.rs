//! Cancels requests that wait in the outbox.
//!
//! A request is removed from its lane, so that no worker can send it. Its outcome then replaces it in the store.

use std::sync::{Arc, mpsc};

use crate::error::{Error, Result};
use crate::sending::interaction_types::Interaction;
use crate::sending::lane::{LaneCancellation, WorkerNeeded};
use crate::sending::outbox::Outbox;
use crate::sending::outbox::queued_request::QueuedRequest;
use crate::status::Status;

impl Outbox {
    /// Cancels the request with this ticket. Its outcome is *not sent*, or *unknown* if an earlier attempt may have been
    /// received. With a store, blocks until the outcome is on disk.
    ///
    /// # Errors
    /// - [`Status::State`]: it is in progress, has ended, or is not in this outbox.
    /// - [`Status::Store`]: it is cancelled, but the store can't be written.
    /// - [`Status::Closed`].
    pub fn cancel(self: &Arc<Self>, ticket: u64) -> Result<()> {
        self.sender.check_origin()?;
        self.receiver.may_wait()?;
        let indexed = self.open_state()?.requests.get(ticket).cloned();
        let indexed = indexed.ok_or_else(|| not_in_outbox(ticket))?;
        let interaction = indexed.interaction;
        let removed = interaction.lane.remove(ticket, |posted| {
            self.record_end(&interaction, posted, &Err(cancelled(posted)));
        });
        if removed.requests.is_empty() {
            if self.lock().requests.get(ticket).is_none() {
                return Err(not_in_outbox(ticket));
            }
            let message = format!(
                "the request with the ticket {ticket} is in progress; wait for its outcome"
            );
            return Err(Error::new(Status::State, message));
        }
        self.end_cancelled(&interaction, removed).map(drop)
    }

    /// Cancels all requests of an interaction that wait. Returns their number.
    ///
    /// # Errors
    /// As [`cancel`](Self::cancel), except for the ticket.
    pub fn cancel_all(self: &Arc<Self>, interaction: &Arc<Interaction>) -> Result<usize> {
        self.sender.check_origin()?;
        self.receiver.may_wait()?;
        drop(self.open_state()?);
        let removed = interaction.lane.remove_all(|posted| {
            self.record_end(interaction, posted, &Err(cancelled(posted)));
        });
        self.end_cancelled(interaction, removed)
    }

    /// Reports the outcomes of removed requests. Returns their number.
    fn end_cancelled(
        self: &Arc<Self>,
        interaction: &Arc<Interaction>,
        removed: LaneCancellation,
    ) -> Result<usize> {
        let count = removed.requests.len();
        let (sender, committed) = mpsc::channel();
        for posted in &removed.requests {
            let sender = sender.clone();
            self.report_then(posted, &Err(cancelled(posted)), move |written| {
                // This call waits, so the receiver exists.
                let _ = sender.send(written);
            });
            self.remove(posted.size);
        }
        drop(sender);
        if removed.worker_needed == WorkerNeeded::Yes {
            self.enqueue_lane(interaction.clone());
        }
        // Each request must be on disk, also after an error of another one.
        let results: Vec<Result<()>> = committed.iter().collect();
        let result: Result<()> = results.into_iter().collect();
        // The log callback may close the client, so it is called after all requests have ended.
        for posted in &removed.requests {
            log::debug!("{} cancelled", posted.request.name());
        }
        self.warn_about_forgotten_references();
        result.map(|()| count).map_err(not_stored)
    }
}

fn cancelled(posted: &QueuedRequest) -> Error {
    posted.unsent_error(Status::Cancelled, "the application cancelled it")
}

/// Returns the error for a ticket that is not in the outbox. It is a normal race with the end of the request.
fn not_in_outbox(ticket: u64) -> Error {
    let message = format!(
        "the request with the ticket {ticket} has ended, or it is not in the outbox of this client; its outcome reports whether \
         it was sent"
    );
    Error::new(Status::State, message)
}

fn not_stored(error: Error) -> Error {
    let message = format!(
        "cancelled, but not on disk: {error}; if the process ends before the library can write it, the next process sends the \
         request"
    );
    Error::new(error.status(), message)
}
