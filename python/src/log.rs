//! What the library logs, on its way to Python's `logging`.
//!
//! A line is written wherever it comes about, on threads too that must never wait for the interpreter. So it is put into a
//! queue here, and a thread of Python fetches it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use log::{Level, LevelFilter, Log, Metadata, Record};
use pyo3::prelude::*;

/// As many lines as wait for Python. Others are counted.
const CAPACITY: usize = 10_000;

/// A line: its level as Python counts, its text, and when it was written, in seconds since 1970.
type Line = (u8, String, f64);

#[derive(Default)]
struct Lines {
    waiting: VecDeque<Line>,
    lost: u64,
}

static LINES: Mutex<Lines> = Mutex::new(Lines {
    waiting: VecDeque::new(),
    lost: 0,
});
static ADDED: Condvar = Condvar::new();

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
        let mut lines = lines();
        if lines.waiting.len() == CAPACITY {
            lines.lost += 1;
            return;
        }
        lines.waiting.push_back((level, text, now));
        drop(lines);
        ADDED.notify_one();
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
    let mut lines = lines();
    let lost = std::mem::take(&mut lines.lost);
    (lines.waiting.drain(..).collect(), lost)
}

/// Waits up to so many seconds for a line.
#[pyfunction]
pub fn wait_for_log(py: Python<'_>, seconds: f64) {
    let within = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    py.detach(|| {
        let lines = lines();
        if lines.waiting.is_empty() {
            drop(ADDED.wait_timeout(lines, within));
        }
    });
}

thread_local! {
    static HELD: RefCell<Option<MutexGuard<'static, Lines>>> = const { RefCell::new(None) };
}

/// This process is about to be forked: no other thread is to have the lines while it is, or the child would never get
/// them.
#[pyfunction]
pub fn hold_log() {
    HELD.set(Some(lines()));
}

/// The fork is over, in parent or child; the child starts without the parent's lines.
#[pyfunction]
pub fn let_go_of_log(is_child: bool) {
    let held = HELD.take();
    if let Some(mut lines) = held
        && is_child
    {
        lines.waiting.clear();
    }
}

fn lines() -> MutexGuard<'static, Lines> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}
