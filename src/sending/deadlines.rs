//! The deadlines and the stage of the attempt on this thread.
//!
//! ureq calls the connection on the thread of the request, and passes neither deadlines nor stages. Therefore a thread-local
//! holds them: the HTTP client sets it with [`run`], the connection reads the remaining time and records the stage.

use std::cell::Cell;
use std::fmt;
use std::time::{Duration, Instant};

/// The stage of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Resolving the address of the host, or of the proxy.
    Resolving,
    /// Connecting to the host, or to the proxy.
    Connecting,
    /// Waiting until the proxy has opened a tunnel to the host.
    OpeningTunnel,
    /// The TLS handshake.
    TlsHandshake,
    /// The connection is open; no byte of the request was written.
    Ready,
    /// At least one byte of the request was written.
    Written,
    /// The request was written, but the peer had closed the connection before it arrived.
    Refused,
}

/// The time of a blocking call.
#[derive(Clone, Copy, Debug)]
pub struct TimeBudget {
    /// The time that remains after the wait in the lane.
    pub remaining: Duration,
    /// The whole timeout, for messages.
    pub total: Duration,
}

/// The timeouts of the parts of a request. A part with `None` has the timeout of the part that contains it.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// The whole request.
    pub total: TimeBudget,
    /// Until the connection is open.
    pub connect: Duration,
    /// The TLS handshake, within `connect`.
    pub tls: Option<Duration>,
    /// Writing the request.
    pub send: Option<Duration>,
    /// From the last byte of the request to the end of the response.
    pub response: Option<Duration>,
}

/// An instant, and the option that sets it.
#[derive(Clone, Copy)]
struct Deadline {
    at: Instant,
    option: &'static str,
    timeout: Duration,
}

impl Deadline {
    /// Returns the earlier one of this deadline and the end of `timeout`, counted from now.
    fn within(self, timeout: Option<Duration>, option: &'static str) -> Deadline {
        match timeout.map(|timeout| (Instant::now() + timeout, timeout)) {
            Some((at, timeout)) if at < self.at => Deadline {
                at,
                option,
                timeout,
            },
            _ => self,
        }
    }
}

#[derive(Clone, Copy)]
struct Attempt {
    stage: Stage,
    timeouts: Timeouts,
    total: Deadline,
    connect: Deadline,
    /// The deadline of the current stage.
    current: Deadline,
}

thread_local! {
    static CURRENT: Cell<Option<Attempt>> = const { Cell::new(None) };
}

/// The last stage of a request, and the timeout of that stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The stage.
    pub stage: Stage,
    /// The option that sets the timeout.
    pub option: &'static str,
    /// The timeout.
    pub timeout: Duration,
}

/// Prints the option and its value.
impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.option, DurationText(self.timeout))
    }
}

/// Prints a duration in seconds if it is a whole number of them, otherwise in milliseconds.
pub struct DurationText(pub Duration);

impl fmt::Display for DurationText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_millis() {
            ms if ms % 1000 == 0 => write!(f, "{} s", ms / 1000),
            ms => write!(f, "{ms} ms"),
        }
    }
}

/// Runs one request on this thread with these timeouts, and returns its last stage.
pub fn run<T>(timeouts: Timeouts, request: impl FnOnce() -> T) -> (T, Progress) {
    let total = Deadline {
        at: Instant::now() + timeouts.total.remaining,
        option: "timeout",
        timeout: timeouts.total.total,
    };
    let connect = total.within(Some(timeouts.connect), "timeout.connect");
    let attempt = Attempt {
        stage: Stage::Resolving,
        timeouts,
        total,
        connect,
        current: connect,
    };
    // The interrupt hook of a request may send another request.
    let _guard = RestoreGuard(CURRENT.replace(Some(attempt)));
    let result = request();
    // Only this function clears it.
    let ended = CURRENT.get().unwrap_or(attempt);
    let progress = Progress {
        stage: ended.stage,
        option: ended.current.option,
        timeout: ended.current.timeout,
    };
    (result, progress)
}

/// Restores the previous attempt on drop, also after a panic.
struct RestoreGuard(Option<Attempt>);

impl Drop for RestoreGuard {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// Records the stage, and applies its deadline.
pub fn set_stage(stage: Stage) {
    update(|attempt| {
        attempt.stage = stage;
        attempt.current = match stage {
            Stage::Resolving | Stage::Connecting | Stage::OpeningTunnel => attempt.connect,
            Stage::TlsHandshake => attempt.connect.within(attempt.timeouts.tls, "timeout.tls"),
            Stage::Ready | Stage::Written | Stage::Refused => attempt.total,
        };
    });
}

/// Applies the deadline for writing the request.
pub fn start_sending() {
    update(|attempt| attempt.current = attempt.total.within(attempt.timeouts.send, "timeout.send"));
}

/// Applies the deadline for the response.
pub fn start_waiting() {
    update(|attempt| {
        attempt.current = attempt
            .total
            .within(attempt.timeouts.response, "timeout.response");
    });
}

/// Records that bytes were written to the socket. In the stage `Ready`, they belong to the request.
pub fn record_write() {
    update(|attempt| {
        if attempt.stage == Stage::Ready {
            attempt.stage = Stage::Written;
        }
    });
}

/// Records that the peer has certainly read no byte of the request.
pub fn record_refusal() {
    update(|attempt| {
        if attempt.stage == Stage::Written {
            attempt.stage = Stage::Refused;
        }
    });
}

/// Returns the time until the current deadline; `None` after it, or outside [`run`].
pub fn remaining() -> Option<Duration> {
    CURRENT
        .get()?
        .current
        .at
        .checked_duration_since(Instant::now())
        .filter(|left| !left.is_zero())
}

fn update(update: impl FnOnce(&mut Attempt)) {
    if let Some(mut attempt) = CURRENT.get() {
        update(&mut attempt);
        CURRENT.set(Some(attempt));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeouts(total: u64, connect: u64, part: Option<u64>) -> Timeouts {
        let part = part.map(Duration::from_millis);
        Timeouts {
            total: TimeBudget {
                remaining: Duration::from_millis(total),
                total: Duration::from_secs(90),
            },
            connect: Duration::from_millis(connect),
            tls: part,
            send: part,
            response: part,
        }
    }

    #[test]
    fn last_stage_is_returned() {
        let ((), progress) = run(timeouts(1000, 1000, None), || {
            set_stage(Stage::Connecting);
            record_write();
        });
        assert_eq!(progress.stage, Stage::Connecting);
        let ((), progress) = run(timeouts(1000, 1000, None), || {
            set_stage(Stage::Ready);
            record_write();
        });
        assert_eq!(progress.stage, Stage::Written);
    }

    #[test]
    fn nested_run_restores_the_outer_attempt() {
        let ((), progress) = run(timeouts(1000, 1000, None), || {
            set_stage(Stage::Written);
            let panicked = std::panic::catch_unwind(|| {
                run(timeouts(1000, 1000, None), || panic!("on purpose"));
            });
            panicked.unwrap_err();
        });
        assert_eq!(progress.stage, Stage::Written);
        assert_eq!(remaining(), None);
    }

    #[test]
    fn connect_timeout_is_limited_by_the_total() {
        run(timeouts(100, 5000, None), || {
            assert!(remaining().unwrap() <= Duration::from_millis(100));
        });
        run(timeouts(0, 5000, None), || assert_eq!(remaining(), None));
    }

    #[test]
    fn progress_prints_the_option_and_its_value() {
        let part = |begin: fn()| run(timeouts(60_000, 1500, Some(2000)), begin).1.to_string();
        assert_eq!(part(|| ()), "timeout.connect (1500 ms)");
        assert_eq!(part(|| set_stage(Stage::Ready)), "timeout (90 s)");
        assert_eq!(part(start_sending), "timeout.send (2 s)");
    }

    #[test]
    fn each_stage_has_the_timeout_of_its_option() {
        let part = |timeouts, begin: fn()| run(timeouts, begin).1.option;
        let long = timeouts(60_000, 50_000, None);
        let short = timeouts(60_000, 50_000, Some(10));
        for (begin, without, with) in [
            ((|| ()) as fn(), "timeout.connect", "timeout.connect"),
            (
                || set_stage(Stage::TlsHandshake),
                "timeout.connect",
                "timeout.tls",
            ),
            (|| set_stage(Stage::Ready), "timeout", "timeout"),
            (start_sending, "timeout", "timeout.send"),
            (start_waiting, "timeout", "timeout.response"),
        ] {
            assert_eq!((part(long, begin), part(short, begin)), (without, with));
        }
        run(short, || {
            start_waiting();
            assert!(remaining().is_none_or(|left| left <= Duration::from_millis(10)));
            start_sending();
            std::thread::sleep(Duration::from_millis(11));
            assert_eq!(remaining(), None);
            set_stage(Stage::Ready);
            assert!(remaining().is_some());
        });
    }
}
