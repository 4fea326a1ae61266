//! What went wrong, as data.

use std::fmt;
use std::time::Duration;

use crate::client::close_report::CloseReport;
use crate::status::Status;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Delivery {
    /// The service took it.
    Accepted = 1,
    /// The service refused it.
    Rejected = 2,
    /// The service surely has not received it.
    NotSent = 3,
    /// The service may or may not have received it.
    Unknown = 4,
}

impl Delivery {
    /// The outcome in a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Delivery::Accepted => "accepted",
            Delivery::Rejected => "rejected",
            Delivery::NotSent => "not sent",
            Delivery::Unknown => "unknown",
        }
    }
}

/// Why a call failed: a status, a message that says what was wrong, what was expected and what to do, and, where a
/// request was made, what became of it. Holds no token and nothing personal.
pub struct Error(Box<Facts>);

struct Facts {
    status: Status,
    message: String,
    delivery: Option<Delivery>,
    http_status: Option<u16>,
    body: Vec<u8>,
    retryable: bool,
    retry_after: Option<Duration>,
    left: Option<CloseReport>,
}

/// What a fallible call gives.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error that concerns no request.
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        Error(Box::new(Facts {
            status,
            message: message.into(),
            delivery: None,
            http_status: None,
            body: Vec::new(),
            retryable: false,
            retry_after: None,
            left: None,
        }))
    }

    /// The same error, about a request of which an earlier try may have been received: whatever became of the last one, the
    /// service may have the request.
    pub(crate) fn after_an_unknown_try(mut self) -> Self {
        if matches!(
            self.0.delivery,
            Some(Delivery::NotSent | Delivery::Rejected)
        ) {
            self.0.delivery = Some(Delivery::Unknown);
            self.0
                .message
                .push_str("; an earlier try may have been received");
        }
        self
    }

    /// The same error, about a request that ended so.
    pub(crate) fn delivered(mut self, delivery: Delivery) -> Self {
        self.0.delivery = Some(delivery);
        self
    }

    /// The same error, with what the service answered.
    pub(crate) fn answered(mut self, http_status: u16, body: Vec<u8>) -> Self {
        self.0.http_status = Some(http_status);
        self.0.body = body;
        self
    }

    /// The same error, marked as one that may pass by itself and whose request may be sent again without harm.
    pub(crate) fn retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    /// The same error, with how long the service asks to wait before the request is made again.
    pub(crate) fn retry_after(mut self, after: Option<Duration>) -> Self {
        self.0.retry_after = after;
        self
    }

    /// How long the service asks to wait before the request is made again, where it does.
    pub fn asked_to_wait(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The same error, about closing, which has left this.
    pub(crate) fn leaving(mut self, left: CloseReport) -> Self {
        self.0.left = Some(left);
        self
    }

    /// What closing has left, where a callback took too long for it.
    pub fn left(&self) -> Option<CloseReport> {
        self.0.left
    }

    /// The status.
    pub fn status(&self) -> Status {
        self.0.status
    }

    /// What was wrong, what was expected, and what to do.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What became of the request; `None` where the call made none.
    pub fn delivery(&self) -> Option<Delivery> {
        self.0.delivery
    }

    /// The HTTP status of the answer, where there was one.
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// The body of the answer, where there was one; what the request held of token and personal data is taken out.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// Whether the same call may succeed later, and making it again does no harm.
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
