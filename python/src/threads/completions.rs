//! Results of calls for an event loop, and a descriptor that is readable while there are any.

use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use omnize::error::Error;
use omnize::status::Status;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

use crate::account_queries::AccountResponse;
use crate::error::exception;
use crate::threads::thread_pool::{Job, Worker};
use crate::threads::wake_descriptor::WakeDescriptor;

/// The result of a call.
pub type CallResult = Result<Value, Error>;

/// The value of a call that succeeded.
pub enum Value {
    /// No value.
    Nothing,
    /// The ticket of a posted request.
    Ticket(u64),
    /// The number of cancelled requests.
    Count(usize),
    /// The data of a response.
    Response(AccountResponse),
    /// The number of events and requests that remain after a close.
    CloseReport(usize, usize),
}

#[derive(Default)]
struct Calls {
    completed: Vec<(u64, CallResult)>,
    /// The calls that are not completed, and whether somebody still waits for each.
    pending: HashMap<u64, bool>,
}

/// The completed calls, by the call numbers of the event loop.
pub struct CompletionQueue {
    calls: Mutex<Calls>,
    /// Readable while the queue is not empty.
    wake: WakeDescriptor,
}

impl CompletionQueue {
    /// Returns an empty queue.
    ///
    /// # Errors
    /// No file descriptor is available.
    pub fn new() -> io::Result<Self> {
        Ok(CompletionQueue {
            calls: Mutex::default(),
            wake: WakeDescriptor::new()?,
        })
    }

    /// Returns a job that runs a call and enqueues its result. If the call was cancelled before, the job does nothing.
    pub fn job(
        self: &Arc<Self>,
        number: u64,
        call: impl FnOnce() -> CallResult + Send + 'static,
    ) -> Job {
        let pending = PendingCall::new(self, number);
        Box::new(move |worker| {
            if pending.is_wanted() {
                pending.run(worker, call);
            }
        })
    }

    /// Returns a job that runs a call even if it was cancelled, and enqueues its result.
    pub fn uncancellable_job(
        self: &Arc<Self>,
        number: u64,
        call: impl FnOnce() -> CallResult + Send + 'static,
    ) -> Job {
        let pending = PendingCall::new(self, number);
        Box::new(move |worker| pending.run(worker, call))
    }

    /// Returns a function that completes a call without a value.
    pub fn waker(self: &Arc<Self>, number: u64) -> Box<dyn FnOnce() + Send> {
        let pending = PendingCall::new(self, number);
        Box::new(move || pending.completions.push(number, Ok(Value::Nothing)))
    }

    /// Enqueues the result of a call.
    fn push(&self, number: u64, result: CallResult) {
        let mut calls = self.lock();
        calls.completed.push((number, result));
        let is_first = calls.completed.len() == 1;
        // The woken thread takes the lock next.
        drop(calls);
        if is_first {
            self.wake.set();
        }
    }

    /// Takes all results.
    pub fn take(&self) -> Vec<(u64, CallResult)> {
        // Before the results are taken, so that a later result makes the descriptor readable again.
        self.wake.clear();
        std::mem::take(&mut self.lock().completed)
    }

    /// Cancels a call. If it has not begun, it never begins.
    pub fn cancel(&self, number: u64) {
        if let Some(wanted) = self.lock().pending.get_mut(&number) {
            *wanted = false;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the descriptor that is readable while the queue is not empty.
    pub fn descriptor(&self) -> i64 {
        self.wake.descriptor().unwrap_or(-1)
    }
}

/// A call that is not completed.
struct PendingCall {
    completions: Arc<CompletionQueue>,
    number: u64,
}

impl PendingCall {
    fn new(completions: &Arc<CompletionQueue>, number: u64) -> Self {
        completions.lock().pending.insert(number, true);
        PendingCall {
            completions: completions.clone(),
            number,
        }
    }

    fn is_wanted(&self) -> bool {
        self.completions.lock().pending.get(&self.number) == Some(&true)
    }

    fn run(&self, worker: &Worker<'_>, call: impl FnOnce() -> CallResult) {
        // A panic is reported too, so that no caller waits forever.
        let result = catch_unwind(AssertUnwindSafe(call))
            .unwrap_or_else(|_| Err(Error::new(Status::Panic, Status::Panic.text())));
        worker.mark_almost_idle();
        self.completions.push(self.number, result);
    }
}

impl Drop for PendingCall {
    fn drop(&mut self) {
        self.completions.lock().pending.remove(&self.number);
    }
}

/// A completed call: its number, its value, its exception.
pub type Completion<'py> = (u64, Bound<'py, PyAny>, Option<PyErr>);

/// Converts a completed call to Python objects.
pub fn convert_completion(
    py: Python<'_>,
    number: u64,
    result: CallResult,
) -> PyResult<Completion<'_>> {
    let (value, error) = match result {
        Ok(Value::Nothing) => (py.None().into_bound(py), None),
        Ok(Value::Ticket(ticket)) => (ticket.into_bound_py_any(py)?, None),
        Ok(Value::Count(count)) => (count.into_bound_py_any(py)?, None),
        Ok(Value::Response(response)) => (response.into_tuples(py)?, None),
        Ok(Value::CloseReport(events, requests)) => {
            ((events, requests).into_bound_py_any(py)?, None)
        }
        Err(error) => (py.None().into_bound(py), Some(exception(py, &error))),
    };
    Ok((number, value, error))
}
