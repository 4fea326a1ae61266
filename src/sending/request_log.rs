//! The log lines of requests, with their fields.

use std::time::Duration;

use log::Level;

use crate::error::{Delivery, Error, Result};
use crate::sending::deadlines::DurationText;
use crate::sending::sender::Sender;
use crate::status::Status;
use crate::wire::{Address, Request};

/// A request in the log.
pub(crate) struct RequestRecord<'a> {
    /// The name of the request.
    pub name: &'a str,
    /// The ticket, if the application posted the request.
    pub ticket: Option<u64>,
    /// The customer of the request, if it has one.
    pub client_id: Option<&'a str>,
    /// Whether the caller gets the result. Then a failure is not a warning, because the caller handles it.
    pub is_returned: bool,
    /// The next attempt, if there is one.
    pub retry: Option<Retry>,
}

/// The retry after a failed attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retry {
    /// The number of the failed attempt, from 1.
    pub attempt: u32,
    /// The time until the next one.
    pub delay: Duration,
}

impl<'a> RequestRecord<'a> {
    /// A request whose caller gets the result.
    pub(crate) fn returned(request: &Request, address: &'a Address) -> Self {
        RequestRecord {
            name: request.name(),
            ticket: None,
            client_id: request
                .needs_client_id()
                .then_some(address.client_id.as_str()),
            is_returned: true,
            retry: None,
        }
    }
}

impl Sender {
    /// Logs the result of a request or of one attempt. The log callback may do anything, for example close the client, so
    /// the caller must not hold up other threads.
    pub(crate) fn log<T>(&self, request: &RequestRecord<'_>, result: &Result<T>) {
        let level = match result {
            Err(_) if !request.is_returned => Level::Warn,
            _ => Level::Debug,
        };
        // Also without this line nothing would be logged, but the hash would be computed.
        if level > log::max_level() {
            return;
        }
        let hash = request
            .client_id
            .map(|client_id| self.client_id_hasher.hash(client_id));
        let owner = match (request.ticket, &hash) {
            (Some(ticket), Some(hash)) => format!(" (ticket {ticket}, customer {hash})"),
            (None, Some(hash)) => format!(" (customer {hash})"),
            (Some(ticket), None) => format!(" (ticket {ticket})"),
            (None, None) => String::new(),
        };
        let (name, hash) = (request.name, hash.as_deref());
        match result {
            Ok(_) => log::log!(
                level,
                request_kind = name,
                ticket = request.ticket,
                client_id_hash = hash,
                delivery = Delivery::Accepted.name();
                "{name}{owner} accepted"
            ),
            Err(error) => log::log!(
                level,
                request_kind = name,
                ticket = request.ticket,
                client_id_hash = hash,
                delivery = error.delivery().map(Delivery::name),
                status = error.status().name();
                "{name}{owner} to {}{}",
                self.http_client.authority(),
                describe_failure(request, error)
            ),
        }
    }
}

/// Returns the end of the line of a failure: whether it is final, or when the next attempt is.
fn describe_failure(request: &RequestRecord<'_>, error: &Error) -> String {
    let delivery = error.delivery().map_or("failed", Delivery::name);
    let status = error.status().name();
    if let Some(Retry { attempt, delay }) = request.retry {
        let delay = DurationText(delay);
        return format!(": attempt {attempt} failed ({delivery}, {status}), retried after {delay}");
    }
    // A returned failure is the caller's. After a close, a request in a store waits for a restart.
    let is_final = !request.is_returned && error.status() != Status::Closed;
    let end = if is_final { "; this is final" } else { "" };
    format!(" {delivery}: {status}{end}")
}
