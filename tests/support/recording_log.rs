//! A logger that records the library's lines. A process has one logger, so all tests of a program share the lines.

// Each test uses a part of this file.
#![allow(dead_code)]

use std::sync::{Mutex, Once};

use log::{LevelFilter, Log, Metadata, Record};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct RecordingLog;

impl Log for RecordingLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("omnize") && metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            LINES.lock().unwrap().push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

/// Starts to record lines of this level and above. The first call of a process counts.
pub fn record_log(level: LevelFilter) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&RecordingLog).unwrap();
        log::set_max_level(level);
    });
}

/// Returns the lines so far.
pub fn lines() -> Vec<String> {
    LINES.lock().unwrap().clone()
}

/// Returns the lines since the last call.
pub fn take_lines() -> Vec<String> {
    std::mem::take(&mut *LINES.lock().unwrap())
}
