//! What the listener refuses: each kind with its answer, its counter, and a line in the log that says nothing of the request
//! and that a flood does not multiply.

use hyper::StatusCode;

use crate::receiving::rate_limited_log;
use crate::receiving::rate_limited_log::LogRateLimiter;
use crate::receiving::statistics::{Counters, Statistic};

/// Why something was refused.
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
    BrokenOff,
    NoTrigger,
    UnknownCoding,
    NoRoom,
    NoTls,
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
        Rejection::BrokenOff,
        Rejection::NoTrigger,
        Rejection::UnknownCoding,
        Rejection::NoRoom,
        Rejection::NoTls,
        Rejection::OverLimit,
    ];

    /// What the request is answered. Where there is no request to answer, it says what would fit.
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
            | Rejection::BrokenOff
            | Rejection::NoTrigger
            | Rejection::NoTls => StatusCode::BAD_REQUEST,
            Rejection::UnknownCoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Rejection::NoRoom | Rejection::OverLimit => StatusCode::SERVICE_UNAVAILABLE,
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
            Rejection::BrokenOff => Statistic::Incomplete,
            Rejection::NoTrigger | Rejection::UnknownCoding => Statistic::Unreadable,
            Rejection::NoRoom => Statistic::Rejected,
            Rejection::NoTls => Statistic::TlsFailed,
            Rejection::OverLimit => Statistic::OverLimit,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Rejection::NotAllowed => "a request from an address that is not allowed",
            Rejection::BadCredentials => "a request without the right credentials",
            Rejection::WrongPath => "a request at a wrong path",
            Rejection::WrongMethod => "a request with a wrong method",
            Rejection::Malformed => "a request that is malformed",
            Rejection::HeadTooLarge => "a request whose head is too large",
            Rejection::TooLarge => "a request whose body is too large",
            Rejection::TooSlow => "a request that came too slowly",
            Rejection::BrokenOff => "a request that broke off",
            Rejection::NoTrigger => "a body that is no trigger",
            Rejection::UnknownCoding => "a body whose content coding is not known",
            Rejection::NoRoom => "a trigger that could not be kept",
            Rejection::NoTls => "a connection that does not speak TLS",
            Rejection::OverLimit => "a connection over the limits, or ended one for it",
        }
    }
}

/// Counts and logs what one listener refuses and takes.
#[derive(Debug, Default)]
pub struct RejectionCounters {
    counters: Counters,
    lines: [LogRateLimiter; Rejection::ALL.len()],
}

impl RejectionCounters {
    /// Counts a refusal, and logs it where the last line of its kind is old enough.
    pub fn note(&self, refusal: Rejection) {
        self.counters.count(refusal.statistic());
        if let Some(kept_back) = self.lines[refusal as usize].another() {
            line(refusal, kept_back);
        }
    }

    /// Counts a trigger that was kept.
    pub fn note_kept(&self) {
        self.counters.count(Statistic::Received);
    }

    /// How often something was counted.
    pub fn count_of(&self, statistic: Statistic) -> u64 {
        self.counters.get(statistic)
    }

    /// Logs what was kept back.
    pub fn flush(&self) {
        for (refusal, lines) in Rejection::ALL.into_iter().zip(&self.lines) {
            let kept_back = lines.kept_back();
            if kept_back > 0 {
                line(refusal, kept_back - 1);
            }
        }
    }
}

fn line(refusal: Rejection, kept_back: u64) {
    let (words, status) = (refusal.words(), refusal.status().as_u16());
    let more = rate_limited_log::and_more(kept_back);
    log::warn!("the listener refused {words} ({status}){more}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_complete_and_in_order() {
        for (index, refusal) in Rejection::ALL.into_iter().enumerate() {
            assert_eq!(refusal as usize, index);
        }
        assert_eq!(Rejection::OverLimit as usize + 1, Rejection::ALL.len());
    }
}
