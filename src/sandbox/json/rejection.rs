//! The error response to a request.

/// An HTTP status and a message: what was wrong and what was expected. Never contains a token or a message's text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub status: u16,
    pub message: String,
}

impl Rejection {
    pub fn new(status: u16, message: impl Into<String>) -> Rejection {
        Rejection {
            status,
            message: message.into(),
        }
    }

    /// Status 422: the request is valid JSON, but its content is wrong.
    pub fn unprocessable(message: impl Into<String>) -> Rejection {
        Rejection::new(422, message)
    }
}
