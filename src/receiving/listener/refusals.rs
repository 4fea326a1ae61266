//! What the listener refuses: each kind with its answer, its counter, and a line in the log that says nothing of the request
//! and that a flood does not multiply.

use hyper::StatusCode;

use crate::receiving::sparing::{self, Sparing};
use crate::receiving::statistics::{Counters, Statistic};

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
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

impl Refusal {
    const ALL: [Refusal; 14] = [
        Refusal::NotAllowed,
        Refusal::BadCredentials,
        Refusal::WrongPath,
        Refusal::WrongMethod,
        Refusal::Malformed,
        Refusal::HeadTooLarge,
        Refusal::TooLarge,
        Refusal::TooSlow,
        Refusal::BrokenOff,
        Refusal::NoTrigger,
        Refusal::UnknownCoding,
        Refusal::NoRoom,
        Refusal::NoTls,
        Refusal::OverLimit,
    ];

    /// What the request is answered. Where there is no request to answer, it says what would fit.
    pub fn status(self) -> StatusCode {
        match self {
            Refusal::NotAllowed => StatusCode::FORBIDDEN,
            Refusal::BadCredentials => StatusCode::UNAUTHORIZED,
            Refusal::WrongPath => StatusCode::NOT_FOUND,
            Refusal::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Refusal::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Refusal::Malformed | Refusal::BrokenOff | Refusal::NoTrigger | Refusal::NoTls => {
                StatusCode::BAD_REQUEST
            }
            Refusal::UnknownCoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Refusal::NoRoom | Refusal::OverLimit => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn statistic(self) -> Statistic {
        match self {
            Refusal::NotAllowed => Statistic::NotAllowed,
            Refusal::BadCredentials => Statistic::BadCredentials,
            Refusal::WrongPath => Statistic::WrongPath,
            Refusal::WrongMethod => Statistic::WrongMethod,
            Refusal::Malformed => Statistic::Malformed,
            Refusal::HeadTooLarge => Statistic::HeadTooLarge,
            Refusal::TooLarge => Statistic::TooLarge,
            Refusal::TooSlow => Statistic::TooSlow,
            Refusal::BrokenOff => Statistic::BrokenOff,
            Refusal::NoTrigger | Refusal::UnknownCoding => Statistic::Unreadable,
            Refusal::NoRoom => Statistic::TurnedAway,
            Refusal::NoTls => Statistic::NoTls,
            Refusal::OverLimit => Statistic::OverLimit,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Refusal::NotAllowed => "a request from an address that is not allowed",
            Refusal::BadCredentials => "a request without the right credentials",
            Refusal::WrongPath => "a request at a wrong path",
            Refusal::WrongMethod => "a request with a wrong method",
            Refusal::Malformed => "a request that is malformed",
            Refusal::HeadTooLarge => "a request whose head is too large",
            Refusal::TooLarge => "a request whose body is too large",
            Refusal::TooSlow => "a request that came too slowly",
            Refusal::BrokenOff => "a request that broke off",
            Refusal::NoTrigger => "a body that is no trigger",
            Refusal::UnknownCoding => "a body whose content coding is not known",
            Refusal::NoRoom => "a trigger that could not be kept",
            Refusal::NoTls => "a connection that does not speak TLS",
            Refusal::OverLimit => "a connection over the limits, or ended one for it",
        }
    }
}

/// Counts and logs what one listener refuses and takes.
#[derive(Debug, Default)]
pub struct Refusals {
    counters: Counters,
    lines: [Sparing; Refusal::ALL.len()],
}

impl Refusals {
    /// Counts a refusal, and logs it where the last line of its kind is old enough.
    pub fn note(&self, refusal: Refusal) {
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
        for (refusal, lines) in Refusal::ALL.into_iter().zip(&self.lines) {
            let kept_back = lines.kept_back();
            if kept_back > 0 {
                line(refusal, kept_back - 1);
            }
        }
    }
}

fn line(refusal: Refusal, kept_back: u64) {
    let (words, status) = (refusal.words(), refusal.status().as_u16());
    let more = sparing::and_more(kept_back);
    log::warn!("the listener refused {words} ({status}){more}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_complete_and_in_order() {
        for (index, refusal) in Refusal::ALL.into_iter().enumerate() {
            assert_eq!(refusal as usize, index);
        }
        assert_eq!(Refusal::OverLimit as usize + 1, Refusal::ALL.len());
    }
}
