//! Posts with a reference: the first one claims it, and a repeated one gets its ticket.

use std::time::Duration;

use crate::error::{Delivery, Result};
use crate::receiving::unix_millis;
use crate::sending::outbox::Outbox;
use crate::sending::outbox::post_options::PostOptions;
use crate::sending::outbox::queued_request::QueuedRequest;
use crate::sending::outbox::references::ended_reference::EndedReference;
use crate::sending::outbox::references::registry::Claim;
use crate::sending::outbox::references::request_digest::RequestDigest;
use crate::status::Status;
use crate::wire::{Address, Request};

impl Outbox {
    /// Claims the reference of a request that is about to be posted.
    ///
    /// # Errors
    /// [`Status::Argument`]: the options are invalid, or the reference is that of another request.
    pub(crate) fn claim_reference(
        &self,
        address: &Address,
        request: &Request,
        options: &PostOptions,
    ) -> Result<Claim<'_>> {
        options.check(self.references.encoding)?;
        let Some(reference) = &options.reference else {
            return Ok(self.references.no_claim());
        };
        self.forget_old_references();
        self.references
            .claim(reference.expose(), address, request, || {
                self.receiver.may_wait()
            })
    }

    /// Restores the reference of a request that the store contained.
    pub(crate) fn restore_queued_reference(&self, posted: &QueuedRequest) -> Result<()> {
        if let Some(reference) = &posted.reference {
            let digest = RequestDigest::new(&posted.address, &posted.request)?;
            self.references
                .insert_queued(reference.expose(), posted.ticket, digest);
        }
        Ok(())
    }

    /// Restores the references of ended requests, the oldest first.
    pub fn restore_ended_references(&self, references: Vec<EndedReference>) {
        for ended in references {
            let age = unix_millis().saturating_sub(ended.ended_at);
            let age = Duration::from_millis(u64::try_from(age).unwrap_or(0));
            let remaining = self.references.window.saturating_sub(age);
            self.references.insert_ended(
                ended.reference.expose(),
                ended.ticket,
                ended.digest,
                remaining,
            );
        }
        self.forget_old_references();
    }

    /// Marks the reference of a request that ends now. Returns it if the store must keep it. A request that was certainly not
    /// sent releases it, unless the application cancelled it.
    pub(crate) fn end_reference(
        &self,
        posted: &QueuedRequest,
        result: &Result<()>,
    ) -> Option<EndedReference> {
        let reference = posted.reference.as_ref()?;
        if let Err(error) = result
            && error.delivery() == Some(Delivery::NotSent)
            && error.status() != Status::Cancelled
        {
            self.references.release(reference.expose());
            return None;
        }
        let digest = self.references.end(reference.expose())?;
        let window = self.references.window;
        if window == Duration::ZERO {
            return None;
        }
        self.references
            .insert_ended(reference.expose(), posted.ticket, digest, window);
        self.forget_old_references();
        Some(EndedReference {
            reference: reference.clone(),
            ticket: posted.ticket,
            digest,
            ended_at: unix_millis(),
        })
    }

    /// The warning comes later: the log callback may close the client, and a request that is ending now would delay that.
    fn forget_old_references(&self) {
        for (reference, ticket) in self.references.forget_old() {
            self.receiver.forget_reference(&reference, ticket);
        }
    }

    /// Logs once that references were forgotten too early. Call it without a lock, and after the request has ended.
    pub(crate) fn warn_about_forgotten_references(&self) {
        if self.references.take_warning() {
            log::warn!(
                "references of posted requests were forgotten before outbox.reference_window has passed, because there were \
                 more than outbox.reference_capacity ({}); raise it, or set a shorter window",
                self.references.capacity
            );
        }
    }
}
