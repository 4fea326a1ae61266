//! The outbox of a client, for the package's clients and conversations.

use omnize::Client;
use omnize::error::Result;
use omnize::status::Status;
use pyo3::prelude::*;
use std::sync::Arc;
use std::time::Duration;

use crate::client::Core;
use crate::error::OrRaise;
use crate::threads::completions::Value;
use crate::threads::interruptible::{parse_timeout, run_request};

/// An entry: ticket, client id, kind, age in seconds, attempts, whether one is in progress, the name and the message of the
/// last error, and the reference.
type Entry = (
    u64,
    String,
    &'static str,
    f64,
    u32,
    bool,
    Option<&'static str>,
    Option<String>,
    Option<String>,
);

/// The posted requests of a client that have no outcome yet.
#[pyclass(frozen, module = "omnize._omnize")]
pub struct Outbox {
    core: Py<Core>,
}

impl Outbox {
    fn client(&self) -> &Client {
        self.core.get().client()
    }
}

#[pymethods]
impl Outbox {
    #[new]
    fn new(core: Bound<'_, Core>) -> Self {
        Outbox {
            core: core.unbind(),
        }
    }

    /// Returns the requests that wait or are in progress.
    fn list(&self, py: Python<'_>) -> Vec<Entry> {
        let list = py.detach(|| self.client().outbox());
        list.into_iter()
            .map(|entry| {
                let has_failed = entry.last_status != Status::Ok;
                (
                    entry.ticket,
                    entry.client_id,
                    entry.kind.name(),
                    entry.age.as_secs_f64(),
                    entry.attempts,
                    entry.is_in_progress,
                    has_failed.then(|| entry.last_status.name()),
                    has_failed.then_some(entry.last_message),
                    entry.reference.map(|text| text.expose().to_owned()),
                )
            })
            .collect()
    }

    /// The number of these requests.
    fn count(&self) -> usize {
        self.client().outbox_count()
    }

    /// Cancels a request that waits. With a store, blocks until its outcome is on disk.
    fn cancel(&self, py: Python<'_>, ticket: u64) -> PyResult<()> {
        py.detach(|| self.client().cancel(ticket)).or_raise(py)
    }

    /// Cancels a request that waits, and reports the result.
    fn cancel_for_loop(&self, py: Python<'_>, call: u64, ticket: u64) -> PyResult<()> {
        let core = self.core.get();
        let client = Arc::clone(&core.client);
        let cancel = move || client.cancel(ticket).map(|()| Value::Nothing);
        let job = core.completions.job(call, cancel);
        core.pools.writes.submit(job).or_raise(py)
    }

    /// Blocks until the requests that were posted before have ended, up to `seconds`. Returns the number of remaining ones.
    #[pyo3(signature = (seconds))]
    fn flush(&self, py: Python<'_>, seconds: Option<f64>) -> PyResult<usize> {
        let timeout = parse_timeout(seconds)?.unwrap_or(Duration::MAX);
        let client = self.client();
        run_request(py, || remaining(client.flush(timeout)))
    }

    /// The last ticket for which a flush waits; 0 if the outbox is empty.
    fn last_ticket(&self) -> u64 {
        self.client().last_ticket()
    }

    /// Returns the number of requests up to this ticket that have not ended. Does not block.
    fn unflushed(&self, py: Python<'_>, ticket: u64) -> PyResult<usize> {
        remaining(self.client().flush_until(ticket, Duration::ZERO)).or_raise(py)
    }

    /// Pauses the sending of posted requests.
    fn pause(&self, py: Python<'_>) -> PyResult<()> {
        self.client().pause().or_raise(py)
    }

    /// Resumes the sending of posted requests.
    fn resume(&self, py: Python<'_>) -> PyResult<()> {
        self.client().resume().or_raise(py)
    }
}

/// Returns the number of requests that remain after a flush.
fn remaining(flushed: Result<()>) -> Result<usize> {
    match flushed {
        Ok(()) => Ok(0),
        Err(error) if error.status() == Status::Timeout => {
            Ok(error.close_report().unwrap_or_default().requests)
        }
        Err(error) => Err(error),
    }
}
