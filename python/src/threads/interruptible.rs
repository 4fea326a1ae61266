//! Blocking calls that Ctrl-C can end.
//!
//! Python runs signal handlers on its main thread, and only while that thread runs Python code. So the main thread waits in
//! slices and checks for signals between them. For requests, the core does so through its interrupt hook. A call that cannot
//! be sliced runs on a thread of the [pool](crate::threads::thread_pool), and the main thread waits for its result.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use omnize::error::{Error, Result};
use omnize::interrupt;
use omnize::status::Status;
use pyo3::exceptions::{PyRecursionError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use crate::error::{OrRaise, exception};
use crate::threads::fork_generation;
use crate::threads::thread_pool::Pool;

/// How long a signal may wait for its handler, at most.
const SLICE: Duration = Duration::from_millis(40);

/// How long threads other than the main thread wait at a time.
const LONG_SLICE: Duration = Duration::from_secs(60);

/// Calls `wait` for one slice at a time, without the interpreter's lock, until it returns a value. Returns `None` after
/// `timeout`; waits forever if it is `None`.
///
/// # Errors
/// The exception of a signal handler, or the error of `wait`.
pub fn wait_checking_signals<T: Send, E: Send>(
    py: Python<'_>,
    timeout: Option<Duration>,
    mut wait: impl FnMut(Duration) -> std::result::Result<Option<T>, E> + Send,
    raise: impl Fn(Python<'_>, E) -> PyErr,
) -> PyResult<Option<T>> {
    // An instant that the clock cannot reach means forever.
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let is_main = is_main_thread(py)?;
    let longest = if is_main { SLICE } else { LONG_SLICE };
    loop {
        let remaining = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let slice = remaining.map_or(longest, |remaining| remaining.min(longest));
        let outcome = py.detach(|| {
            let outcome = wait(slice);
            park_if_finalizing(is_main);
            outcome
        });
        let outcome = outcome.map_err(|error| raise(py, error))?;
        if outcome.is_some() {
            return Ok(outcome);
        }
        py.check_signals()?;
        if remaining.is_some_and(|remaining| remaining <= slice) {
            return Ok(None);
        }
    }
}

/// Runs a request without the interpreter's lock. On the main thread, signal handlers run in the meantime. An exception of
/// such a handler ends the wait.
///
/// # Errors
/// The error of the request. Or the exception of a signal handler, with the request's error as its cause. `RecursionError` if
/// too many signal handlers send requests, each within a request of another.
pub fn run_request<T: Send>(
    py: Python<'_>,
    request: impl FnOnce() -> Result<T> + Send,
) -> PyResult<T> {
    if !is_main_thread(py)? {
        let outcome = py.detach(|| {
            let outcome = request();
            park_if_finalizing(false);
            outcome
        });
        return outcome.or_raise(py);
    }
    let _depth = RequestDepth::increment()?;
    // A request that panicked may have left an exception here.
    RAISED.set(None);
    let outcome = py.detach(|| interrupt::with_hook(run_signal_handlers, request));
    let Some(raised) = RAISED.take() else {
        return outcome.or_raise(py);
    };
    if let Err(error) = &outcome
        && raised.cause(py).is_none()
    {
        raised.set_cause(py, Some(exception(py, error)));
    }
    Err(raised)
}

thread_local! {
    /// The exception of a signal handler that ran during a request.
    static RAISED: Cell<Option<PyErr>> = const { Cell::new(None) };
}

/// The limit of nested requests, each sent by a signal handler that runs during the one before. Each needs about 30 KB of a
/// stack, which usually has 8 MB, and on Windows 2 MB. Python's recursion limit counts only Python frames.
const MAX_DEPTH: u32 = if cfg!(windows) { 8 } else { 32 };

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Counts a request of the main thread until it is dropped.
struct RequestDepth;

impl RequestDepth {
    /// Counts one more request.
    ///
    /// # Errors
    /// `RecursionError` if there are too many.
    fn increment() -> PyResult<Self> {
        if DEPTH.get() == MAX_DEPTH {
            return Err(PyRecursionError::new_err(
                "signals arrive faster than their handler's requests end; post these requests, or send them on another thread",
            ));
        }
        DEPTH.set(DEPTH.get() + 1);
        Ok(RequestDepth)
    }
}

impl Drop for RequestDepth {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// Runs the handlers of the signals that arrived. Returns whether one raised an exception.
fn run_signal_handlers() -> bool {
    Python::attach(|py| {
        let raised = py.check_signals().err();
        let has_raised = raised.is_some();
        if has_raised {
            RAISED.set(raised);
        }
        has_raised
    })
}

/// Runs `work` on a thread of `pool`, and waits for its result. If a signal handler raises, the wait ends and the work
/// continues.
///
/// # Errors
/// The exception of a signal handler.
pub fn run_on_pool<T: Send + 'static>(
    py: Python<'_>,
    pool: &Arc<Pool>,
    work: impl FnOnce() -> T + Send + 'static,
) -> PyResult<T> {
    if !is_main_thread(py)? || pool.is_of_parent() {
        return Ok(py.detach(|| {
            let outcome = work();
            park_if_finalizing(false);
            outcome
        }));
    }
    let result = Arc::new((Mutex::new(None), Condvar::new()));
    let sender = result.clone();
    pool.submit(Box::new(move |_| {
        let outcome = catch_unwind(AssertUnwindSafe(work));
        *sender.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        sender.1.notify_one();
    }))
    .or_raise(py)?;
    let wait = |slice| -> Result<Option<std::thread::Result<T>>> {
        // A signal handler forked, and the thread exists only in the parent.
        if pool.is_of_parent() {
            return Err(Error::new(Status::Forked, Status::Forked.text()));
        }
        let mut outcome = result.0.lock().unwrap_or_else(PoisonError::into_inner);
        if outcome.is_none() {
            outcome = result
                .1
                .wait_timeout(outcome, slice)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        Ok(outcome.take())
    };
    // Without a timeout it ends with a value or an error.
    wait_checking_signals(py, None, wait, |py, error| exception(py, &error))?
        .ok_or_else(|| PyRuntimeError::new_err("the wait ended without a result"))?
        .map_err(|_| exception(py, &Error::new(Status::Panic, Status::Panic.text())))
}

/// Whether the interpreter is finalizing.
static FINALIZING: AtomicBool = AtomicBool::new(false);

/// Records that the interpreter is finalizing, which closes all clients.
#[pyfunction]
pub fn mark_finalizing() {
    FINALIZING.store(true, Ordering::Relaxed);
}

/// If the interpreter is finalizing, parks a thread that is not the main thread. Such threads must never run Python again.
/// Otherwise, those that waited for a client would print to standard error that it is closed.
fn park_if_finalizing(is_main: bool) {
    while !is_main && FINALIZING.load(Ordering::Relaxed) {
        std::thread::park();
    }
}

fn is_main_thread(py: Python<'_>) -> PyResult<bool> {
    thread_local! {
        static KNOWN: Cell<Option<(u64, bool)>> = const { Cell::new(None) };
    }
    let generation = fork_generation::current();
    if let Some((when, is_main)) = KNOWN.get()
        && when == generation
    {
        return Ok(is_main);
    }
    let threading = py.import("threading")?;
    let is_main = threading
        .call_method0("current_thread")?
        .is(threading.call_method0("main_thread")?);
    KNOWN.set(Some((generation, is_main)));
    Ok(is_main)
}

/// Converts a timeout in seconds. `None` means forever.
///
/// # Errors
/// `ValueError` if it is negative or not a number.
pub fn parse_timeout(seconds: Option<f64>) -> PyResult<Option<Duration>> {
    let Some(seconds) = seconds else {
        return Ok(None);
    };
    if seconds.is_nan() || seconds < 0.0 {
        return Err(PyValueError::new_err(format!(
            "the timeout is {seconds}; pass seconds, or None for no bound"
        )));
    }
    // A value that is too large means forever.
    Ok(Duration::try_from_secs_f64(seconds).ok())
}
