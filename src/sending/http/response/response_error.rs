//! Answers that can't be read.

use std::error::Error;
use std::fmt;

use ureq::Error as HttpError;

use crate::sending::http::response::response_head;

/// Why an answer can't be read. Shows nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseError {
    /// It does not follow HTTP.
    NotHttp,
    /// Its head is larger than [`MOST_BYTES`](Self::MOST_BYTES).
    HeadTooLarge,
    /// There is no memory for it.
    NoMemory,
}

impl ResponseError {
    /// The largest head that is read, in bytes.
    pub const MOST_BYTES: usize = response_head::MOST_BYTES;

    /// Returns this error if the HTTP client's error holds it.
    pub fn of(error: &HttpError) -> Option<Self> {
        match error {
            HttpError::Other(cause) => cause.downcast_ref().copied(),
            _ => None,
        }
    }
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ResponseError::NotHttp => "the answer does not follow HTTP",
            ResponseError::HeadTooLarge => "the head of the answer is too large",
            ResponseError::NoMemory => "there is no memory for the answer",
        })
    }
}

impl Error for ResponseError {}

impl From<ResponseError> for HttpError {
    fn from(bad: ResponseError) -> Self {
        HttpError::Other(Box::new(bad))
    }
}
