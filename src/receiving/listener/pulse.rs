//! What a connection is doing, and since when.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
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
#[derive(Debug)]
pub struct Pulse {
    born: Instant,
    phase: AtomicU8,
    since: AtomicU64,
}

impl Pulse {
    /// That of a new connection.
    pub fn new() -> Self {
        Pulse {
            born: Instant::now(),
            phase: AtomicU8::new(Phase::New as u8),
            since: AtomicU64::new(0),
        }
    }

    /// A phase begins now.
    pub fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
        // Nobody asks since when a request is under way, and asking the clock costs.
        if !matches!(phase, Phase::Body | Phase::Keeping) {
            let since = u64::try_from(self.born.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.since.store(since, Ordering::Relaxed);
        }
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

    /// When it began, or, with a request under way, when that did.
    fn since(&self) -> Instant {
        self.born + Duration::from_nanos(self.since.load(Ordering::Relaxed))
    }

    /// By when it must be over; `None` where something else sees to that.
    pub fn due(&self, limits: &Limits) -> Option<Instant> {
        match self.phase() {
            Phase::New | Phase::Head => Some(self.since() + limits.head_time),
            Phase::Idle => Some(self.since() + limits.idle_time),
            Phase::Body | Phase::Keeping | Phase::Ending => None,
        }
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
        Some((rank, self.since()))
    }
}
