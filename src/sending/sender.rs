//! Sends one attempt of a request, and counts the requests in flight.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::client_id_hash::ClientIdHasher;
use crate::config::Settings;
use crate::error::{Delivery, Error, Result};
use crate::host::fork::Origin;
use crate::interrupt;
use crate::sending::deadlines::TimeBudget;
use crate::sending::failure::{self, FailureReport};
use crate::sending::http::http_client::HttpClient;
use crate::sending::http::transport_error::TransportError;
use crate::sending::reentrancy::ActiveRequestGuard;
use crate::statistics::{Counters, Statistic};
use crate::status::Status;
use crate::wire;
use crate::wire::{Address, Dialect, EncodeError, Redacted, Request, ResponseData};

/// Sends requests with one token. Any number of threads may send at the same time.
#[derive(Debug)]
pub struct Sender {
    origin: Origin,
    pub(crate) token: Redacted,
    pub(crate) client_id_hasher: ClientIdHasher,
    pub(crate) dialect: Dialect,
    pub(crate) http_client: HttpClient,
    validate: bool,
    pub(crate) response_max_bytes: usize,
    closed: AtomicBool,
    aborted: AtomicBool,
    pub(crate) counters: Arc<Counters>,
    in_flight: Mutex<InFlightCount>,
    request_ended: Condvar,
}

/// The number of requests in flight.
#[derive(Debug, Default)]
struct InFlightCount {
    all: usize,
    /// Those of blocking calls.
    blocking: usize,
}

impl Sender {
    /// Creates a sender with these settings. Opens no connection.
    ///
    /// # Errors
    /// [`Status::File`]: a file that the options name can't be used.
    pub fn new(settings: &Settings, counters: Arc<Counters>) -> Result<Self> {
        Ok(Sender {
            origin: Origin::here(),
            token: settings.token.clone(),
            client_id_hasher: ClientIdHasher::new(&settings.token),
            dialect: settings.dialect,
            http_client: HttpClient::new(settings, counters.clone())?,
            validate: settings.validate,
            response_max_bytes: usize::try_from(settings.answer_max_bytes).unwrap_or(usize::MAX),
            closed: AtomicBool::new(false),
            aborted: AtomicBool::new(false),
            counters,
            in_flight: Mutex::default(),
            request_ended: Condvar::new(),
        })
    }

    /// Fails in a child that was forked from the process that created the sender.
    ///
    /// # Errors
    /// [`Status::Forked`].
    pub fn check_origin(&self) -> Result<()> {
        self.origin.check()
    }

    /// Checks that an address has a department and a customer id.
    ///
    /// # Errors
    /// [`Status::Department`], [`Status::ClientId`]: it is missing.
    pub fn check_address(address: &Address) -> Result<()> {
        check_ids(address, true, true)
    }

    /// Checks whether the dialect and the options allow this request. Ignores the state of the interaction.
    ///
    /// # Errors
    /// - [`Status::Department`], [`Status::ClientId`]: it is missing or not valid in the dialect.
    /// - [`Status::Unsupported`]: the dialect does not support the request.
    /// - [`Status::Argument`]: a field is missing.
    /// - [`Status::Customer`]: the option `validate` rejects the customer.
    pub fn check_request(&self, address: &Address, request: &Request) -> Result<()> {
        check_ids(
            address,
            request.needs_department(),
            request.needs_client_id(),
        )?;
        self.dialect
            .check(address, request)
            .map_err(|reason| encode_error(request, reason))?;
        match request.customer() {
            Some(customer) if self.validate => wire::validate(customer).map_err(|invalid| {
                Error::new(Status::Customer, invalid.to_string()).with_delivery(Delivery::NotSent)
            }),
            _ => Ok(()),
        }
    }

    /// Sends a request once, after [`check_request`](Self::check_request), and blocks until the response. A blocking call
    /// passes its `timeout`; a posted request has `None` and the option `timeout`. `hash` is the interaction hash, if it is
    /// known. `Ok` means that the service accepted the request.
    ///
    /// # Errors
    /// The error's [`delivery`](Error::delivery) reports whether the request was sent.
    pub fn send(
        &self,
        address: &Address,
        hash: Option<&str>,
        request: &Request,
        timeout: Option<TimeBudget>,
    ) -> Result<ResponseData> {
        let _in_flight = self.begin_request(timeout.is_some())?;
        let http_request = self
            .dialect
            .encode(&self.token, address, hash, request)
            .map_err(|reason| encode_error(request, reason))?;
        match self.http_client.send(&http_request, timeout) {
            Ok(received) => self.evaluate(request, received),
            Err(error) => Err(failure::to_error(
                request.name(),
                request.is_idempotent(),
                self.describe(&error),
            )),
        }
    }

    /// Opens a connection to the service, or checks that an idle one is still open, and stores it in the pool. Blocks at most
    /// for `timeout`. Sends no request.
    ///
    /// # Errors
    /// As [`send`](Self::send), for a request that was not sent.
    pub fn connect(&self, timeout: TimeBudget) -> Result<()> {
        let _in_flight = self.begin_request(true)?;
        self.http_client
            .connect(timeout)
            .map_err(|error| failure::to_error("check", true, self.describe(&error)))
    }

    /// Returns whether this thread runs the interrupt hook of one of this sender's requests.
    pub fn is_requesting(&self) -> bool {
        ActiveRequestGuard::depth(self) > 0
    }

    /// Accepts no further request, waits until `deadline` for the requests in flight, and then aborts the remaining ones.
    /// Does not wait for requests whose interrupt hook runs on this thread. Returns the number of aborted blocking calls;
    /// [`Outbox`](crate::sending::Outbox) counts the posted requests.
    pub fn close(&self, deadline: Instant) -> usize {
        self.closed.store(true, Ordering::SeqCst);
        let remaining = self.wait_for_requests(deadline);
        self.aborted.store(true, Ordering::SeqCst);
        self.http_client.shut_down();
        remaining
    }

    /// Returns whether closing the client has aborted the requests that were in flight.
    pub fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::SeqCst)
    }

    fn begin_request(&self, is_blocking: bool) -> Result<InFlightGuard<'_>> {
        self.check_origin()
            .map_err(|error| error.with_delivery(Delivery::NotSent))?;
        let mut count = self
            .in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.closed.load(Ordering::SeqCst) {
            return Err(
                Error::new(Status::Closed, Status::Closed.text()).with_delivery(Delivery::NotSent)
            );
        }
        count.all += 1;
        self.counters.set(Statistic::InProgress, count.all);
        count.blocking += usize::from(is_blocking);
        Ok(InFlightGuard {
            sender: self,
            is_blocking,
            _active: ActiveRequestGuard::enter(self),
        })
    }

    fn wait_for_requests(&self, deadline: Instant) -> usize {
        let mut count = self
            .in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let of_this_thread = ActiveRequestGuard::depth(self);
        while count.all > of_this_thread {
            let remaining = deadline.saturating_duration_since(Instant::now());
            if remaining == Duration::ZERO {
                break;
            }
            count = self
                .request_ended
                .wait_timeout(count, remaining)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        count.blocking
    }

    /// Returns the report of a request without response. An interrupt of the caller, or the close of the client, is the
    /// reported reason, even if another error occurred.
    fn describe(&self, error: &TransportError) -> FailureReport {
        let report = failure::describe(error, &error.route.destination());
        if interrupt::is_interrupted() {
            return FailureReport {
                status: Status::Lost,
                message: "the wait for the response was interrupted".to_owned(),
                is_transient: true,
                ..report
            };
        }
        match (self.is_aborted(), report.delivery, report.status) {
            (true, Delivery::NotSent, status) if status != Status::Timeout => FailureReport {
                status: Status::Closed,
                message: "the client was closed".to_owned(),
                ..report
            },
            (true, Delivery::Unknown, Status::Lost) => FailureReport {
                message: "the client was closed before the response arrived".to_owned(),
                ..report
            },
            _ => report,
        }
    }

    /// Returns the name of a customer for logs and messages.
    pub(crate) fn customer(&self, client_id: &str) -> String {
        format!("customer {}", self.client_id_hasher.hash(client_id))
    }

    /// Replaces the token and the customer's data in a text.
    pub(crate) fn scrub(&self, request: &Request, text: &mut String) {
        self.token.scrub(text);
        request.scrub(text);
    }
}

fn check_ids(address: &Address, department: bool, client_id: bool) -> Result<()> {
    let missing =
        |status: Status| Err(Error::new(status, status.text()).with_delivery(Delivery::NotSent));
    if department && address.department.is_empty() {
        return missing(Status::Department);
    }
    if client_id && address.client_id.is_empty() {
        return missing(Status::ClientId);
    }
    Ok(())
}

/// Returns the error for a request that the dialect can't encode.
fn encode_error(request: &Request, reason: EncodeError) -> Error {
    let name = request.name();
    let (status, message) = match reason {
        EncodeError::Unsupported {
            request,
            field,
            dialect,
            instead,
        } => {
            let part = match field {
                Some(field) => format!("the field {field} of the request {request}"),
                None => format!("the request {request}"),
            };
            let instead = match instead.as_str() {
                "" => String::new(),
                dialects => format!("; available in {dialects}"),
            };
            (
                Status::Unsupported,
                format!("the dialect {dialect} does not support {part}{instead}; nothing was sent"),
            )
        }
        EncodeError::NoHash => (
            Status::Interaction,
            format!("{name}: {}", Status::Interaction.text()),
        ),
        EncodeError::Department => (
            Status::Department,
            format!(
                "{name}: the department id must be a whole number in this dialect; pass an id from the list of departments; \
                 nothing was sent"
            ),
        ),
        EncodeError::Missing("client_id") => (
            Status::ClientId,
            format!("{name}: {}", Status::ClientId.text()),
        ),
        EncodeError::Missing(field) => (
            Status::Argument,
            format!("{name}: the field {field} is missing; it is required; nothing was sent"),
        ),
        EncodeError::TooLong => (
            Status::Argument,
            format!(
                "{name}: the interaction hash or the token is too long for a URL; nothing was sent"
            ),
        ),
    };
    Error::new(status, message).with_delivery(Delivery::NotSent)
}

/// Counts a request as in flight until it is dropped.
struct InFlightGuard<'a> {
    sender: &'a Sender,
    is_blocking: bool,
    _active: Option<ActiveRequestGuard>,
}

impl Drop for InFlightGuard<'_> {
    fn drop(&mut self) {
        let mut count = self
            .sender
            .in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        count.all -= 1;
        let counters = &self.sender.counters;
        counters.set(Statistic::InProgress, count.all);
        count.blocking -= usize::from(self.is_blocking);
        // Only `close` waits, and a notification without a waiter costs a system call too.
        if self.sender.closed.load(Ordering::SeqCst) {
            self.sender.request_ended.notify_all();
        }
    }
}
