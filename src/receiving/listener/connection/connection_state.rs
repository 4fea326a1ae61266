//! What a connection is doing, and since when.

use std::future::poll_fn;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
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
    Storing,
    /// Between two requests.
    Idle,
    /// All is said; the peer is given a moment to read it.
    Closing,
}

/// The phase of one connection. Written and read on the listener's thread alone; the atomics only let it be shared.
///
/// Asking the clock costs, and most phases end where they begin: a request that came as a whole is answered before anybody
/// waits for anything. So a phase counts from when it is first asked for, which is when the connection comes to wait.
#[derive(Debug)]
pub struct ConnectionState {
    created_at: Instant,
    phase: AtomicU8,
    since: AtomicU64,
    is_read_empty: AtomicBool,
    is_write_blocked: AtomicBool,
    /// Whether the connection is over the limit of its address, and so is to be answered 503.
    is_over_limit: bool,
    /// Whether the connection was asked to close for another one.
    is_close_requested: AtomicBool,
    task: OnceLock<Waker>,
}

/// How long a request's head may stay incomplete while another connection waits for a place: time for a packet that was lost
/// to come again.
const SLOW_HEAD_TIME: Duration = Duration::from_millis(400);
/// How long a connection over the limit of its address may take to send the head that is answered 503.
const OVER_LIMIT_HEAD_TIME: Duration = Duration::from_secs(1);

/// Nobody has asked since when.
const UNSET: u64 = u64::MAX;

impl ConnectionState {
    /// The state of a new connection.
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

    /// A phase begins.
    pub fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.since.store(UNSET, Ordering::Relaxed);
    }

    /// The phase.
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

    /// How long there has been a connection.
    pub fn age(&self) -> Duration {
        self.created_at.elapsed()
    }

    /// Whether the last attempt to read found nothing.
    pub fn set_read_empty(&self, empty: bool) {
        self.is_read_empty.store(empty, Ordering::Relaxed);
    }

    /// Whether the last attempt to write was held up by the peer.
    pub fn set_write_blocked(&self, blocked: bool) {
        self.is_write_blocked.store(blocked, Ordering::Relaxed);
    }

    /// Whether nothing is under way: the last request was answered, the answer has left, and nothing more has come.
    pub fn is_idle(&self) -> bool {
        self.phase() == Phase::Idle
            && self.is_read_empty.load(Ordering::Relaxed)
            && !self.is_write_blocked.load(Ordering::Relaxed)
    }

    /// Whether the connection is over the limit of its address.
    pub fn is_over_limit(&self) -> bool {
        self.is_over_limit
    }

    /// Remembers the task that serves the connection.
    pub fn set_task(&self, task: &Waker) {
        // There is one task, and it calls this once.
        let _ = self.task.set(task.clone());
    }

    /// Asks the connection to close for another one, and wakes its task. The task looks whether a request has arrived, and
    /// declines if so.
    pub fn request_close(&self) {
        self.is_close_requested.store(true, Ordering::Relaxed);
        if let Some(task) = self.task.get() {
            task.wake_by_ref();
        }
    }

    /// Whether the connection was asked to close, and has not declined.
    pub fn is_close_requested(&self) -> bool {
        self.is_close_requested.load(Ordering::Relaxed)
    }

    /// Waits until the connection is asked to close.
    pub async fn close_requested(&self) {
        let poll = |_: &mut Context<'_>| match self.is_close_requested() {
            true => Poll::Ready(()),
            // The task is woken then.
            false => Poll::Pending,
        };
        poll_fn(poll).await;
    }

    /// Declines to close: a request is under way.
    pub fn decline_close(&self) {
        self.is_close_requested.store(false, Ordering::Relaxed);
    }

    /// The age at which the phase must be over; `None` where it may last. Between two requests it may last for `idle_time`.
    pub fn deadline(&self, limits: &Limits, idle_time: Duration) -> Option<Duration> {
        let limit = match self.phase() {
            Phase::New | Phase::Head => self.head_time(limits),
            Phase::Body => limits.body_time,
            Phase::Idle => idle_time,
            Phase::Storing | Phase::Closing => return None,
        };
        Some(self.since() + limit)
    }

    /// How long the handshake, and then the head of a request, may take.
    pub fn head_time(&self, limits: &Limits) -> Duration {
        if self.is_over_limit {
            limits.head_time.min(OVER_LIMIT_HEAD_TIME)
        } else {
            limits.head_time
        }
    }

    /// Whether the connection may be closed for another one, and in which order: the lowest first. `None` for a connection
    /// that waits for its first bytes, or whose request is under way and not slow.
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

    /// Whether the head of a request is incomplete for too long to be kept while another connection waits.
    pub fn is_slow(&self) -> bool {
        self.phase() == Phase::Head && self.age().saturating_sub(self.since()) >= SLOW_HEAD_TIME
    }
}
