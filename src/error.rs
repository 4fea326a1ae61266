//! The error type of the crate, and the delivery of a request.

use std::fmt;
use std::time::Duration;

use crate::close_report::CloseReport;
use crate::status::Status;

/// The fate of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Delivery {
    /// The service accepted it.
    Accepted = 1,
    /// The service rejected it.
    Rejected = 2,
    /// The service has certainly not received it.
    NotSent = 3,
    /// The service may or may not have received it.
    Unknown = 4,
}

impl Delivery {
    /// Every delivery, in the order of their numbers.
    pub const ALL: [Delivery; 4] = [
        Delivery::Accepted,
        Delivery::Rejected,
        Delivery::NotSent,
        Delivery::Unknown,
    ];

    /// Returns the delivery as text, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Delivery::Accepted => "accepted",
            Delivery::Rejected => "rejected",
            Delivery::NotSent => "not sent",
            Delivery::Unknown => "unknown",
        }
    }
}

/// The failure of a call: a status, a message, and the delivery if the call sent a request. Contains no token and no personal
/// data.
pub struct Error(Box<ErrorData>);

struct ErrorData {
    status: Status,
    message: String,
    delivery: Option<Delivery>,
    http_status: Option<u16>,
    body: Vec<u8>,
    retryable: bool,
    retry_after: Option<Duration>,
    close_report: Option<CloseReport>,
}

/// The result of a call that may fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Creates an error without delivery.
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Error(Box::new(ErrorData {
            status,
            message: message.into(),
            delivery: None,
            http_status: None,
            body: Vec::new(),
            retryable: false,
            retry_after: None,
            close_report: None,
        }))
    }

    /// Sets the delivery to unknown, because the service may have received an earlier attempt.
    pub(crate) fn after_unknown_attempt(mut self) -> Self {
        if matches!(
            self.0.delivery,
            Some(Delivery::NotSent | Delivery::Rejected)
        ) {
            self.0.delivery = Some(Delivery::Unknown);
            self.0
                .message
                .push_str("; an earlier attempt may have been received");
        }
        self
    }

    /// Sets the delivery of an invalid argument of a request: nothing was sent. Other errors do not change.
    #[must_use]
    pub fn as_request_argument(self) -> Self {
        match self.status() {
            Status::Argument | Status::Encoding if self.delivery().is_none() => {
                self.with_delivery(Delivery::NotSent)
            }
            _ => self,
        }
    }

    /// Begins the message with the name `to`, instead of the request's name `from`.
    pub(crate) fn rename_request(mut self, from: &str, to: &str) -> Self {
        let prefix = format!("{from}: ");
        let message = &self.0.message;
        let rest = message.strip_prefix(&prefix).unwrap_or(message);
        self.0.message = format!("{to}: {rest}");
        self
    }

    /// Sets the delivery.
    pub(crate) fn with_delivery(mut self, delivery: Delivery) -> Self {
        self.0.delivery = Some(delivery);
        self
    }

    /// Sets the HTTP status and the body of the response.
    pub(crate) fn with_response(mut self, http_status: u16, body: Vec<u8>) -> Self {
        self.0.http_status = Some(http_status);
        self.0.body = body;
        self
    }

    /// Sets whether a retry may succeed and does no harm.
    pub(crate) fn with_retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    /// Sets the delay that the service requests before a retry.
    pub(crate) fn with_retry_after(mut self, after: Option<Duration>) -> Self {
        self.0.retry_after = after;
        self
    }

    /// Returns the delay that the service requests before a retry, if it does.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Sets what remained when the client closed.
    pub(crate) fn with_close_report(mut self, report: CloseReport) -> Self {
        self.0.close_report = Some(report);
        self
    }

    /// Returns what remained when the client closed, if a callback exceeded the timeout of the close.
    pub fn close_report(&self) -> Option<CloseReport> {
        self.0.close_report
    }

    /// Returns the status.
    pub fn status(&self) -> Status {
        self.0.status
    }

    /// Returns the message: what was wrong, what was expected, and what to do.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the delivery of the request; `None` if the call sent none.
    pub fn delivery(&self) -> Option<Delivery> {
        self.0.delivery
    }

    /// Returns the HTTP status of the response, if there was one.
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// Returns the body of the response, if there was one. The token and the personal data of the request are removed.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// Returns whether the same call may succeed later, and a retry does no harm.
    pub fn is_retryable(&self) -> bool {
        self.0.retryable
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("status", &self.0.status)
            .field("message", &self.0.message)
            .field("delivery", &self.0.delivery)
            .field("http_status", &self.0.http_status)
            .field("retryable", &self.0.retryable)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {}
