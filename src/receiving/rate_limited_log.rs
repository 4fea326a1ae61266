//! Rate limits for log lines, so that a flood of equal messages writes one line per second.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Shortest interval between two lines.
const BETWEEN_LINES: Duration = Duration::from_secs(1);

/// The rate limit of one kind of log line.
#[derive(Debug, Default)]
pub struct LogRateLimiter(Mutex<Written>);

#[derive(Debug, Default)]
struct Written {
    last: Option<Instant>,
    suppressed: u64,
}

impl LogRateLimiter {
    /// Returns the number of lines suppressed since the last one if a line may be written now; otherwise counts it and
    /// returns `None`.
    pub fn check(&self) -> Option<u64> {
        let mut written = self.lock();
        let now = Instant::now();
        let early = |last| now.duration_since(last) < BETWEEN_LINES;
        if written.last.is_some_and(early) {
            written.suppressed += 1;
            return None;
        }
        written.last = Some(now);
        Some(std::mem::take(&mut written.suppressed))
    }

    /// Returns the number of lines suppressed since the last one, and resets it.
    pub fn take_suppressed(&self) -> u64 {
        std::mem::take(&mut self.lock().suppressed)
    }

    fn lock(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the end of a log line that reports suppressed lines.
pub fn suppressed_suffix(suppressed: u64) -> String {
    match suppressed {
        0 => String::new(),
        _ => format!("; {suppressed} similar lines were suppressed before"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_flood_one_line_is_written_and_the_rest_counted() {
        let sparing = LogRateLimiter::default();
        assert_eq!(sparing.check(), Some(0));
        let suppressed = (0..1000).filter(|_| sparing.check().is_none()).count();
        // More than a second may pass on a slow machine.
        assert!(suppressed >= 990, "{suppressed}");
        sparing.take_suppressed();
        assert_eq!(sparing.take_suppressed(), 0);
    }
}
