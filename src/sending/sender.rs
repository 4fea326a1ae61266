//! The story of one request, from what is asked for to what became of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::config::Settings;
use crate::error::{Delivery, Error, Result};
use crate::host::fork::Origin;
use crate::interrupt;
use crate::sending::failure::{FailureReport, TransportError};
use crate::sending::http::deadlines::TimeBudget;
use crate::sending::http::http_client::HttpClient;
use crate::sending::reentrancy::ActiveRequestGuard;
use crate::status::Status;
use crate::wire;
use crate::wire::{Address, Dialect, EncodeError, Redacted, Request, ResponseData};

/// Sends requests with one token. Any number of threads may send at once.
#[derive(Debug)]
pub struct Sender {
    origin: Origin,
    pub(crate) token: Redacted,
    pub(crate) dialect: Dialect,
    pub(crate) transport: HttpClient,
    validate: bool,
    pub(crate) answer_max_bytes: usize,
    closed: AtomicBool,
    broken_off: AtomicBool,
    under_way: Mutex<Count>,
    ended: Condvar,
}

/// How many requests are under way.
#[derive(Debug, Default)]
struct Count {
    all: usize,
    /// Those that a caller waits for.
    calls: usize,
}

impl Sender {
    /// A sender by these settings.
    ///
    /// # Errors
    /// [`Status::File`]: a file that the options name can't be used.
    pub fn new(settings: &Settings) -> Result<Self> {
        Ok(Sender {
            origin: Origin::here(),
            token: settings.token.clone(),
            dialect: settings.dialect,
            transport: HttpClient::new(settings)?,
            validate: settings.validate,
            answer_max_bytes: usize::try_from(settings.answer_max_bytes).unwrap_or(usize::MAX),
            closed: AtomicBool::new(false),
            broken_off: AtomicBool::new(false),
            under_way: Mutex::default(),
            ended: Condvar::new(),
        })
    }

    /// Fails in a child of the process that the sender was made in.
    ///
    /// # Errors
    /// [`Status::Forked`].
    pub fn check_origin(&self) -> Result<()> {
        self.origin.check()
    }

    /// Whether requests of an interaction at this address can be made at all.
    ///
    /// # Errors
    /// [`Status::Department`], [`Status::ClientId`]: it is missing.
    pub fn check(address: &Address) -> Result<()> {
        check_ids(address, true, true)
    }

    /// Whether this request can be made, as far as it tells itself.
    ///
    /// # Errors
    /// [`Status::Department`], [`Status::ClientId`]: it is missing, or of a form that the dialect does not have;
    /// [`Status::Unsupported`]: the dialect lacks it; [`Status::Argument`]: a field is missing; [`Status::Customer`]: the
    /// option `validate` does not let the customer through.
    pub fn check_request(&self, address: &Address, request: &Request) -> Result<()> {
        check_ids(
            address,
            request.needs_department(),
            request.needs_client_id(),
        )?;
        self.dialect
            .check(address, request)
            .map_err(|why| unsayable(request, why))?;
        match request.customer() {
            Some(customer) if self.validate => wire::validate(customer).map_err(|invalid| {
                Error::new(Status::Customer, invalid.to_string()).delivered(Delivery::NotSent)
            }),
            _ => Ok(()),
        }
    }

    /// Sends a request once, which [`check_request`](Self::check_request) has let through, and waits for the answer, for as
    /// long as `timeout` allows, which a caller has, or the option of that name, which holds for what was posted. `hash` is the one by which the service knows the interaction, where it
    /// does and it is known. `Ok` means that the service accepted it.
    ///
    /// # Errors
    /// The error's [`delivery`](Error::delivery) tells what became of the request.
    pub fn send(
        &self,
        address: &Address,
        hash: Option<&str>,
        request: &Request,
        timeout: Option<TimeBudget>,
    ) -> Result<ResponseData> {
        let _under_way = self.enter(timeout.is_some())?;
        let call = self
            .dialect
            .encode(&self.token, address, hash, request)
            .map_err(|why| unsayable(request, why))?;
        match self.transport.make(&call, timeout) {
            Ok((answer, reached)) => self.judge(request, answer, reached),
            Err(stopped) => Err(self.stopped(request, &self.told(&stopped))),
        }
    }

    /// Whether this thread is in the midst of a request, which ends when it goes on.
    pub fn is_in_the_midst(&self) -> bool {
        ActiveRequestGuard::depth(self) > 0
    }

    /// Takes no further request and waits until `deadline` for those under way, but for those that this thread is in the
    /// midst of; what still waits for its answer then is broken off. Returns how many of them somebody had called for;
    /// [`Outbox`](crate::sending::Outbox) knows those that were posted.
    pub fn close(&self, deadline: Instant) -> usize {
        self.closed.store(true, Ordering::SeqCst);
        let left = self.wait_until(deadline);
        self.broken_off.store(true, Ordering::SeqCst);
        self.transport.shut_down();
        left
    }

    /// Whether requests that were under way when the client was closed were broken off.
    pub fn is_broken_off(&self) -> bool {
        self.broken_off.load(Ordering::SeqCst)
    }

    fn enter(&self, is_call: bool) -> Result<InFlightGuard<'_>> {
        self.check_origin()
            .map_err(|error| error.delivered(Delivery::NotSent))?;
        let mut count = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.closed.load(Ordering::SeqCst) {
            return Err(
                Error::new(Status::Closed, Status::Closed.text()).delivered(Delivery::NotSent)
            );
        }
        count.all += 1;
        count.calls += usize::from(is_call);
        Ok(InFlightGuard {
            sender: self,
            is_call,
            _midst: ActiveRequestGuard::enter(self),
        })
    }

    fn wait_until(&self, deadline: Instant) -> usize {
        let mut count = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let ours = ActiveRequestGuard::depth(self);
        while count.all > ours {
            let left = deadline.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                break;
            }
            count = self
                .ended
                .wait_timeout(count, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        count.calls
    }

    /// Why no answer came. Whatever a request ran into whose caller ended the wait, or one that closing broke off, that is
    /// the reason.
    fn told(&self, stopped: &TransportError) -> FailureReport {
        let told = stopped.tell(&self.transport.target());
        if interrupt::has_ended() {
            return FailureReport {
                status: Status::Lost,
                what: "the wait for its answer was interrupted".to_owned(),
                may_pass: true,
                ..told
            };
        }
        match (self.is_broken_off(), told.delivery, told.status) {
            (true, Delivery::NotSent, status) if status != Status::Timeout => FailureReport {
                status: Status::Closed,
                what: "the client was closed".to_owned(),
                ..told
            },
            (true, Delivery::Unknown, Status::Lost) => FailureReport {
                what: "the client was closed before the answer came".to_owned(),
                ..told
            },
            _ => told,
        }
    }

    /// No answer came, or none of the service's.
    pub(crate) fn stopped(&self, request: &Request, told: &FailureReport) -> Error {
        let then = match told.delivery {
            Delivery::NotSent => "it was not sent",
            _ => "whether the service received it is unknown",
        };
        let may_repeat = told.delivery == Delivery::NotSent || request.is_idempotent();
        Error::new(
            told.status,
            format!("{}: {}; {then}", request.name(), told.what),
        )
        .delivered(told.delivery)
        .retryable(told.may_pass && may_repeat)
    }

    /// Tells the log how a request of this name has ended, or one try of it. The callback of the log may do anything, such
    /// as close the client, so nothing may wait for who calls this.
    pub(crate) fn log<T>(&self, request: &str, outcome: &Result<T>) {
        match outcome {
            Ok(_) => log::debug!("{request} accepted"),
            Err(error) => log::warn!(
                "{request} to {} {}: {}",
                self.transport.target().host,
                error.delivery().map_or("failed", Delivery::name),
                error.status().name()
            ),
        }
    }

    pub(crate) fn scrub(&self, request: &Request, text: &mut String) {
        self.token.scrub(text);
        request.scrub(text);
    }
}

fn check_ids(address: &Address, department: bool, client_id: bool) -> Result<()> {
    let missing =
        |status: Status| Err(Error::new(status, status.text()).delivered(Delivery::NotSent));
    if department && address.department.is_empty() {
        return missing(Status::Department);
    }
    if client_id && address.client_id.is_empty() {
        return missing(Status::ClientId);
    }
    Ok(())
}

/// Why a request was not even written.
fn unsayable(request: &Request, why: EncodeError) -> Error {
    let name = request.name();
    let (status, message) = match why {
        EncodeError::Unsupported {
            request,
            field,
            dialect,
            instead,
        } => {
            let what = match field {
                Some(field) => format!("no field {field} in the request {request}"),
                None => format!("no request {request}"),
            };
            let instead = match instead.as_str() {
                "" => String::new(),
                dialects => format!("; there is one in {dialects}"),
            };
            (
                Status::Unsupported,
                format!("the dialect {dialect} has {what}{instead}; nothing was sent"),
            )
        }
        EncodeError::NoHash => (
            Status::Interaction,
            format!("{name}: {}", Status::Interaction.text()),
        ),
        EncodeError::Department => (
            Status::Department,
            format!(
                "{name}: the id of a department is a whole number in this dialect; pass one that the list of departments \
                 has; nothing was sent"
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
                "{name}: the interaction's hash or the token is too long for a URL; nothing was sent"
            ),
        ),
    };
    Error::new(status, message).delivered(Delivery::NotSent)
}

/// Counts a request as under way for as long as it lives.
struct InFlightGuard<'a> {
    sender: &'a Sender,
    is_call: bool,
    _midst: Option<ActiveRequestGuard>,
}

impl Drop for InFlightGuard<'_> {
    fn drop(&mut self) {
        let mut count = self
            .sender
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        count.all -= 1;
        count.calls -= usize::from(self.is_call);
        // Only closing waits, and to notify nobody costs a system call too.
        if self.sender.closed.load(Ordering::SeqCst) {
            self.sender.ended.notify_all();
        }
    }
}
