//! Errors of responses that can't be read.

use std::error::Error;
use std::fmt;

use ureq::Error as HttpError;

/// The reason why a response can't be read. Contains no part of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseError {
    /// It is not HTTP.
    NotHttp,
    /// Its head is larger than [`MAX_HEAD_BYTES`](Self::MAX_HEAD_BYTES).
    HeadTooLarge,
    /// The process has not enough memory for it.
    NoMemory,
}

impl ResponseError {
    /// The limit for a head, with the interim responses (1xx) before it. The number of headers is not limited.
    pub const MAX_HEAD_BYTES: usize = 64 * 1024;

    /// Returns the response error that a ureq error contains.
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
            ResponseError::NotHttp => "the response is not HTTP",
            ResponseError::HeadTooLarge => "the head of the response is too large",
            ResponseError::NoMemory => "not enough memory for the response",
        })
    }
}

impl Error for ResponseError {}

impl From<ResponseError> for HttpError {
    fn from(error: ResponseError) -> Self {
        HttpError::Other(Box::new(error))
    }
}
