//! What the connection under an HTTP request knows and the HTTP client does not tell: how far it came, and until when it
//! may go on.
//!
//! The HTTP client calls its connection on the thread of the request, so both sides meet in a thread-local.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The host's address is looked up.
    Resolving,
    /// The connection is made.
    Connecting,
    /// The TLS handshake runs.
    Securing,
    /// There is a connection, and no byte of the request has gone into it.
    Ready,
    /// At least one byte of the request has gone into the connection.
    Written,
}

#[derive(Clone, Copy)]
struct Attempt {
    stage: Stage,
    deadline: Instant,
    connect_deadline: Instant,
}

thread_local! {
    static CURRENT: Cell<Option<Attempt>> = const { Cell::new(None) };
}

/// Runs one request on this thread within these bounds, and tells how far it came.
pub fn run<T>(
    timeout: Duration,
    connect_timeout: Duration,
    request: impl FnOnce() -> T,
) -> (T, Stage) {
    let now = Instant::now();
    let deadline = now + timeout;
    let before = CURRENT.replace(Some(Attempt {
        stage: Stage::Resolving,
        deadline,
        connect_deadline: deadline.min(now + connect_timeout),
    }));
    let outcome = request();
    let stage = CURRENT
        .replace(before)
        .map_or(Stage::Resolving, |attempt| attempt.stage);
    (outcome, stage)
}

/// Says that the request has come so far.
pub fn reach(stage: Stage) {
    if let Some(attempt) = CURRENT.get() {
        CURRENT.set(Some(Attempt { stage, ..attempt }));
    }
}

/// The time that is left for the request; `None` when it is over.
pub fn remaining() -> Option<Duration> {
    left(|attempt| attempt.deadline)
}

/// The time that is left for having a connection; `None` when it is over.
pub fn remaining_to_connect() -> Option<Duration> {
    left(|attempt| attempt.connect_deadline)
}

fn left(until: impl Fn(&Attempt) -> Instant) -> Option<Duration> {
    let attempt = CURRENT.get()?;
    until(&attempt)
        .checked_duration_since(Instant::now())
        .filter(|left| !left.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_last_stage() {
        let second = Duration::from_secs(1);
        let ((), stage) = run(second, second, || {
            reach(Stage::Connecting);
            reach(Stage::Written);
        });
        assert_eq!(stage, Stage::Written);
    }

    #[test]
    fn the_time_to_connect_is_part_of_the_whole() {
        run(Duration::from_millis(100), Duration::from_secs(5), || {
            assert!(remaining_to_connect().unwrap() <= Duration::from_millis(100));
        });
        run(Duration::ZERO, Duration::from_secs(5), || {
            assert_eq!(remaining(), None);
            assert_eq!(remaining_to_connect(), None);
        });
    }
}
