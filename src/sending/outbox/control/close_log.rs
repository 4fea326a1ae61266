//! The log line about the requests that a close leaves without an outcome.

use crate::sending::outbox::Outbox;
use crate::status::Status;

/// The number of tickets that the line contains at most.
const LOGGED_TICKETS: usize = 20;

impl Outbox {
    /// Logs the requests of the application that remain in a closed outbox. Without a store, they are lost.
    pub(crate) fn log_remaining(&self) {
        let (count, tickets) = {
            let state = self.lock();
            (state.requests.len(), state.requests.tickets(LOGGED_TICKETS))
        };
        if count == 0 {
            return;
        }
        let mut list = tickets
            .iter()
            .map(u64::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        if count > tickets.len() {
            list.push_str(&format!(" and {} more", count - tickets.len()));
        }
        let (requests, number) = match count {
            1 => ("posted request", "ticket"),
            _ => ("posted requests", "tickets"),
        };
        if self.receiver.is_durable() {
            log::info!(
                "{count} {requests} remain at the close; the store keeps them for the next process, except queries: {number} {list}"
            );
        } else {
            log::warn!(
                status = Status::Closed.name();
                "{count} {requests} without an outcome at the close, lost because there is no store: {number} {list}; close \
                 with a longer timeout, or set the option store"
            );
        }
    }
}
