//! Deadlines and timestamps.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Returns the instant after `timeout`. The limit is a century, because an `Instant` can overflow.
pub fn deadline_after(timeout: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    Instant::now() + timeout.min(CENTURY)
}

/// Returns the milliseconds since 1970-01-01 UTC; 0 if the clock is set to an earlier time.
pub fn unix_millis() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}
