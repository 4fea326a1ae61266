//! The client that the package's `Client` and `AsyncClient` call.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use omnize::wire::Address;
use omnize::{Client, Event, TaskId};
use pyo3::prelude::*;

use crate::account_queries::AccountQuery;
use crate::conversation::Chat;
use crate::error;
use crate::error::{OrRaise, exception};
use crate::events::consumer::parse_consumer;
use crate::events::event;
use crate::events::event_wake::EventWake;
use crate::events::pending_events::PendingEvents;
use crate::open_interaction::{OpenInteractionFields, to_fields};
use crate::options::open_client;
use crate::request_fields;
use crate::request_fields::Fields;
use crate::snapshot::Snapshot;
use crate::text_argument::{Text, check_memory, copy, copy_bytes};
use crate::threads::completions::{Completion, CompletionQueue, Value, convert_completion};
use crate::threads::interruptible::{
    parse_timeout, run_on_pool, run_request, wait_checking_signals,
};
use crate::threads::thread_pool::Pools;

/// A client.
///
/// The methods that end with `_for_loop` are for an event loop. They return at once, and report the result through the
/// completion queue, with the call number that was passed.
#[pyclass(frozen, weakref, module = "omnize._omnize")]
pub struct Core {
    pub client: Arc<Client>,
    pub pools: Arc<Pools>,
    pub completions: Arc<CompletionQueue>,
    /// Created when an event loop first waits for an event.
    event_wake: OnceLock<EventWake>,
    /// Whether an event was delivered since this thread last yielded to others.
    is_busy: AtomicBool,
    pending_events: PendingEvents,
    /// Whether the client has a store. Then events have receipts.
    stored: bool,
    /// The number of handlers that may run concurrently.
    #[pyo3(get)]
    dispatch_threads: usize,
    /// The number of asynchronous handlers that may run concurrently.
    #[pyo3(get)]
    handlers_concurrency: usize,
    /// A weak reference to the client object. Events get it.
    owner: Arc<OnceLock<Py<PyAny>>>,
    /// The id of the process that opened it.
    process: u32,
}

impl Core {
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Returns whether the client has a store.
    pub fn is_stored(&self) -> bool {
        self.stored
    }

    /// Converts an event to a Python object.
    pub fn convert_event<'py>(
        &self,
        py: Python<'py>,
        event: &Arc<Event>,
    ) -> PyResult<Bound<'py, PyAny>> {
        event::convert_event(py, event, self.stored, self.owner.get())
    }

    /// Calls `take` until it returns a value, at most for `seconds`. The first call, which does not block, keeps the
    /// interpreter's lock: to release and reacquire it costs more than to take an event.
    pub fn wait<T: Send>(
        &self,
        py: Python<'_>,
        seconds: Option<f64>,
        take: impl Fn(Duration) -> omnize::error::Result<Option<T>> + Send,
    ) -> PyResult<Option<T>> {
        let timeout = parse_timeout(seconds)?;
        let found = match take(Duration::ZERO) {
            Ok(Some(found)) => Some(found),
            Ok(None) if timeout == Some(Duration::ZERO) => None,
            // An error is reported by the second call, which parks the thread if the interpreter is finalizing.
            _ => wait_checking_signals(py, timeout, take, |py, error| exception(py, &error))?,
        };
        if found.is_some() {
            self.is_busy.store(true, Ordering::Relaxed);
        }
        Ok(found)
    }

    /// Returns the events that could not be converted.
    pub fn pending_events(&self) -> &PendingEvents {
        &self.pending_events
    }

    fn event_wake(&self, py: Python<'_>) -> PyResult<&EventWake> {
        if let Some(wake) = self.event_wake.get() {
            return Ok(wake);
        }
        let wake = EventWake::new(py, &self.client)?;
        Ok(self.event_wake.get_or_init(|| wake))
    }

    fn send_query<'py>(&self, py: Python<'py>, query: AccountQuery) -> PyResult<Bound<'py, PyAny>> {
        run_request(py, || query.send(&self.client))?.into_tuples(py)
    }

    fn submit_query(&self, py: Python<'_>, call: u64, query: AccountQuery) -> PyResult<()> {
        let client = Arc::clone(&self.client);
        let send = move || query.send(&client).map(Value::Response);
        let job = self.completions.job(call, send);
        self.pools.requests.submit(job).or_raise(py)
    }

    fn chat(&self, conversation: omnize::Conversation) -> Chat {
        Chat::new(
            conversation,
            self.pools.clone(),
            self.completions.clone(),
            self.stored,
            self.owner.clone(),
        )
    }
}

#[pymethods]
impl Core {
    /// Opens a client. `options` override the environment, which overrides the file.
    #[new]
    fn new(
        py: Python<'_>,
        options: Vec<(Text, Text)>,
        config_file: Option<PathBuf>,
        environment: bool,
    ) -> PyResult<Self> {
        event::import_makers(py)?;
        error::import_maker(py)?;
        request_fields::import_check(py)?;
        let completions = Arc::new(CompletionQueue::new().or_raise(py)?);
        let opened = py
            .detach(|| open_client(&options, config_file, environment))
            .map_err(|error| error.into_exception(py))?;
        Ok(Core {
            client: Arc::new(opened.client),
            pools: Arc::new(Pools::new()),
            completions,
            event_wake: OnceLock::new(),
            is_busy: AtomicBool::new(false),
            pending_events: PendingEvents::default(),
            stored: opened.stored,
            dispatch_threads: opened.dispatch_threads,
            handlers_concurrency: opened.handlers_concurrency,
            owner: Arc::default(),
            process: std::process::id(),
        })
    }

    /// Whether the client has a store. Then a delivery waits for the disk.
    #[getter]
    fn stored(&self) -> bool {
        self.stored
    }

    /// Sets the weak reference to the client object, which events get. A second call does nothing.
    fn set_owner(&self, owner: Py<PyAny>) {
        // An error means that it is set already.
        let _ = self.owner.set(owner);
    }

    /// Returns the department of a customer's interaction; `None` if it is not known.
    fn department_of(&self, client_id: &str) -> Option<String> {
        self.client.department_of(client_id)
    }

    /// The webhook URL of the client's own listener; `None` without one.
    #[getter]
    fn webhook_url(&self) -> Option<&str> {
        self.client.webhook_url()
    }

    /// Creates a conversation for a new interaction.
    fn prepare(&self, py: Python<'_>, department: Text, client_id: Text) -> PyResult<Chat> {
        let address = Address {
            department: department.0,
            client_id: client_id.0,
        };
        Ok(self.chat(self.client.prepare(address).or_raise(py)?))
    }

    /// Creates a conversation for an open interaction.
    #[pyo3(signature = (department, client_id, interaction_hash = None))]
    fn attach(
        &self,
        py: Python<'_>,
        department: Text,
        client_id: Text,
        interaction_hash: Option<&str>,
    ) -> PyResult<Chat> {
        let address = Address {
            department: department.0,
            client_id: client_id.0,
        };
        let conversation = match interaction_hash {
            Some(hash) => self.client.attach_by_hash(address, hash),
            None => self.client.attach(address),
        };
        Ok(self.chat(conversation.or_raise(py)?))
    }

    /// Creates a conversation for an interaction of the application's external bot.
    fn bot_attach(&self, py: Python<'_>, interaction_hash: &str) -> PyResult<Chat> {
        Ok(self.chat(self.client.bot_attach(interaction_hash).or_raise(py)?))
    }

    /// Returns the open interactions.
    fn open_interactions(&self) -> Vec<OpenInteractionFields> {
        let open = self.client.open_interactions().into_iter();
        open.map(to_fields).collect()
    }

    /// Checks the configuration. Returns the name of the level.
    #[pyo3(signature = (seconds))]
    fn check<'py>(&self, py: Python<'py>, seconds: Option<f64>) -> PyResult<Bound<'py, PyAny>> {
        self.send_query(py, AccountQuery::Check(parse_timeout(seconds)?))
    }

    /// Checks the configuration.
    #[pyo3(signature = (call, seconds))]
    fn check_for_loop(&self, py: Python<'_>, call: u64, seconds: Option<f64>) -> PyResult<()> {
        self.submit_query(py, call, AccountQuery::Check(parse_timeout(seconds)?))
    }

    /// Requests the departments.
    #[pyo3(signature = (client_id = None))]
    fn departments<'py>(
        &self,
        py: Python<'py>,
        client_id: Option<Text>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.send_query(py, AccountQuery::Departments(client_id.map(|id| id.0)))
    }

    /// Requests the agents who are online.
    fn online_agents<'py>(&self, py: Python<'py>, department: Text) -> PyResult<Bound<'py, PyAny>> {
        self.send_query(py, AccountQuery::OnlineAgents(department.0))
    }

    /// Sends an off-hours message.
    fn off_hours<'py>(
        &self,
        py: Python<'py>,
        department: Text,
        fields: Fields,
    ) -> PyResult<Bound<'py, PyAny>> {
        let query = AccountQuery::off_hours(py, department.0, &fields)?;
        self.send_query(py, query)
    }

    /// Requests the departments.
    #[pyo3(signature = (call, client_id = None))]
    fn departments_for_loop(
        &self,
        py: Python<'_>,
        call: u64,
        client_id: Option<Text>,
    ) -> PyResult<()> {
        self.submit_query(
            py,
            call,
            AccountQuery::Departments(client_id.map(|id| id.0)),
        )
    }

    /// Requests the agents who are online.
    fn online_agents_for_loop(&self, py: Python<'_>, call: u64, department: Text) -> PyResult<()> {
        self.submit_query(py, call, AccountQuery::OnlineAgents(department.0))
    }

    /// Sends an off-hours message.
    fn off_hours_for_loop(
        &self,
        py: Python<'_>,
        call: u64,
        department: Text,
        fields: Fields,
    ) -> PyResult<()> {
        let query = AccountQuery::off_hours(py, department.0, &fields)?;
        self.submit_query(py, call, query)
    }

    /// Delivers the body of a trigger.
    #[pyo3(signature = (body, content_type = None, content_encoding = None))]
    fn deliver(
        &self,
        py: Python<'_>,
        body: &[u8],
        content_type: Option<&str>,
        content_encoding: Option<&str>,
    ) -> PyResult<()> {
        check_memory(body)?;
        let deliver = || {
            self.client
                .deliver_compressed(body, content_type, content_encoding)
        };
        py.detach(deliver).or_raise(py)
    }

    /// Delivers the body of a trigger. Returns `false` if it was delivered at once; then no result is reported.
    #[pyo3(signature = (call, body, content_type = None, content_encoding = None))]
    fn deliver_for_loop(
        &self,
        py: Python<'_>,
        call: u64,
        body: &[u8],
        content_type: Option<&str>,
        content_encoding: Option<&str>,
    ) -> PyResult<bool> {
        check_memory(body)?;
        if !self.stored {
            // Does not block.
            self.client
                .deliver_compressed(body, content_type, content_encoding)
                .or_raise(py)?;
            return Ok(false);
        }
        let client = Arc::clone(&self.client);
        let (body, content_type) = (copy_bytes(body)?, content_type.map(copy).transpose()?);
        let content_encoding = content_encoding.map(copy).transpose()?;
        let job = self.completions.uncancellable_job(call, move || {
            client.deliver_compressed(
                &body,
                content_type.as_deref(),
                content_encoding.as_deref(),
            )?;
            Ok(Value::Nothing)
        });
        self.pools.writes.submit(job).or_raise(py)?;
        Ok(true)
    }

    /// Returns the next event. Blocks up to `seconds`; returns `None` if no event came.
    #[pyo3(signature = (seconds))]
    fn next<'py>(
        &self,
        py: Python<'py>,
        seconds: Option<f64>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let taken = match self.pending_events.pop_event() {
            Some(event) => Some(event),
            None => self
                .wait(py, seconds, |slice| self.client.next(slice))?
                .map(Arc::new),
        };
        let Some(event) = taken else {
            return Ok(None);
        };
        self.convert_event(py, &event)
            .map(Some)
            .inspect_err(|_| self.pending_events.push_event(event))
    }

    /// Sets the consumer of the events, as an event cursor does.
    fn set_consumer(&self, py: Python<'_>, consumer: &str) -> PyResult<()> {
        self.client
            .set_consumer(parse_consumer(consumer)?)
            .or_raise(py)
    }

    /// With a store, holds all events back, because no handler is registered. Otherwise does nothing.
    fn hold_back_events(&self, py: Python<'_>) -> PyResult<()> {
        self.client.hold_back_events().or_raise(py)
    }

    /// Releases the events that are held back.
    fn release_events(&self, py: Python<'_>) -> PyResult<()> {
        self.client.release_events().or_raise(py)
    }

    /// Whether this thread runs a handler.
    #[getter]
    fn is_in_handler(&self) -> bool {
        self.client.is_in_callback()
    }

    /// The number of queued events.
    #[getter]
    fn waiting(&self) -> usize {
        self.client.queued_events()
    }

    /// Returns the statistics.
    fn statistics(&self, py: Python<'_>) -> PyResult<Snapshot> {
        self.client.snapshot().map(Snapshot::new).or_raise(py)
    }

    /// Returns the event descriptor, which becomes readable after `arm_event_descriptor`.
    fn event_descriptor(&self, py: Python<'_>) -> PyResult<i64> {
        Ok(self.event_wake(py)?.descriptor())
    }

    /// Returns an upper bound of the number of deliverable events. If it is 0, the event descriptor becomes readable with the
    /// next event.
    fn arm_event_descriptor(&self, py: Python<'_>) -> PyResult<usize> {
        let wake = self.event_wake(py)?;
        if self.is_busy.swap(false, Ordering::Relaxed) {
            // Let other threads enqueue events first, as the core does before it sleeps. These events need no wake-up.
            py.detach(std::thread::yield_now);
        }
        Ok(wake.arm())
    }

    /// Makes the event descriptor unreadable. Returns an upper bound of the number of deliverable events. If it is less than
    /// `waited_for`, the descriptor becomes readable with the next event.
    fn clear_event_descriptor(&self, py: Python<'_>, waited_for: usize) -> PyResult<usize> {
        Ok(self.event_wake(py)?.clear_and_rearm(waited_for))
    }

    /// Returns the descriptor that is readable while the completion queue is not empty.
    fn completion_descriptor(&self) -> i64 {
        self.completions.descriptor()
    }

    /// Takes the completed calls: the number of each, its value, and its exception.
    fn take_completions<'py>(&self, py: Python<'py>) -> PyResult<Vec<Completion<'py>>> {
        self.completions
            .take()
            .into_iter()
            .map(|(number, result)| convert_completion(py, number, result))
            .collect()
    }

    /// Cancels the wait for a call. If the call has not begun, it never begins.
    fn cancel_call(&self, number: u64) {
        self.completions.cancel(number);
    }

    /// Closes the client within `seconds`. Returns the number of events and requests that remain.
    fn close(&self, py: Python<'_>, seconds: f64) -> PyResult<(usize, usize)> {
        let within = parse_timeout(Some(seconds))?.unwrap_or(Duration::MAX);
        self.pending_events.nack_all();
        let report = if self.client.is_in_callback() || self.client.is_requesting() {
            // On another thread, it would wait for this handler, or for the request whose signal handler calls it.
            py.detach(|| self.client.close(within))
        } else {
            let client = Arc::clone(&self.client);
            run_on_pool(py, &self.pools.closing, move || client.close(within))?
        };
        self.pools.close();
        let report = report.or_raise(py)?;
        Ok((report.events, report.requests))
    }

    /// Closes the client within `seconds`, and waits for the handlers that tasks run. If one of them closes the client,
    /// `closing` is the number of its lease, and the close does not wait for it.
    #[pyo3(signature = (call, seconds, closing))]
    fn close_for_loop(
        &self,
        py: Python<'_>,
        call: u64,
        seconds: f64,
        closing: Option<TaskId>,
    ) -> PyResult<()> {
        let within = parse_timeout(Some(seconds))?.unwrap_or(Duration::MAX);
        let (client, pools) = (Arc::clone(&self.client), self.pools.clone());
        self.pending_events.nack_all();
        let job = self.completions.uncancellable_job(call, move || {
            let outcome = client.close_with_tasks(within, closing);
            pools.close();
            outcome.map(|report| Value::CloseReport(report.events, report.requests))
        });
        self.pools.closing.submit(job).or_raise(py)
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.pending_events.nack_all();
        self.pools.close();
        // Dropping a client closes it. In a forked child, this would wait for threads of the parent.
        if std::process::id() != self.process {
            std::mem::forget(Arc::clone(&self.client));
        }
    }
}
