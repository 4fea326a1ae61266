//! Waits that Ctrl-C ends.
//!
//! Python runs the handlers of signals on its main thread, and only when that thread runs Python. So a wait of the main
//! thread is cut into slices, with a look at what signals there are between them; the core does so where it waits for a
//! request. What can't be cut is done by a thread of the [pool](crate::thread_pool) meanwhile.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use omnize::error::{Error, Result};
use omnize::interrupt;
use omnize::status::Status;
use pyo3::exceptions::{PyRecursionError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use crate::error::{OrRaise, exception};
use crate::thread_pool::Pool;

/// How long a signal may have to wait for its handler.
const SLICE: Duration = Duration::from_millis(40);

/// How long other threads wait at a time.
const LONG_SLICE: Duration = Duration::from_secs(60);

/// Waits up to `timeout` (for ever where it is `None`) by calling `wait` for a slice at a time, without the interpreter's
/// lock, until it gives something.
///
/// # Errors
/// What a signal's handler raises, and what `wait` ends with.
pub fn in_slices<T: Send, E: Send>(
    py: Python<'_>,
    timeout: Option<Duration>,
    mut wait: impl FnMut(Duration) -> std::result::Result<Option<T>, E> + Send,
    raise: impl Fn(Python<'_>, E) -> PyErr,
) -> PyResult<Option<T>> {
    // A time that the clock can't reach is for ever.
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let is_main = is_main_thread(py)?;
    let longest = if is_main { SLICE } else { LONG_SLICE };
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let slice = left.map_or(longest, |left| left.min(longest));
        let outcome = py.detach(|| {
            let outcome = wait(slice);
            stay_if_ending(is_main);
            outcome
        });
        let outcome = outcome.map_err(|error| raise(py, error))?;
        if outcome.is_some() {
            return Ok(outcome);
        }
        py.check_signals()?;
        if left.is_some_and(|left| left <= slice) {
            return Ok(None);
        }
    }
}

/// Makes a request, without the interpreter's lock. On the main thread the handlers of signals are run meanwhile; what
/// one raises ends the wait.
///
/// # Errors
/// What the request has ended with; or what a signal's handler has raised, with that as its cause. `RecursionError` where it
/// is made by a handler within a request within another one, and so on.
pub fn requesting<T: Send>(py: Python<'_>, make: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    if !is_main_thread(py)? {
        let outcome = py.detach(|| {
            let outcome = make();
            stay_if_ending(false);
            outcome
        });
        return outcome.or_raise(py);
    }
    let _within = Within::another()?;
    // A request that has panicked may have left one.
    RAISED.set(None);
    let outcome = py.detach(|| interrupt::with_hook(handlers_raise, make));
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
    /// What a signal's handler has raised while a request was waited for.
    static RAISED: Cell<Option<PyErr>> = const { Cell::new(None) };
}

/// How many requests are made within one another at the most, each by a signal's handler that runs in the midst of the one
/// before. Each takes some 30 KB of a stack that has 8 MB mostly, and Python counts no more than its own frames.
const MOST_WITHIN: u32 = 32;

thread_local! {
    static WITHIN: Cell<u32> = const { Cell::new(0) };
}

/// A request of the main thread, until this is dropped.
struct Within;

impl Within {
    /// One more.
    ///
    /// # Errors
    /// `RecursionError` where there are too many.
    fn another() -> PyResult<Self> {
        if WITHIN.get() == MOST_WITHIN {
            return Err(PyRecursionError::new_err(
                "signals come faster than the requests end that their handler makes; post them, or make them elsewhere",
            ));
        }
        WITHIN.set(WITHIN.get() + 1);
        Ok(Within)
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        WITHIN.set(WITHIN.get() - 1);
    }
}

/// Runs the handlers of the signals that have come; tells whether one has raised something.
fn handlers_raise() -> bool {
    Python::attach(|py| {
        let raised = py.check_signals().err();
        let has_raised = raised.is_some();
        if has_raised {
            RAISED.set(raised);
        }
        has_raised
    })
}

/// Has a thread of `pool` do `work`. A signal's handler may end the wait of the main thread; the work goes on then.
///
/// # Errors
/// What a signal's handler raises.
pub fn elsewhere<T: Send + 'static>(
    py: Python<'_>,
    pool: &Arc<Pool>,
    work: impl FnOnce() -> T + Send + 'static,
) -> PyResult<T> {
    if !is_main_thread(py)? || pool.is_of_parent() {
        return Ok(py.detach(|| {
            let outcome = work();
            stay_if_ending(false);
            outcome
        }));
    }
    let place = Arc::new((Mutex::new(None), Condvar::new()));
    let told = place.clone();
    pool.submit(Box::new(move |_| {
        let outcome = catch_unwind(AssertUnwindSafe(work));
        *told.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        told.1.notify_one();
    }))
    .or_raise(py)?;
    let wait = |slice| -> Result<Option<std::thread::Result<T>>> {
        // A signal's handler has forked, and the thread stayed behind.
        if pool.is_of_parent() {
            return Err(Error::new(Status::Forked, Status::Forked.text()));
        }
        let mut outcome = place.0.lock().unwrap_or_else(PoisonError::into_inner);
        if outcome.is_none() {
            outcome = place
                .1
                .wait_timeout(outcome, slice)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        Ok(outcome.take())
    };
    // Without a timeout it ends with an outcome or an error.
    in_slices(py, None, wait, |py, error| exception(py, &error))?
        .ok_or_else(|| PyRuntimeError::new_err("the wait ended with nothing"))?
        .map_err(|_| exception(py, &Error::new(Status::Panic, Status::Panic.text())))
}

/// Whether the interpreter ends.
static ENDING: AtomicBool = AtomicBool::new(false);

/// The interpreter ends now, and all clients with it.
#[pyfunction]
pub fn ending() {
    ENDING.store(true, Ordering::Relaxed);
}

/// Where the interpreter ends, the threads that are left are never to run Python again. Those that waited for a client
/// are not to be told that it was closed, on the standard error, in the last moment.
fn stay_if_ending(is_main: bool) {
    while !is_main && ENDING.load(Ordering::Relaxed) {
        std::thread::park();
    }
}

/// How often this process was forked from another.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// This process was forked from another one: the thread that has done so is the main one now.
#[pyfunction]
pub fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// How often this process was forked from another.
pub fn forks() -> u64 {
    FORKS.load(Ordering::Relaxed)
}

fn is_main_thread(py: Python<'_>) -> PyResult<bool> {
    thread_local! {
        static KNOWN: Cell<Option<(u64, bool)>> = const { Cell::new(None) };
    }
    let forks = forks();
    if let Some((when, is_main)) = KNOWN.get()
        && when == forks
    {
        return Ok(is_main);
    }
    let threading = py.import("threading")?;
    let is_main = threading
        .call_method0("current_thread")?
        .is(threading.call_method0("main_thread")?);
    KNOWN.set(Some((forks, is_main)));
    Ok(is_main)
}

/// A timeout in seconds, as Python gives it: `None` is for ever.
///
/// # Errors
/// `ValueError` where it is negative or no number.
pub fn timeout(seconds: Option<f64>) -> PyResult<Option<Duration>> {
    let Some(seconds) = seconds else {
        return Ok(None);
    };
    if seconds.is_nan() || seconds < 0.0 {
        return Err(PyValueError::new_err(format!(
            "the timeout is {seconds}; pass seconds, or None for no bound"
        )));
    }
    // What does not fit is for ever.
    Ok(Duration::try_from_secs_f64(seconds).ok())
}
