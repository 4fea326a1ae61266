//! Rate limits for log lines, so that a flood of equal messages writes one line per second.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Shortest interval between two lines.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// The rate limit of one kind of log line.
#[derive(Debug, Default)]
pub struct LogRateLimiter(Mutex<LimiterState>);

#[derive(Debug, Default)]
struct LimiterState {
    last: Option<Instant>,
    suppressed: u64,
}

impl LogRateLimiter {
    /// Returns the number of lines suppressed since the last one if a line may be written now; otherwise counts it and
    /// returns `None`.
    pub fn check(&self) -> Option<u64> {
        let mut state = self.lock();
        let now = Instant::now();
        let is_early = |last| now.duration_since(last) < MIN_INTERVAL;
        if state.last.is_some_and(is_early) {
            state.suppressed += 1;
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.suppressed))
    }

    /// Returns the number of lines suppressed since the last one, and resets it.
    pub fn take_suppressed(&self) -> u64 {
        std::mem::take(&mut self.lock().suppressed)
    }

    fn lock(&self) -> MutexGuard<'_, LimiterState> {
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
    fn a_flood_writes_one_line_and_counts_the_rest() {
        let limiter = LogRateLimiter::default();
        assert_eq!(limiter.check(), Some(0));
        let suppressed = (0..1000).filter(|_| limiter.check().is_none()).count();
        // More than a second may pass on a slow machine.
        assert!(suppressed >= 990, "{suppressed}");
        limiter.take_suppressed();
        assert_eq!(limiter.take_suppressed(), 0);
    }
}
