//! The story of one request, from JSON to what became of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::Error as HttpError;

use super::attempt::Stage;
use super::transport::{Answer, Stopped, Transport};
use crate::config::Settings;
use crate::error::{Delivery, Error, Result};
use crate::host;
use crate::status::Status;
use crate::wire::{self, Address, Redacted, Request, Verdict};

/// Sends requests with one token. Any number of threads may send at once.
#[derive(Debug)]
pub struct Sender {
    token: Redacted,
    transport: Transport,
    closed: AtomicBool,
    broken_off: AtomicBool,
    under_way: Mutex<usize>,
    ended: Condvar,
}

impl Sender {
    /// A sender by these settings.
    pub fn new(settings: &Settings) -> Self {
        Sender {
            token: settings.token.clone(),
            transport: Transport::new(settings),
            closed: AtomicBool::new(false),
            broken_off: AtomicBool::new(false),
            under_way: Mutex::new(0),
            ended: Condvar::new(),
        }
    }

    /// Whether a request to this address can be made at all.
    ///
    /// # Errors
    /// [`Status::Department`], [`Status::ClientId`]: it is missing.
    pub fn check(address: &Address) -> Result<()> {
        let missing =
            |status: Status| Err(Error::new(status, status.text()).delivered(Delivery::NotSent));
        if address.department.is_empty() {
            return missing(Status::Department);
        }
        if address.client_id.is_empty() {
            return missing(Status::ClientId);
        }
        Ok(())
    }

    /// Sends a request once and waits for the answer, for as long as the option `timeout` allows. `Ok` means that the
    /// service accepted it.
    ///
    /// # Errors
    /// The error's [`delivery`](Error::delivery) tells what became of the request.
    pub fn send(&self, address: &Address, request: &Request) -> Result<()> {
        Self::check(address)?;
        let _under_way = self.enter()?;
        let json = wire::rest::encode(&self.token, address, request);
        let outcome = match self.transport.post(&json) {
            Ok(answer) => self.judge(request, answer),
            Err(stopped) => Err(self.stopped(request, &stopped)),
        };
        match &outcome {
            Ok(()) => log::debug!("{} accepted", request.name()),
            Err(error) => log::warn!(
                "{} {}: {}",
                request.name(),
                error.delivery().map_or("failed", Delivery::name),
                error.status().name()
            ),
        }
        outcome
    }

    /// Takes no further request; those under way go on.
    pub fn refuse(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    /// Takes no further request and waits until `deadline` for those under way; what still waits for its answer then is
    /// broken off. Returns how many were.
    pub fn close(&self, deadline: Instant) -> usize {
        self.refuse();
        let left = self.wait_until(deadline);
        self.broken_off.store(true, Ordering::SeqCst);
        self.transport.shut_down();
        left
    }

    fn enter(&self) -> Result<UnderWay<'_>> {
        host::fork::check().map_err(|error| error.delivered(Delivery::NotSent))?;
        let mut count = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.closed.load(Ordering::SeqCst) {
            return Err(
                Error::new(Status::Closed, Status::Closed.text()).delivered(Delivery::NotSent)
            );
        }
        *count += 1;
        Ok(UnderWay(self))
    }

    fn wait_until(&self, deadline: Instant) -> usize {
        let mut count = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        while *count > 0 {
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
        *count
    }

    fn judge(&self, request: &Request, answer: Answer) -> Result<()> {
        let http_status = answer.status;
        let body = match answer.body {
            Ok(body) => body,
            // The status alone says that it was refused.
            Err(_) if !(200..300).contains(&http_status) => Vec::new(),
            Err(error) => return Err(self.unread(request, http_status, &error)),
        };
        let Verdict::Rejected(reason) = wire::judge(http_status, &body) else {
            return Ok(());
        };
        let reason = reason.map_or("it gave no reason".to_owned(), |mut reason| {
            self.scrub(request, &mut reason);
            format!("it said: {reason}")
        });
        let name = request.name();
        let (status, message) = match http_status {
            200..300 => (
                Status::Failed,
                format!(
                    "the service answered HTTP {http_status} and yet refused the {name}; {reason}"
                ),
            ),
            300..400 => (
                Status::Rejected,
                format!(
                    "the service points elsewhere for the {name} (HTTP {http_status}); check base_url; {reason}"
                ),
            ),
            500.. => (
                Status::Service,
                format!("the service failed on the {name} (HTTP {http_status}); {reason}"),
            ),
            _ => (
                Status::Rejected,
                format!("the service refused the {name} (HTTP {http_status}); {reason}"),
            ),
        };
        let passing =
            matches!(http_status, 429 | 503) || (http_status >= 500 && request.is_harmless_twice());
        let mut shown = String::from_utf8_lossy(&body).into_owned();
        self.scrub(request, &mut shown);
        Err(Error::new(status, message)
            .delivered(Delivery::Rejected)
            .answered(http_status, shown.into_bytes())
            .retryable(passing))
    }

    /// A 2xx whose body could not be read: the service had the request, and what it decided stands in that body.
    fn unread(&self, request: &Request, http_status: u16, error: &HttpError) -> Error {
        let name = request.name();
        let (status, why) = match error {
            HttpError::BodyExceedsLimit(limit) => (
                Status::AnswerTooLarge,
                format!("its body is larger than the {limit} bytes that answer.max_bytes allows"),
            ),
            HttpError::Timeout(_) => (
                Status::Timeout,
                "its body did not end within timeout".into(),
            ),
            HttpError::Protocol(_) => (Status::Protocol, "its body is no HTTP".into()),
            _ => (Status::Lost, "the connection broke within its body".into()),
        };
        Error::new(
            status,
            format!("the service answered the {name} with HTTP {http_status}, but {why}"),
        )
        .delivered(Delivery::Unknown)
        .answered(http_status, Vec::new())
        .retryable(request.is_harmless_twice())
    }

    /// No answer came.
    fn stopped(&self, request: &Request, stopped: &Stopped) -> Error {
        let name = request.name();
        let host = self.transport.host();
        let sent = stopped.stage == Stage::Written;
        let (status, what) = match (&stopped.error, stopped.stage) {
            (HttpError::Timeout(_), Stage::Resolving) => (
                Status::Timeout,
                format!("the address of {host} was not found within timeout.connect"),
            ),
            (HttpError::Timeout(_), Stage::Connecting | Stage::Securing) => (
                Status::Timeout,
                format!("{host} could not be connected to within timeout.connect"),
            ),
            (HttpError::Timeout(_), _) => (
                Status::Timeout,
                format!("{host} did not answer within timeout"),
            ),
            (_, Stage::Resolving | Stage::Connecting) if self.broken_off.load(Ordering::SeqCst) => {
                (Status::Closed, "the client was closed".to_owned())
            }
            (_, Stage::Resolving) => (
                Status::Unreachable,
                format!(
                    "the host {host} is not known; check base_url and the network's name service"
                ),
            ),
            (HttpError::Io(error), Stage::Connecting)
                if error.kind() == std::io::ErrorKind::ConnectionRefused =>
            {
                (
                    Status::Refused,
                    format!(
                        "{host} refused the connection; check the port in base_url and whether the service runs"
                    ),
                )
            }
            (error, Stage::Connecting) => (
                Status::Unreachable,
                format!(
                    "{host} can't be reached ({}); check base_url and the network",
                    cause(error)
                ),
            ),
            (error, Stage::Securing) => (
                Status::Tls,
                format!(
                    "no secure connection to {host} ({}); check its certificate and this machine's clock",
                    cause(error)
                ),
            ),
            (HttpError::Protocol(_) | HttpError::Http(_), _) => (
                Status::Protocol,
                format!("{host} answered, but not in HTTP; check base_url"),
            ),
            (error, _) => (
                Status::Lost,
                format!(
                    "the connection to {host} broke before the answer came ({})",
                    cause(error)
                ),
            ),
        };
        let (delivery, then) = if sent {
            (
                Delivery::Unknown,
                "whether the service received it is unknown",
            )
        } else {
            (Delivery::NotSent, "it was not sent")
        };
        Error::new(status, format!("{name}: {what}; {then}"))
            .delivered(delivery)
            .retryable(!sent || request.is_harmless_twice())
    }

    fn scrub(&self, request: &Request, text: &mut String) {
        self.token.scrub(text);
        request.scrub(text);
    }
}

/// What the operating system or TLS said, where they said something; never what was sent or received.
fn cause(error: &HttpError) -> String {
    match error {
        HttpError::Io(error) => error.to_string(),
        _ => "it was closed".to_owned(),
    }
}

/// Counts a request as under way for as long as it lives.
struct UnderWay<'a>(&'a Sender);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut count = self
            .0
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *count -= 1;
        self.0.ended.notify_all();
    }
}
