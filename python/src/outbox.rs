//! The outbox of a client, for the package's clients and conversations, and the posts that belong to no conversation.

use omnize::Client;
use omnize::error::Result;
use omnize::status::Status;
use pyo3::prelude::*;
use std::sync::Arc;
use std::time::Duration;

use crate::account_queries::AccountPost;
use crate::client::Core;
use crate::conversation::post_options;
use crate::error::OrRaise;
use crate::python_message;
use crate::request_fields::Fields;
use crate::text_argument::Text;
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

    fn post_request(&self, py: Python<'_>, post: AccountPost) -> PyResult<u64> {
        py.detach(|| post.post(self.client())).or_raise(py)
    }

    fn submit_post(&self, py: Python<'_>, call: u64, post: AccountPost) -> PyResult<()> {
        let core = self.core.get();
        let client = Arc::clone(&core.client);
        let post = move || post.post(&client).map(Value::Ticket);
        let job = core.completions.job(call, post);
        core.pools.writes.submit(job).or_raise(py)
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

    /// Posts a request for the departments, and returns its ticket.
    #[pyo3(signature = (client_id = None))]
    fn post_departments(&self, py: Python<'_>, client_id: Option<Text>) -> PyResult<u64> {
        self.post_request(py, AccountPost::Departments(client_id.map(|id| id.0)))
    }

    /// Posts a request for the departments.
    #[pyo3(signature = (call, client_id = None))]
    fn post_departments_for_loop(
        &self,
        py: Python<'_>,
        call: u64,
        client_id: Option<Text>,
    ) -> PyResult<()> {
        self.submit_post(py, call, AccountPost::Departments(client_id.map(|id| id.0)))
    }

    /// Posts a request for the agents who are online, and returns its ticket.
    fn post_online_agents(&self, py: Python<'_>, department: Text) -> PyResult<u64> {
        self.post_request(py, AccountPost::OnlineAgents(department.0))
    }

    /// Posts a request for the agents who are online.
    fn post_online_agents_for_loop(
        &self,
        py: Python<'_>,
        call: u64,
        department: Text,
    ) -> PyResult<()> {
        self.submit_post(py, call, AccountPost::OnlineAgents(department.0))
    }

    /// Posts an off-hours message, and returns its ticket. `max_age` is in seconds.
    #[pyo3(signature = (department, fields, reference = None, max_age = None))]
    fn post_off_hours(
        &self,
        py: Python<'_>,
        department: Text,
        fields: Fields,
        reference: Option<Text>,
        max_age: Option<f64>,
    ) -> PyResult<u64> {
        let options = post_options(reference, max_age);
        let post = AccountPost::off_hours(py, department.0, &fields, options)?;
        self.post_request(py, post)
    }

    /// Posts an off-hours message. `max_age` is in seconds.
    #[pyo3(signature = (call, department, fields, reference = None, max_age = None))]
    fn post_off_hours_for_loop(
        &self,
        py: Python<'_>,
        call: u64,
        department: Text,
        fields: Fields,
        reference: Option<Text>,
        max_age: Option<f64>,
    ) -> PyResult<()> {
        let options = post_options(reference, max_age);
        let post = AccountPost::off_hours(py, department.0, &fields, options)?;
        self.submit_post(py, call, post)
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
                    has_failed.then(|| python_message::convert(&entry.last_message)),
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

    /// Returns whether the sending is paused.
    fn is_paused(&self, py: Python<'_>) -> PyResult<bool> {
        self.client().is_paused().or_raise(py)
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
