//! What a connection is doing, and since when.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::config::Limits;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// It is new, and has sent no whole request yet: a TLS handshake is under way, or nothing has come.
    New,
    /// A part of a request's head has come.
    Head,
    /// The head has come, and the body is awaited.
    Body,
    /// The trigger is being kept.
    Keeping,
    /// Between two requests.
    Idle,
    /// All is said; the peer is given a moment to read it.
    Ending,
}

/// The phase of one connection. Written and read on the listener's thread alone; the atomics only let it be shared.
///
/// Asking the clock costs, and most phases end where they begin: a request that came as a whole is answered before anybody
/// waits for anything. So a phase counts from when it is first asked for, which is when the connection comes to wait.
#[derive(Debug)]
pub struct Pulse {
    born: Instant,
    phase: AtomicU8,
    since: AtomicU64,
    is_drained: AtomicBool,
    is_held_up: AtomicBool,
}

/// Nobody has asked since when.
const NOT_YET: u64 = u64::MAX;

impl Pulse {
    /// That of a new connection.
    pub fn new() -> Self {
        Pulse {
            born: Instant::now(),
            phase: AtomicU8::new(Phase::New as u8),
            since: AtomicU64::new(0),
            is_drained: AtomicBool::new(false),
            is_held_up: AtomicBool::new(false),
        }
    }

    /// A phase begins.
    pub fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.since.store(NOT_YET, Ordering::Relaxed);
    }

    /// The phase.
    pub fn phase(&self) -> Phase {
        const ALL: [Phase; 6] = [
            Phase::New,
            Phase::Head,
            Phase::Body,
            Phase::Keeping,
            Phase::Idle,
            Phase::Ending,
        ];
        ALL[usize::from(self.phase.load(Ordering::Relaxed))]
    }

    fn since(&self) -> Duration {
        let mut since = self.since.load(Ordering::Relaxed);
        if since == NOT_YET {
            since = u64::try_from(self.age().as_nanos()).unwrap_or(NOT_YET - 1);
            self.since.store(since, Ordering::Relaxed);
        }
        Duration::from_nanos(since)
    }

    /// How long there has been a connection.
    pub fn age(&self) -> Duration {
        self.born.elapsed()
    }

    /// Whether the last attempt to read found nothing.
    pub fn note_drained(&self, drained: bool) {
        self.is_drained.store(drained, Ordering::Relaxed);
    }

    /// Whether the last attempt to write was held up by the peer.
    pub fn note_held_up(&self, held_up: bool) {
        self.is_held_up.store(held_up, Ordering::Relaxed);
    }

    /// Whether nothing is under way: the last request was answered, the answer has left, and nothing more has come.
    pub fn is_at_rest(&self) -> bool {
        self.phase() == Phase::Idle
            && self.is_drained.load(Ordering::Relaxed)
            && !self.is_held_up.load(Ordering::Relaxed)
    }

    /// The age at which the phase must be over; `None` where it may last. Between two requests it may last for `idle_time`.
    pub fn due(&self, limits: &Limits, idle_time: Duration) -> Option<Duration> {
        let limit = match self.phase() {
            Phase::New | Phase::Head => limits.head_time,
            Phase::Body => limits.body_time,
            Phase::Idle => idle_time,
            Phase::Keeping | Phase::Ending => return None,
        };
        Some(self.since() + limit)
    }

    /// How readily the connection can be given up for another: the lower, the sooner; `None` where a request is under way.
    /// One that is idle may be the service's, and its next request would be lost, so it comes last.
    pub fn worth(&self) -> Option<(u8, Instant)> {
        let rank = match self.phase() {
            Phase::Ending => 0,
            Phase::New | Phase::Head => 1,
            Phase::Idle => 2,
            Phase::Body | Phase::Keeping => return None,
        };
        Some((rank, self.born + self.since()))
    }
}
