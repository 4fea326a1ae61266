//! How many forks lie between this process and the one that imported the module.

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;

static GENERATION: AtomicU64 = AtomicU64::new(0);

/// Records that this process was forked. Its only thread is now the main thread.
#[pyfunction]
pub fn mark_forked() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// Returns the number of forks.
pub fn current() -> u64 {
    GENERATION.load(Ordering::Relaxed)
}
