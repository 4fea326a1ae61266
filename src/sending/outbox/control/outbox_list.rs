//! The list of the requests in an outbox, for the application.

use crate::sending::outbox::Outbox;
use crate::sending::outbox::control::outbox_entry::OutboxEntry;

/// The number of requests that are copied at a time, so that a long list does not delay the workers.
const COPIED_AT_ONCE: usize = 256;

impl Outbox {
    /// Returns the requests that wait or are in progress, in the order of their tickets. Requests that come or end during
    /// the call may be missing or included.
    pub fn list(&self) -> Vec<OutboxEntry> {
        let mut entries = Vec::with_capacity(self.count());
        let mut last = 0;
        loop {
            let copied = self.lock().requests.copy_after(last, COPIED_AT_ONCE);
            entries.extend(
                copied
                    .iter()
                    .map(|(ticket, indexed, in_progress)| indexed.to_entry(*ticket, *in_progress)),
            );
            match copied.last() {
                Some((ticket, ..)) if copied.len() == COPIED_AT_ONCE => last = *ticket,
                _ => return entries,
            }
        }
    }

    /// Returns the number of requests that wait or are in progress.
    pub fn count(&self) -> usize {
        self.lock().requests.len()
    }
}
