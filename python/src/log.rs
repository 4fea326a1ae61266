//! Forwards the library's log to Python's `logging`.
//!
//! Any thread may log, also one that must never wait for the interpreter. So a line is pushed to a queue here, and a Python
//! thread takes it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use log::kv::{self, Key, Value, VisitSource, VisitValue};
use log::{Level, LevelFilter, Log, Metadata, Record};
use pyo3::prelude::*;

use crate::python_message;
use crate::threads::fork_generation;

/// The limit of queued lines. Further lines are dropped and counted.
const CAPACITY: usize = 10_000;

/// A line: Python's number of its level, its text, its time in seconds since 1970, its source file and line, and its fields.
type Line = (u8, String, f64, String, u32, Vec<(String, Field)>);

/// The value of a field.
#[derive(IntoPyObject)]
pub enum Field {
    Number(u64),
    Text(String),
}

/// Collects the fields of a line.
struct Fields(Vec<(String, Field)>);

impl<'kvs> VisitSource<'kvs> for Fields {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        let mut field = FieldReader(None);
        value.visit(&mut field)?;
        if let Some(field) = field.0 {
            self.0.push((key.to_string(), field));
        }
        Ok(())
    }
}

/// Reads the value of a field; `None` if it is null.
struct FieldReader(Option<Field>);

impl VisitValue<'_> for FieldReader {
    fn visit_any(&mut self, value: Value<'_>) -> Result<(), kv::Error> {
        self.0 = Some(Field::Text(value.to_string()));
        Ok(())
    }

    fn visit_null(&mut self) -> Result<(), kv::Error> {
        Ok(())
    }

    fn visit_u64(&mut self, number: u64) -> Result<(), kv::Error> {
        self.0 = Some(Field::Number(number));
        Ok(())
    }
}

/// Returns the source file without the folder in which the library was built.
fn source_file(record: &Record<'_>) -> String {
    let path = record.file().unwrap_or("(omnize)").replace('\\', "/");
    match path.rfind("/src/") {
        Some(index) => path[index + 1..].to_owned(),
        None => path,
    }
}

#[derive(Default)]
struct Lines {
    queued: VecDeque<Line>,
    dropped: u64,
}

/// The log queues of a process and its forked children, by fork generation. A child cannot use its parent's queue, because a
/// thread of the parent may hold the lock. The number is larger than the depth of any sensible chain of forks.
static QUEUES: [LogQueue; 64] = [const { LogQueue::new() }; 64];

struct LogQueue {
    lines: Mutex<Lines>,
    added: Condvar,
}

impl LogQueue {
    const fn new() -> Self {
        LogQueue {
            lines: Mutex::new(Lines {
                queued: VecDeque::new(),
                dropped: 0,
            }),
            added: Condvar::new(),
        }
    }

    /// Returns the queue of this process.
    fn current() -> &'static LogQueue {
        &QUEUES[fork_generation::current() as usize % QUEUES.len()]
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Forwarder;

impl Log for Forwarder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        // Lines of other crates are not redacted.
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
        let text = python_message::convert(&record.args().to_string());
        let mut fields = Fields(Vec::new());
        // The visitor never fails.
        let _ = record.key_values().visit(&mut fields);
        let line = record.line().unwrap_or(0);
        let entry = (level, text, now, source_file(record), line, fields.0);
        let queue = LogQueue::current();
        let mut lines = queue.lock();
        if lines.queued.len() == CAPACITY {
            lines.dropped += 1;
            return;
        }
        lines.queued.push_back(entry);
        drop(lines);
        queue.added.notify_one();
    }

    fn flush(&self) {}
}

/// Sets the lowest level that is logged, as Python's number.
#[pyfunction]
pub fn set_log_level(level: i32) {
    static FORWARDER: Forwarder = Forwarder;
    // Fails if it was set before.
    let _ = log::set_logger(&FORWARDER);
    log::set_max_level(match level {
        ..10 => LevelFilter::Trace,
        10..20 => LevelFilter::Debug,
        20..30 => LevelFilter::Info,
        30..40 => LevelFilter::Warn,
        40..=50 => LevelFilter::Error,
        _ => LevelFilter::Off,
    });
}

/// Takes the queued lines, and the number of lines that were dropped.
#[pyfunction]
pub fn take_log() -> (Vec<Line>, u64) {
    let mut lines = LogQueue::current().lock();
    let dropped = std::mem::take(&mut lines.dropped);
    (lines.queued.drain(..).collect(), dropped)
}

/// Blocks until a line is queued, at most `seconds`.
#[pyfunction]
pub fn wait_for_log(py: Python<'_>, seconds: f64) {
    let within = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    py.detach(|| {
        let queue = LogQueue::current();
        let lines = queue.lock();
        if lines.queued.is_empty() {
            drop(queue.added.wait_timeout(lines, within));
        }
    });
}
