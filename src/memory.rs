//! Whether there is memory for what a peer or a caller has chosen the size of. Where there is none, allocating it would end
//! the process.

use crate::error::{Error, Result};
use crate::status::Status;

/// Below this, a process that has no memory has none for anything.
const SMALL: usize = 16 * 1024;

/// How many times a text or a body is in memory while it is worked on: as it came, as text, as JSON and on its way to the disk
/// or the network.
const COPIES: usize = 5;

/// Fails where there is no memory to work on so many bytes.
///
/// # Errors
/// This status, retryable.
pub fn check(bytes: usize, status: Status) -> Result<()> {
    if bytes < SMALL {
        return Ok(());
    }
    let wanted = bytes.saturating_mul(COPIES);
    // It is given back at once, and never touched, so it costs two system calls at the most.
    if Vec::<u8>::new().try_reserve_exact(wanted).is_ok() {
        return Ok(());
    }
    let message = format!(
        "there is no memory for {bytes} bytes now; try again when less waits, or give the process more"
    );
    Err(Error::new(status, message).retryable(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_machine_has_is_told() {
        check(1_000_000, Status::Full).unwrap();
        let error = check(usize::MAX / 2, Status::Full).unwrap_err();
        assert_eq!(error.status(), Status::Full);
        assert!(error.is_retryable());
    }
}
