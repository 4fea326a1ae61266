//! A line in the log that a flood does not multiply.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often a line is written at the most.
const BETWEEN_LINES: Duration = Duration::from_secs(1);

/// Whether a line of some kind is to be written.
#[derive(Debug, Default)]
pub struct LogRateLimiter(Mutex<Written>);

#[derive(Debug, Default)]
struct Written {
    last: Option<Instant>,
    suppressed: u64,
}

impl LogRateLimiter {
    /// Another line would be written: how many were kept back before it; `None` where it is kept back too.
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

    /// How many were kept back since the last line, which are told now.
    pub fn take_suppressed(&self) -> u64 {
        std::mem::take(&mut self.lock().suppressed)
    }

    fn lock(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a line goes on that stands for so many more.
pub fn suppressed_suffix(suppressed: u64) -> String {
    match suppressed {
        0 => String::new(),
        _ => format!(", and {suppressed} more like it before"),
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
        // A second may have passed on a slow machine.
        assert!(suppressed >= 990, "{suppressed}");
        sparing.take_suppressed();
        assert_eq!(sparing.take_suppressed(), 0);
    }
}
