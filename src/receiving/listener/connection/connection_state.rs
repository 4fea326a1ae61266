//! The phase of a connection, and the time of its start.

use std::future::poll_fn;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::config::Limits;

/// The phase of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// No complete request yet: it performs the TLS handshake or waits for the first bytes.
    New,
    /// A part of a request's head has arrived.
    Head,
    /// The head is complete, and the body is not.
    Body,
    /// The trigger is being stored.
    Storing,
    /// Between two requests.
    Idle,
    /// The last response is sent, and the peer has a moment to read it.
    Closing,
}

/// The state of one connection. Only the listener's thread uses it; the atomics make it `Sync`.
///
/// Reading the clock is expensive, and most phases end within one poll: a complete request gets its response at once.
/// Therefore the start of a phase is recorded at its first use, when the connection begins to wait.
#[derive(Debug)]
pub struct ConnectionState {
    created_at: Instant,
    phase: AtomicU8,
    since: AtomicU64,
    is_read_empty: AtomicBool,
    is_write_blocked: AtomicBool,
    /// Whether its address has too many connections, so that it gets only a 503.
    is_over_limit: bool,
    /// Whether it was requested to close for another connection.
    is_close_requested: AtomicBool,
    task: OnceLock<Waker>,
}

/// How long a head may be incomplete while another connection waits for a permit. A packet that was lost twice arrives in
/// this time: by RFC 6298, it is retransmitted after one second, and once more after two.
const SLOW_HEAD_TIME: Duration = Duration::from_secs(3);
/// How long a connection over the address limit may take to send the head that gets the 503.
const OVER_LIMIT_HEAD_TIME: Duration = Duration::from_secs(1);

/// The start of the phase is not recorded.
const UNSET: u64 = u64::MAX;

impl ConnectionState {
    /// Creates the state of a new connection.
    pub fn new(is_over_limit: bool) -> Self {
        ConnectionState {
            created_at: Instant::now(),
            phase: AtomicU8::new(Phase::New as u8),
            since: AtomicU64::new(0),
            is_read_empty: AtomicBool::new(false),
            is_write_blocked: AtomicBool::new(false),
            is_over_limit,
            is_close_requested: AtomicBool::new(false),
            task: OnceLock::new(),
        }
    }

    /// Starts a phase.
    pub fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.since.store(UNSET, Ordering::Relaxed);
    }

    /// Returns the phase.
    pub fn phase(&self) -> Phase {
        const ALL: [Phase; 6] = [
            Phase::New,
            Phase::Head,
            Phase::Body,
            Phase::Storing,
            Phase::Idle,
            Phase::Closing,
        ];
        ALL[usize::from(self.phase.load(Ordering::Relaxed))]
    }

    fn since(&self) -> Duration {
        let mut since = self.since.load(Ordering::Relaxed);
        if since == UNSET {
            since = u64::try_from(self.age().as_nanos()).unwrap_or(UNSET - 1);
            self.since.store(since, Ordering::Relaxed);
        }
        Duration::from_nanos(since)
    }

    /// Returns the age of the connection.
    pub fn age(&self) -> Duration {
        self.created_at.elapsed()
    }

    /// Sets whether the last read found no bytes.
    pub fn set_read_empty(&self, empty: bool) {
        self.is_read_empty.store(empty, Ordering::Relaxed);
    }

    /// Sets whether the last write was blocked by the peer.
    pub fn set_write_blocked(&self, blocked: bool) {
        self.is_write_blocked.store(blocked, Ordering::Relaxed);
    }

    /// Returns whether the last response is sent and no further byte has arrived.
    pub fn is_idle(&self) -> bool {
        self.phase() == Phase::Idle
            && self.is_read_empty.load(Ordering::Relaxed)
            && !self.is_write_blocked.load(Ordering::Relaxed)
    }

    /// Returns whether its address has too many connections.
    pub fn is_over_limit(&self) -> bool {
        self.is_over_limit
    }

    /// Sets the task that serves the connection.
    pub fn set_task(&self, task: &Waker) {
        // Called once, by the only task.
        let _ = self.task.set(task.clone());
    }

    /// Requests that the connection closes for another one, and wakes its task. The task declines if a request has
    /// arrived.
    pub fn request_close(&self) {
        self.is_close_requested.store(true, Ordering::Relaxed);
        if let Some(task) = self.task.get() {
            task.wake_by_ref();
        }
    }

    /// Returns whether a close was requested and not declined.
    pub fn is_close_requested(&self) -> bool {
        self.is_close_requested.load(Ordering::Relaxed)
    }

    /// Completes when a close is requested.
    pub async fn close_requested(&self) {
        let poll = |_: &mut Context<'_>| match self.is_close_requested() {
            true => Poll::Ready(()),
            // `request_close` wakes the task.
            false => Poll::Pending,
        };
        poll_fn(poll).await;
    }

    /// Declines to close, because a request is in progress.
    pub fn decline_close(&self) {
        self.is_close_requested.store(false, Ordering::Relaxed);
    }

    /// Returns the age at which the phase times out; `None` if it has no timeout. `idle_time` is the timeout between
    /// two requests.
    pub fn deadline(&self, limits: &Limits, idle_time: Duration) -> Option<Duration> {
        let limit = match self.phase() {
            Phase::New | Phase::Head => self.head_time(limits),
            Phase::Body => limits.body_time,
            Phase::Idle => idle_time,
            Phase::Storing | Phase::Closing => return None,
        };
        Some(self.since() + limit)
    }

    /// Returns the timeout of the handshake and of a request's head.
    pub fn head_time(&self, limits: &Limits) -> Duration {
        if self.is_over_limit {
            limits.head_time.min(OVER_LIMIT_HEAD_TIME)
        } else {
            limits.head_time
        }
    }

    /// Returns the order of eviction, lowest first. `None` for a connection that waits for its first bytes, or whose
    /// request is in progress and not slow.
    pub fn eviction_rank(&self) -> Option<(u8, Instant)> {
        let rank = match self.phase() {
            Phase::Closing => 0,
            Phase::New | Phase::Head if self.is_over_limit => 1,
            Phase::Idle => 2,
            Phase::Head if self.is_slow() => 3,
            Phase::New | Phase::Head | Phase::Body | Phase::Storing => return None,
        };
        Some((rank, self.created_at + self.since()))
    }

    /// Returns whether the head is incomplete for so long that another connection may replace this one.
    pub fn is_slow(&self) -> bool {
        self.phase() == Phase::Head && self.age().saturating_sub(self.since()) >= SLOW_HEAD_TIME
    }
}
