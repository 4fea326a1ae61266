//! Checks whether there is memory for data whose size a peer or a caller chooses. A failed allocation would abort the
//! process.

use crate::error::{Error, Result};
use crate::status::Status;

/// Smaller sizes are not checked. A process without memory for them can't continue anyway.
const MIN_CHECKED_BYTES: usize = 16 * 1024;

/// The number of copies of a body in memory: as received, as text, as JSON, and while it is written.
const COPIES: usize = 5;

/// Fails if there is not enough memory to process this number of bytes.
///
/// # Errors
/// `status`, retryable.
pub fn check(bytes: usize, status: Status) -> Result<()> {
    if bytes < MIN_CHECKED_BYTES {
        return Ok(());
    }
    let wanted = bytes.saturating_mul(COPIES);
    // The memory is freed at once and never touched, so this costs at most two system calls.
    let mut probe = Vec::<u8>::new();
    let result = probe.try_reserve_exact(wanted);
    // Without this, the compiler may remove an allocation that nothing uses.
    std::hint::black_box(&probe);
    if result.is_ok() {
        return Ok(());
    }
    let message = format!(
        "not enough memory for {bytes} bytes; retry when fewer events and requests are queued, or raise the process's memory limit"
    );
    Err(Error::new(status, message).with_retryable(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_size_is_reported() {
        check(1_000_000, Status::Full).unwrap();
        let error = check(usize::MAX / 2, Status::Full).unwrap_err();
        assert_eq!(error.status(), Status::Full);
        assert!(error.is_retryable());
    }
}
