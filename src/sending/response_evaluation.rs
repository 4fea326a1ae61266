//! What an answer means for the request that it answers.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use ureq::Error as HttpError;

use crate::error::{Delivery, Error, Result};
use crate::interrupt;
use crate::sending::failure;
use crate::sending::http::deadlines::Progress;
use crate::sending::http::response::{HttpResponse, ResponseError};
use crate::sending::sender::Sender;
use crate::status::Status;
use crate::wire;
use crate::wire::body::content_coding;
use crate::wire::body::content_coding::CodingError;
use crate::wire::{Reason, Request, ResponseData, Verdict};

impl Sender {
    /// What a request ends with that was answered like this.
    pub(crate) fn judge(
        &self,
        request: &Request,
        answer: HttpResponse,
        reached: Progress,
    ) -> Result<ResponseData> {
        let http_status = answer.status;
        let wait = answer.retry_after.as_deref().and_then(asked_to_wait);
        if let Some(told) = failure::proxy_says(&self.transport.target(), http_status) {
            return Err(self
                .stopped(request, &told)
                .answered(http_status, Vec::new()));
        }
        let (text, reason) = match self.text(&answer, reached) {
            Ok(text) => match wire::judge(http_status, &text) {
                Verdict::Accepted => return self.read(request, http_status, &text),
                Verdict::Unknown => {
                    let why = "its body begins as a JSON object and can't be read as one; see the error's body";
                    let body = self.scrubbed(request, text).into_bytes();
                    return Err(undecided(request, http_status, Status::Protocol, why)
                        .answered(http_status, body));
                }
                Verdict::Rejected(reason) => (text, self.reason(request, reason)),
            },
            // The status alone says that it was refused.
            Err((_, why)) if !(200..300).contains(&http_status) => {
                (Cow::default(), format!("its reason can't be read: {why}"))
            }
            Err((status, why)) => return Err(undecided(request, http_status, status, &why)),
        };
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
        let wait = wait.filter(|_| passing);
        let again = match wait {
            Some(wait) => format!("; it may be made again after {} s", wait.as_secs()),
            None if passing => "; it may be made again".to_owned(),
            None => String::new(),
        };
        let body = self.scrubbed(request, text).into_bytes();
        Err(Error::new(status, message + &again)
            .delivered(Delivery::Rejected)
            .answered(http_status, body)
            .retryable(passing)
            .retry_after(wait))
    }

    /// Why the service refused, for messages.
    fn reason(&self, request: &Request, reason: Reason) -> String {
        match reason {
            Reason::Given(reason) => {
                format!("it said: {}", self.scrubbed(request, reason.into()))
            }
            Reason::Missing => "it gave no reason".to_owned(),
            Reason::Unreadable => {
                "its reason is in no form that is known; see the error's body".to_owned()
            }
        }
    }

    fn scrubbed(&self, request: &Request, text: Cow<'_, str>) -> String {
        let mut text = text.into_owned();
        self.scrub(request, &mut text);
        text
    }

    /// The text of an answer's body, or the status and the reason why it can't be read.
    fn text<'a>(
        &self,
        answer: &'a HttpResponse,
        reached: Progress,
    ) -> std::result::Result<Cow<'a, str>, (Status, String)> {
        let body = answer.body.as_ref();
        let bytes = &body.map_err(|error| self.unread(error, reached))?.0;
        let plain = content_coding::decode(bytes, answer.codings.as_deref(), self.answer_max_bytes)
            .map_err(undecoded)?;
        Ok(match plain {
            Cow::Borrowed(plain) => wire::body::text(plain, answer.charset).text,
            Cow::Owned(plain) => {
                let text = wire::body::text(&plain, answer.charset).text;
                Cow::Owned(text.into_owned())
            }
        })
    }

    /// What an answer holds that was accepted.
    fn read(&self, request: &Request, http_status: u16, body: &str) -> Result<ResponseData> {
        self.dialect.read(request, body.as_bytes()).map_err(|unexpected| {
            Error::new(
                Status::Response,
                format!(
                    "the service accepted the request {}, but its answer is not {}; is the dialect the right one?",
                    request.name(),
                    unexpected.expected
                ),
            )
            .delivered(Delivery::Accepted)
            .answered(http_status, Vec::new())
        })
    }

    /// Why the body of an answer could not be received.
    fn unread(&self, error: &HttpError, reached: Progress) -> (Status, String) {
        match error {
            _ if interrupt::has_ended() => {
                (Status::Lost, "the wait for its body was interrupted".into())
            }
            HttpError::BodyExceedsLimit(limit) => (
                Status::ResponseTooLarge,
                format!("its body is larger than the {limit} bytes that response.max_bytes allows"),
            ),
            HttpError::Timeout(_) => (
                Status::Timeout,
                format!("its body did not end within {reached}"),
            ),
            _ if ResponseError::of(error) == Some(ResponseError::NoMemory) => {
                (Status::System, "there is no memory for its body".into())
            }
            _ if ResponseError::of(error).is_some() => {
                (Status::Protocol, "its body is no HTTP".into())
            }
            _ if self.is_broken_off() => (
                Status::Lost,
                "the client was closed before its body had come".into(),
            ),
            _ => (Status::Lost, "the connection broke within its body".into()),
        }
    }
}

/// A 2xx whose body could not be read: the service had the request, and what it decided stands in that body.
fn undecided(request: &Request, http_status: u16, status: Status, why: &str) -> Error {
    let name = request.name();
    Error::new(
        status,
        format!(
            "the service answered the {name} with HTTP {http_status}, but {why}; whether it accepted it is unknown"
        ),
    )
    .delivered(Delivery::Unknown)
    .answered(http_status, Vec::new())
    .retryable(request.is_harmless_twice())
}

/// Why the content coding of a body could not be undone.
fn undecoded(error: CodingError) -> (Status, String) {
    match error {
        CodingError::TooLarge(limit) => (
            Status::ResponseTooLarge,
            format!(
                "its body is, when it is decompressed, larger than the {limit} bytes that response.max_bytes allows"
            ),
        ),
        CodingError::NoMemory => (Status::System, "there is no memory for its body".into()),
        CodingError::Corrupt => (
            Status::Protocol,
            "its body can't be decompressed: it is not of the coding that the header Content-Encoding names".into(),
        ),
        CodingError::Unsupported => (
            Status::Protocol,
            format!(
                "its body is compressed in a way that was not asked for and that is not known; {} are",
                content_coding::SUPPORTED
            ),
        ),
    }
}

/// How long a Retry-After asks to wait: so many seconds, or until a date.
fn asked_to_wait(retry_after: &str) -> Option<Duration> {
    if let Ok(seconds) = retry_after.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(retry_after).ok()?;
    // A date that has passed asks for no wait.
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}
