//! Evaluates a response: accepted with data, or an error with its delivery and message.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use ureq::Error as HttpError;

use crate::error::{Delivery, Error, Result};
use crate::interrupt;
use crate::sending::deadlines::Progress;
use crate::sending::failure;
use crate::sending::http::destination::Destination;
use crate::sending::http::http_client::ReceivedResponse;
use crate::sending::http::response::http_response::HttpResponse;
use crate::sending::http::response::response_error::ResponseError;
use crate::sending::sender::Sender;
use crate::status::Status;
use crate::wire;
use crate::wire::body::content_coding;
use crate::wire::body::content_coding::CodingError;
use crate::wire::{Reason, Request, ResponseData, Verdict};

impl Sender {
    /// Returns the result of a request with this response.
    pub(crate) fn evaluate(
        &self,
        request: &Request,
        received: ReceivedResponse,
    ) -> Result<ResponseData> {
        let ReceivedResponse {
            response,
            progress,
            route,
        } = received;
        let http_status = response.status;
        let retry_after = response.retry_after.as_deref().and_then(parse_retry_after);
        let destination = route.destination();
        if let Some(report) = failure::describe_proxy_response(&destination, http_status) {
            let error = failure::to_error(request.name(), request.is_idempotent(), report);
            return Err(error.with_response(http_status, Vec::new()));
        }
        let mut rejects_token = wire::is_token_status(http_status);
        let decoded = self.decode_body(&response, progress);
        if let Ok(text) = &decoded
            && let Some(data) = self.parse_listed(request, http_status, text)
        {
            return Ok(data);
        }
        let (text, reason) = match decoded {
            Ok(text) => match wire::parse_verdict(http_status, &text) {
                Verdict::Accepted => return self.parse_data(request, http_status, &text),
                Verdict::Unknown => {
                    let reason = "its body is not valid JSON or contradicts itself, and may report a failure; see the error's body";
                    let body = self.redact(request, text).into_bytes();
                    return Err(
                        unknown_verdict(request, http_status, Status::Protocol, reason)
                            .with_response(http_status, body),
                    );
                }
                Verdict::Rejected(reason) => {
                    let reason = self.describe_reason(request, reason);
                    rejects_token |= can_reject_token(http_status)
                        // A service may repeat the request's own text, also in another form.
                        && !request.contains_word("token")
                        && wire::names_token(&reason);
                    (text, reason)
                }
                Verdict::TokenRejected(reason) => {
                    rejects_token |= can_reject_token(http_status);
                    (text, self.describe_reason(request, reason))
                }
            },
            // The HTTP status is enough to know that the request was rejected.
            Err((_, reason)) if !(200..300).contains(&http_status) => (
                Cow::default(),
                format!("its reason can't be read: {reason}"),
            ),
            Err((status, reason)) => {
                return Err(unknown_verdict(request, http_status, status, &reason));
            }
        };
        let name = request.name();
        let (status, message) = match http_status {
            _ if rejects_token => (
                Status::Auth,
                format!(
                    "the service rejected the {name} because of the token (HTTP {http_status}); check the option token, or \
                     generate a new token in the portal{}; {reason}",
                    proxy_hint(&destination, http_status)
                ),
            ),
            200..300 => (
                Status::Failed,
                format!(
                    "the service responded with HTTP {http_status} but rejected the {name}; {reason}"
                ),
            ),
            300..400 => (
                Status::Rejected,
                format!(
                    "the service redirected the {name} (HTTP {http_status}), and redirects are not followed; check base_url; {reason}"
                ),
            ),
            500.. => (
                Status::Service,
                format!("the service failed to process the {name} (HTTP {http_status}); {reason}"),
            ),
            404 => (
                Status::Rejected,
                format!(
                    "the service rejected the {name} (HTTP 404); {}; {reason}",
                    self.advice_for_404(request)
                ),
            ),
            _ => (
                Status::Rejected,
                format!("the service rejected the {name} (HTTP {http_status}); {reason}"),
            ),
        };
        let is_retryable =
            matches!(http_status, 429 | 503) || (http_status >= 500 && request.is_idempotent());
        let retry_after = retry_after.filter(|_| is_retryable);
        let advice = match retry_after {
            Some(delay) => format!("; it may be retried after {} s", delay.as_secs()),
            None if is_retryable => "; it may be retried".to_owned(),
            None => String::new(),
        };
        let body = self.redact(request, text).into_bytes();
        Err(Error::new(status, message + &advice)
            .with_delivery(Delivery::Rejected)
            .with_response(http_status, body)
            .with_retryable(is_retryable)
            .with_retry_after(retry_after))
    }

    /// Returns the options that may cause HTTP 404.
    fn advice_for_404(&self, request: &Request) -> String {
        let dialect = self.dialect.name();
        let token = match self.dialect.rejects_token_with_404(request) {
            true => ", the option token",
            false => "",
        };
        format!(
            "if the address is wrong, check base_url{token} and the option dialect, which is {dialect}"
        )
    }

    /// Returns the service's reason, for messages.
    fn describe_reason(&self, request: &Request, reason: Reason) -> String {
        match reason {
            Reason::Given(reason) => {
                format!("its reason: {}", self.redact(request, reason.into()))
            }
            Reason::Missing => "it sent no reason".to_owned(),
            Reason::Unreadable => "its reason has an unknown form; see the error's body".to_owned(),
        }
    }

    fn redact(&self, request: &Request, text: Cow<'_, str>) -> String {
        let mut text = text.into_owned();
        self.scrub(request, &mut text);
        text
    }

    /// Returns the body as text, or the status and the reason of the failure.
    fn decode_body<'a>(
        &self,
        response: &'a HttpResponse,
        progress: Progress,
    ) -> std::result::Result<Cow<'a, str>, (Status, String)> {
        let body = response.body.as_ref();
        let bytes = &body
            .map_err(|error| self.describe_body_error(error, progress))?
            .0;
        let codings = response.codings.as_deref();
        let decoded = content_coding::decode(bytes, codings, self.response_max_bytes)
            .map_err(describe_coding_error)?;
        Ok(match decoded {
            Cow::Borrowed(bytes) => wire::body::decode_text(bytes, response.charset).text,
            Cow::Owned(bytes) => {
                let text = wire::body::decode_text(&bytes, response.charset).text;
                Cow::Owned(text.into_owned())
            }
        })
    }

    /// Returns the data of a query if the response has it, unless the response also reports a failure as the service's page says.
    /// In such data, other words have other meanings: a department or an online agent has a `status` too.
    fn parse_listed(
        &self,
        request: &Request,
        http_status: u16,
        body: &str,
    ) -> Option<ResponseData> {
        let is_query = matches!(request, Request::Departments | Request::OnlineAgents);
        if !is_query || !(200..300).contains(&http_status) || wire::reports_documented_failure(body)
        {
            return None;
        }
        self.dialect.parse_response(request, body.as_bytes()).ok()
    }

    /// Parses the data of an accepted request.
    fn parse_data(&self, request: &Request, http_status: u16, body: &str) -> Result<ResponseData> {
        self.dialect.parse_response(request, body.as_bytes()).map_err(|unexpected| {
            Error::new(
                Status::Response,
                format!(
                    "the service accepted the request {}, but its response is not {}; check the option dialect",
                    request.name(),
                    unexpected.expected
                ),
            )
            .with_delivery(Delivery::Accepted)
            .with_response(http_status, Vec::new())
        })
    }

    /// Returns the status and the reason for a body that was not received.
    fn describe_body_error(&self, error: &HttpError, progress: Progress) -> (Status, String) {
        match error {
            _ if interrupt::is_interrupted() => {
                (Status::Lost, "the wait for its body was interrupted".into())
            }
            HttpError::BodyExceedsLimit(limit) => (
                Status::ResponseTooLarge,
                format!("its body is larger than response.max_bytes ({limit} bytes)"),
            ),
            HttpError::Timeout(_) => (
                Status::Timeout,
                format!("its body did not end within {progress}"),
            ),
            _ if ResponseError::of(error) == Some(ResponseError::NoMemory) => {
                (Status::System, "not enough memory for its body".into())
            }
            _ if ResponseError::of(error).is_some() => {
                (Status::Protocol, "its body is not valid HTTP".into())
            }
            _ if self.is_aborted() => (
                Status::Lost,
                "the client was closed before its body arrived".into(),
            ),
            _ => (
                Status::Lost,
                "the connection failed before the end of its body".into(),
            ),
        }
    }
}

/// Returns the error for a 2xx response with an unreadable body. The service has the request; the body contains its verdict.
fn unknown_verdict(request: &Request, http_status: u16, status: Status, reason: &str) -> Error {
    let name = request.name();
    Error::new(
        status,
        format!(
            "the service responded to the {name} with HTTP {http_status}, but {reason}; whether it accepted the request is unknown"
        ),
    )
    .with_delivery(Delivery::Unknown)
    .with_response(http_status, Vec::new())
    .with_retryable(request.is_idempotent())
}

/// Returns the status and the reason for a body that can't be decompressed.
fn describe_coding_error(error: CodingError) -> (Status, String) {
    match error {
        CodingError::TooLarge(limit) => (
            Status::ResponseTooLarge,
            format!("its decompressed body is larger than response.max_bytes ({limit} bytes)"),
        ),
        CodingError::NoMemory => (Status::System, "not enough memory for its body".into()),
        CodingError::Corrupt => (
            Status::Protocol,
            "its body can't be decompressed: it does not match its header Content-Encoding".into(),
        ),
        CodingError::Unsupported => (
            Status::Protocol,
            format!(
                "its body has an unknown content coding, which was not requested; supported are {}",
                content_coding::SUPPORTED
            ),
        ),
    }
}

/// Returns whether a response with this HTTP status may reject the token with a text in its body.
fn can_reject_token(http_status: u16) -> bool {
    matches!(http_status, 200..300 | 400..500) && http_status != 429
}

/// Returns the addition to a message about the token if the response may be the proxy's own.
fn proxy_hint(destination: &Destination<'_>, http_status: u16) -> String {
    match destination.proxy {
        Some(proxy) if destination.is_forwarded && http_status == 403 => {
            format!(", unless the proxy {} sent this response", proxy.name())
        }
        _ => String::new(),
    }
}

/// Parses a Retry-After, which is a number of seconds or a date.
fn parse_retry_after(retry_after: &str) -> Option<Duration> {
    if let Ok(seconds) = retry_after.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(retry_after).ok()?;
    // A date in the past means no delay.
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}
