//! Rejections of the listener. Each has a status, a counter and a rate-limited log line without data of the request.

use hyper::StatusCode;

use crate::receiving::rate_limited_log;
use crate::receiving::rate_limited_log::LogRateLimiter;
use crate::statistics::{Counters, Statistic};

/// The reason of a rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    NotAllowed,
    BadCredentials,
    WrongPath,
    WrongMethod,
    Malformed,
    HeadTooLarge,
    TooLarge,
    TooSlow,
    Incomplete,
    InvalidTrigger,
    UnsupportedCoding,
    Unavailable,
    TlsFailed,
    OverLimit,
}

impl Rejection {
    const ALL: [Rejection; 14] = [
        Rejection::NotAllowed,
        Rejection::BadCredentials,
        Rejection::WrongPath,
        Rejection::WrongMethod,
        Rejection::Malformed,
        Rejection::HeadTooLarge,
        Rejection::TooLarge,
        Rejection::TooSlow,
        Rejection::Incomplete,
        Rejection::InvalidTrigger,
        Rejection::UnsupportedCoding,
        Rejection::Unavailable,
        Rejection::TlsFailed,
        Rejection::OverLimit,
    ];

    /// Returns the HTTP status of the response. A rejection without a response has the status that would fit.
    pub fn status(self) -> StatusCode {
        match self {
            Rejection::NotAllowed => StatusCode::FORBIDDEN,
            Rejection::BadCredentials => StatusCode::UNAUTHORIZED,
            Rejection::WrongPath => StatusCode::NOT_FOUND,
            Rejection::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Rejection::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Rejection::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Rejection::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Rejection::Malformed
            | Rejection::Incomplete
            | Rejection::InvalidTrigger
            | Rejection::TlsFailed => StatusCode::BAD_REQUEST,
            Rejection::UnsupportedCoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Rejection::Unavailable | Rejection::OverLimit => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn statistic(self) -> Statistic {
        match self {
            Rejection::NotAllowed => Statistic::NotAllowed,
            Rejection::BadCredentials => Statistic::BadCredentials,
            Rejection::WrongPath => Statistic::WrongPath,
            Rejection::WrongMethod => Statistic::WrongMethod,
            Rejection::Malformed => Statistic::Malformed,
            Rejection::HeadTooLarge => Statistic::HeadTooLarge,
            Rejection::TooLarge => Statistic::TooLarge,
            Rejection::TooSlow => Statistic::TooSlow,
            Rejection::Incomplete => Statistic::Incomplete,
            Rejection::InvalidTrigger | Rejection::UnsupportedCoding => Statistic::Unreadable,
            Rejection::Unavailable => Statistic::Rejected,
            Rejection::TlsFailed => Statistic::TlsFailed,
            Rejection::OverLimit => Statistic::OverLimit,
        }
    }

    fn description(self) -> &'static str {
        match self {
            Rejection::NotAllowed => "a request from an address that is not allowed",
            Rejection::BadCredentials => "a request without the right credentials",
            Rejection::WrongPath => "a request at a wrong path",
            Rejection::WrongMethod => "a request with a wrong method",
            Rejection::Malformed => "a request that is malformed",
            Rejection::HeadTooLarge => "a request whose head is too large",
            Rejection::TooLarge => "a request whose body is too large",
            Rejection::TooSlow => "a request that came too slowly",
            Rejection::Incomplete => "an incomplete request",
            Rejection::InvalidTrigger => "a body that is not a trigger",
            Rejection::UnsupportedCoding => "a body with an unknown content coding",
            Rejection::Unavailable => "a trigger that could not be accepted",
            Rejection::TlsFailed => "a connection that does not speak TLS",
            Rejection::OverLimit => "a connection over the limits, or closed one for another",
        }
    }
}

/// Counts and logs the rejections of one listener.
#[derive(Debug, Default)]
pub struct RejectionCounters {
    counters: Counters,
    log_limiters: [LogRateLimiter; Rejection::ALL.len()],
}

impl RejectionCounters {
    /// Counts a rejection, and logs it at a limited rate.
    pub fn record(&self, rejection: Rejection) {
        self.counters.count(rejection.statistic());
        if let Some(suppressed) = self.log_limiters[rejection as usize].check() {
            log_rejection(rejection, suppressed);
        }
    }

    /// Counts an accepted trigger.
    pub fn record_received(&self) {
        self.counters.count(Statistic::Received);
    }

    /// Returns all counters.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Returns the value of a counter.
    pub fn count_of(&self, statistic: Statistic) -> u64 {
        self.counters.get(statistic)
    }

    /// Logs the number of suppressed lines.
    pub fn flush(&self) {
        for (rejection, limiter) in Rejection::ALL.into_iter().zip(&self.log_limiters) {
            let suppressed = limiter.take_suppressed();
            if suppressed > 0 {
                log_rejection(rejection, suppressed - 1);
            }
        }
    }
}

fn log_rejection(rejection: Rejection, suppressed: u64) {
    let (description, status) = (rejection.description(), rejection.status().as_u16());
    let more = rate_limited_log::suppressed_suffix(suppressed);
    log::warn!("the listener rejected {description} ({status}){more}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_complete_and_in_order() {
        for (index, rejection) in Rejection::ALL.into_iter().enumerate() {
            assert_eq!(rejection as usize, index);
        }
        assert_eq!(Rejection::OverLimit as usize + 1, Rejection::ALL.len());
    }
}
