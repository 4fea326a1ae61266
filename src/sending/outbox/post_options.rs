//! The options of one posted request.

use std::time::Duration;

use crate::error::{Delivery, Error, Result};
use crate::status::Status;
use crate::text_encoding::TextEncoding;
use crate::wire::Redacted;

/// The longest reference, in bytes of the client's encoding.
const MAX_REFERENCE_LENGTH: usize = 255;

/// The options of one posted request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostOptions {
    /// The application's own text for the request, of 1 to 255 bytes in the client's encoding, without NUL. The outcome
    /// contains it. Another post with the same reference returns the first ticket and sends nothing.
    pub reference: Option<Redacted>,
    /// How long after the post the request may be sent. `None`: the option `message.max_age` for messages, no limit for
    /// other requests. [`NO_MAX_AGE`](Self::NO_MAX_AGE): no limit.
    pub max_age: Option<Duration>,
}

impl PostOptions {
    /// The value of [`max_age`](Self::max_age) for no limit, also if the option `message.max_age` is set.
    pub const NO_MAX_AGE: Duration = Duration::from_millis(u64::MAX);

    /// Checks the options.
    ///
    /// # Errors
    /// [`Status::Argument`].
    pub(crate) fn check(&self, encoding: TextEncoding) -> Result<()> {
        let checked = match &self.reference {
            Some(reference) => check_reference(reference.expose(), encoding),
            None => Ok(()),
        };
        checked
            .and_then(|()| self.max_age.map_or(Ok(()), check_max_age))
            .map_err(|error| error.with_delivery(Delivery::NotSent))
    }
}

/// Checks a reference.
///
/// # Errors
/// [`Status::Argument`].
pub(crate) fn check_reference(reference: &str, encoding: TextEncoding) -> Result<()> {
    let length = encoding.encode(reference).0.len();
    let reason = if length == 0 {
        "it is empty".to_owned()
    } else if length > MAX_REFERENCE_LENGTH {
        format!("it has {length} bytes")
    } else if let Some(position) = reference.find('\0') {
        format!("it has a NUL at byte {position}")
    } else {
        return Ok(());
    };
    Err(Error::new(
        Status::Argument,
        format!(
            "reference: {reason}; pass 1 to {MAX_REFERENCE_LENGTH} bytes without NUL, or no reference; nothing was posted"
        ),
    )
    .with_delivery(Delivery::NotSent))
}

/// Checks an age limit.
///
/// # Errors
/// [`Status::Argument`].
pub(crate) fn check_max_age(max_age: Duration) -> Result<()> {
    if max_age >= Duration::from_millis(1) {
        return Ok(());
    }
    Err(Error::new(
        Status::Argument,
        "max_age is less than a millisecond; pass the time after the post in which the request may be sent, at least 1 ms; \
         nothing was posted",
    )
    .with_delivery(Delivery::NotSent))
}
