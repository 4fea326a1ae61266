//! Answers that can't be read.

use std::error::Error;
use std::fmt;

use ureq::Error as HttpError;

use super::head;

/// Why an answer can't be read. Shows nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadAnswer {
    /// It does not follow HTTP.
    NotHttp,
    /// Its head is larger than [`MOST_BYTES`](Self::MOST_BYTES).
    HeadTooLarge,
    /// There is no memory for it.
    NoMemory,
}

impl BadAnswer {
    /// The largest head that is read, in bytes.
    pub const MOST_BYTES: usize = head::MOST_BYTES;

    /// Returns this error if the HTTP client's error holds it.
    pub fn of(error: &HttpError) -> Option<Self> {
        match error {
            HttpError::Other(cause) => cause.downcast_ref().copied(),
            _ => None,
        }
    }
}

impl fmt::Display for BadAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadAnswer::NotHttp => "the answer does not follow HTTP",
            BadAnswer::HeadTooLarge => "the head of the answer is too large",
            BadAnswer::NoMemory => "there is no memory for the answer",
        })
    }
}

impl Error for BadAnswer {}

impl From<BadAnswer> for HttpError {
    fn from(bad: BadAnswer) -> Self {
        HttpError::Other(Box::new(bad))
    }
}
