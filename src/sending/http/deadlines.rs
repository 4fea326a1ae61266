//! What the connection under an HTTP request knows and the HTTP client does not tell: how far it came, and until when it
//! may go on.
//!
//! The HTTP client calls its connection on the thread of the request, so both sides meet in a thread-local.

use std::cell::Cell;
use std::fmt;
use std::time::{Duration, Instant};

/// How far a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The address of the host, or of the proxy, is looked up.
    Resolving,
    /// The connection is made, to the proxy where there is one.
    Connecting,
    /// The proxy is asked for the way to the host.
    Tunnelling,
    /// The TLS handshake runs.
    Securing,
    /// There is a connection, and no byte of the request has gone into it.
    Ready,
    /// At least one byte of the request has gone into the connection.
    Written,
    /// The request was written, and the peer had closed the connection before it came.
    Refused,
}

/// The time of a request that somebody waits for.
#[derive(Clone, Copy, Debug)]
pub struct TimeBudget {
    /// What the wait for its turn has left of it.
    pub left: Duration,
    /// All of it, for messages.
    pub whole: Duration,
}

/// How long the parts of a request may take; `None` is: as long as what they are part of.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// All of it.
    pub total: TimeBudget,
    /// Until there is a connection.
    pub connect: Duration,
    /// The TLS handshake, within `connect`.
    pub tls: Option<Duration>,
    /// Writing the request.
    pub send: Option<Duration>,
    /// The answer, from the last byte of the request on.
    pub answer: Option<Duration>,
}

/// A point in time, and the option that it comes from, with its value.
#[derive(Clone, Copy)]
struct Deadline {
    at: Instant,
    option: &'static str,
    length: Duration,
}

impl Deadline {
    /// This one, or the end of `limit` from now on where that comes before.
    fn within(self, limit: Option<Duration>, option: &'static str) -> Deadline {
        match limit.map(|limit| (Instant::now() + limit, limit)) {
            Some((at, length)) if at < self.at => Deadline { at, option, length },
            _ => self,
        }
    }
}

#[derive(Clone, Copy)]
struct Attempt {
    stage: Stage,
    limits: Limits,
    total: Deadline,
    connect: Deadline,
    /// What holds now.
    current: Deadline,
}

thread_local! {
    static CURRENT: Cell<Option<Attempt>> = const { Cell::new(None) };
}

/// How far a request came, and which option's time it had then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How far it came.
    pub stage: Stage,
    /// The option that set the time for that.
    pub option: &'static str,
    /// How long that is.
    pub length: Duration,
}

/// The option and its value, for messages.
impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.option, Length(self.length))
    }
}

/// A length of time in whole seconds where it is such, else in milliseconds.
pub struct Length(pub Duration);

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_millis() {
            ms if ms % 1000 == 0 => write!(f, "{} s", ms / 1000),
            ms => write!(f, "{ms} ms"),
        }
    }
}

/// Runs one request on this thread within these limits, and tells how far it came.
pub fn run<T>(limits: Limits, request: impl FnOnce() -> T) -> (T, Progress) {
    let total = Deadline {
        at: Instant::now() + limits.total.left,
        option: "timeout",
        length: limits.total.whole,
    };
    let connect = total.within(Some(limits.connect), "timeout.connect");
    let attempt = Attempt {
        stage: Stage::Resolving,
        limits,
        total,
        connect,
        current: connect,
    };
    // A request may be made in the midst of another one, by the hook that it is asked about.
    let _before = RestoreGuard(CURRENT.replace(Some(attempt)));
    let outcome = request();
    // Nothing but this function empties it.
    let ended = CURRENT.get().unwrap_or(attempt);
    let reached = Progress {
        stage: ended.stage,
        option: ended.current.option,
        length: ended.current.length,
    };
    (outcome, reached)
}

/// The attempt that there was before, which comes back when this is dropped, also by a panic.
struct RestoreGuard(Option<Attempt>);

impl Drop for RestoreGuard {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// Says that the request has come so far.
pub fn reach(stage: Stage) {
    change(|attempt| {
        attempt.stage = stage;
        attempt.current = match stage {
            Stage::Resolving | Stage::Connecting | Stage::Tunnelling => attempt.connect,
            Stage::Securing => attempt.connect.within(attempt.limits.tls, "timeout.tls"),
            Stage::Ready | Stage::Written | Stage::Refused => attempt.total,
        };
    });
}

/// Says that the request begins to be written.
pub fn begin_sending() {
    change(|attempt| attempt.current = attempt.total.within(attempt.limits.send, "timeout.send"));
}

/// Says that the request is written and its answer is waited for.
pub fn begin_waiting() {
    change(|attempt| {
        attempt.current = attempt
            .total
            .within(attempt.limits.answer, "timeout.response");
    });
}

/// Says that bytes have gone into the socket; once there is a connection, they are the request's.
pub fn wrote() {
    change(|attempt| {
        if attempt.stage == Stage::Ready {
            attempt.stage = Stage::Written;
        }
    });
}

/// Says that the peer has surely read no byte of the request.
pub fn was_refused() {
    change(|attempt| {
        if attempt.stage == Stage::Written {
            attempt.stage = Stage::Refused;
        }
    });
}

/// The time that is left for what the request is at; `None` when it is over.
pub fn remaining() -> Option<Duration> {
    CURRENT
        .get()?
        .current
        .at
        .checked_duration_since(Instant::now())
        .filter(|left| !left.is_zero())
}

fn change(change: impl FnOnce(&mut Attempt)) {
    if let Some(mut attempt) = CURRENT.get() {
        change(&mut attempt);
        CURRENT.set(Some(attempt));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(total: u64, connect: u64, rest: Option<u64>) -> Limits {
        let rest = rest.map(Duration::from_millis);
        Limits {
            total: TimeBudget {
                left: Duration::from_millis(total),
                whole: Duration::from_secs(90),
            },
            connect: Duration::from_millis(connect),
            tls: rest,
            send: rest,
            answer: rest,
        }
    }

    #[test]
    fn tells_the_last_stage() {
        let ((), reached) = run(limits(1000, 1000, None), || {
            reach(Stage::Connecting);
            wrote();
        });
        assert_eq!(reached.stage, Stage::Connecting);
        let ((), reached) = run(limits(1000, 1000, None), || {
            reach(Stage::Ready);
            wrote();
        });
        assert_eq!(reached.stage, Stage::Written);
    }

    #[test]
    fn one_within_another_leaves_it_as_it_was() {
        let ((), reached) = run(limits(1000, 1000, None), || {
            reach(Stage::Written);
            let panicked = std::panic::catch_unwind(|| {
                run(limits(1000, 1000, None), || panic!("on purpose"));
            });
            panicked.unwrap_err();
        });
        assert_eq!(reached.stage, Stage::Written);
        assert_eq!(remaining(), None);
    }

    #[test]
    fn the_time_to_connect_is_part_of_the_whole() {
        run(limits(100, 5000, None), || {
            assert!(remaining().unwrap() <= Duration::from_millis(100));
        });
        run(limits(0, 5000, None), || assert_eq!(remaining(), None));
    }

    #[test]
    fn an_option_is_named_with_its_value() {
        let part = |begin: fn()| run(limits(60_000, 1500, Some(2000)), begin).1.to_string();
        assert_eq!(part(|| ()), "timeout.connect (1500 ms)");
        assert_eq!(part(|| reach(Stage::Ready)), "timeout (90 s)");
        assert_eq!(part(begin_sending), "timeout.send (2 s)");
    }

    #[test]
    fn each_part_has_the_time_that_its_option_gives_and_says_which() {
        let part = |limits, begin: fn()| run(limits, begin).1.option;
        let long = limits(60_000, 50_000, None);
        let short = limits(60_000, 50_000, Some(10));
        for (begin, without, with) in [
            ((|| ()) as fn(), "timeout.connect", "timeout.connect"),
            (|| reach(Stage::Securing), "timeout.connect", "timeout.tls"),
            (|| reach(Stage::Ready), "timeout", "timeout"),
            (begin_sending, "timeout", "timeout.send"),
            (begin_waiting, "timeout", "timeout.response"),
        ] {
            assert_eq!((part(long, begin), part(short, begin)), (without, with));
        }
        run(short, || {
            begin_waiting();
            assert!(remaining().is_none_or(|left| left <= Duration::from_millis(10)));
            begin_sending();
            std::thread::sleep(Duration::from_millis(11));
            assert_eq!(remaining(), None);
            reach(Stage::Ready);
            assert!(remaining().is_some());
        });
    }
}
