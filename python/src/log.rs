//! What the library logs, on its way to Python's `logging`.
//!
//! A line is written wherever it comes about, on threads too that must never wait for the interpreter. So it is put into a
//! queue here, and a thread of Python fetches it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use log::{Level, LevelFilter, Log, Metadata, Record};
use pyo3::prelude::*;

use crate::interruptible::forks;

/// As many lines as wait for Python. Others are counted.
const CAPACITY: usize = 10_000;

/// A line: its level as Python counts, its text, and when it was written, in seconds since 1970.
type Line = (u8, String, f64);

#[derive(Default)]
struct Lines {
    waiting: VecDeque<Line>,
    lost: u64,
}

/// The lines of a process and of its forked children, each in a place of its own: in a child, the lock of the parent's may be
/// held by a thread that stayed behind. Nobody forks from child to child more often than there are places.
static QUEUES: [Queue; 64] = [const { Queue::new() }; 64];

struct Queue {
    lines: Mutex<Lines>,
    added: Condvar,
}

impl Queue {
    const fn new() -> Self {
        Queue {
            lines: Mutex::new(Lines {
                waiting: VecDeque::new(),
                lost: 0,
            }),
            added: Condvar::new(),
        }
    }

    /// That of this process.
    fn here() -> &'static Queue {
        &QUEUES[forks() as usize % QUEUES.len()]
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Forward;

impl Log for Forward {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        // The libraries below log in their own words, and what they show is not redacted.
        if !record.target().starts_with("omnize") {
            return;
        }
        let level = match record.level() {
            Level::Error => 40,
            Level::Warn => 30,
            Level::Info => 20,
            Level::Debug => 10,
            Level::Trace => 5,
        };
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0.0, |since| since.as_secs_f64());
        let text = record.args().to_string();
        let queue = Queue::here();
        let mut lines = queue.lock();
        if lines.waiting.len() == CAPACITY {
            lines.lost += 1;
            return;
        }
        lines.waiting.push_back((level, text, now));
        drop(lines);
        queue.added.notify_one();
    }

    fn flush(&self) {}
}

/// Lets lines of this level of Python's, and above it, be written.
#[pyfunction]
pub fn log_level(level: i32) {
    static FORWARD: Forward = Forward;
    // It fails where it was set before.
    let _ = log::set_logger(&FORWARD);
    log::set_max_level(match level {
        ..10 => LevelFilter::Trace,
        10..20 => LevelFilter::Debug,
        20..30 => LevelFilter::Info,
        30..40 => LevelFilter::Warn,
        40..=50 => LevelFilter::Error,
        _ => LevelFilter::Off,
    });
}

/// Takes the lines that wait, and how many were lost before them.
#[pyfunction]
pub fn take_log() -> (Vec<Line>, u64) {
    let mut lines = Queue::here().lock();
    let lost = std::mem::take(&mut lines.lost);
    (lines.waiting.drain(..).collect(), lost)
}

/// Waits up to so many seconds for a line.
#[pyfunction]
pub fn wait_for_log(py: Python<'_>, seconds: f64) {
    let within = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    py.detach(|| {
        let queue = Queue::here();
        let lines = queue.lock();
        if lines.waiting.is_empty() {
            drop(queue.added.wait_timeout(lines, within));
        }
    });
}
