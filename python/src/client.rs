//! A client, below the package's `Client` and `AsyncClient`.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use omnize::wire::Address;
use omnize::{Client, Event, OneShotNotifier, STATISTICS};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

use crate::account_queries::ClientRequest;
use crate::completions::{CompletionQueue, Outcome, Value};
use crate::conversation;
use crate::conversation::{Chat, Fields};
use crate::error;
use crate::error::{OrRaise, exception};
use crate::event;
use crate::interruptible::{elsewhere, in_slices, requesting, timeout};
use crate::leases;
use crate::leases::EventCursor;
use crate::options::configure;
use crate::text_argument::{Text, check_room, copy, copy_bytes};
use crate::thread_pool::Pools;
use crate::undelivered::Undelivered;

/// What both kinds of clients are made of.
#[pyclass(frozen, weakref, module = "omnize._omnize")]
pub struct Core {
    client: Arc<Client>,
    pools: Arc<Pools>,
    done: Arc<CompletionQueue>,
    /// Made when an event loop first waits for an event.
    alarm: OnceLock<OneShotNotifier>,
    /// Whether an event was given out since other threads were last let go first.
    is_busy: AtomicBool,
    undelivered: Undelivered,
    /// Whether events carry receipts.
    stored: bool,
    /// How many handlers may run at once.
    #[pyo3(get)]
    dispatch_threads: usize,
    /// The process that it was opened in.
    process: u32,
}

impl Core {
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Whether events carry receipts.
    pub fn is_stored(&self) -> bool {
        self.stored
    }

    /// What Python sees of an event.
    pub fn event<'py>(&self, py: Python<'py>, event: &Arc<Event>) -> PyResult<Bound<'py, PyAny>> {
        event::object(py, event, self.stored)
    }

    /// Takes what `take` gives at once. Only where there is nothing, it waits so many seconds without the interpreter's
    /// lock: to give that away and to ask for it back costs more than to take an event.
    pub fn wait<T: Send>(
        &self,
        py: Python<'_>,
        seconds: Option<f64>,
        take: impl Fn(Duration) -> omnize::error::Result<Option<T>> + Send,
    ) -> PyResult<Option<T>> {
        let timeout = timeout(seconds)?;
        let found = match take(Duration::ZERO) {
            Ok(Some(found)) => Some(found),
            Ok(None) if timeout == Some(Duration::ZERO) => None,
            // Where the interpreter ends, what has failed is not told there either.
            _ => in_slices(py, timeout, take, |py, error| exception(py, &error))?,
        };
        if found.is_some() {
            self.is_busy.store(true, Ordering::Relaxed);
        }
        Ok(found)
    }

    /// What could not be handed out.
    pub fn undelivered(&self) -> &Undelivered {
        &self.undelivered
    }

    fn alarm(&self) -> omnize::error::Result<&OneShotNotifier> {
        if let Some(alarm) = self.alarm.get() {
            return Ok(alarm);
        }
        let alarm = self.client.one_shot_notifier()?;
        Ok(self.alarm.get_or_init(|| alarm))
    }

    fn ask<'py>(&self, py: Python<'py>, question: ClientRequest) -> PyResult<Bound<'py, PyAny>> {
        requesting(py, || question.ask(&self.client))?.object(py)
    }

    fn ask_for_loop(&self, py: Python<'_>, number: u64, question: ClientRequest) -> PyResult<()> {
        let client = Arc::clone(&self.client);
        let ask = move || question.ask(&client).map(Value::Answer);
        let job = self.done.job(number, ask);
        self.pools.requests.submit(job).or_raise(py)
    }

    fn chat(&self, conversation: omnize::Conversation) -> Chat {
        Chat::new(conversation, self.pools.clone(), self.done.clone())
    }
}

#[pymethods]
impl Core {
    /// Opens a client with these options, on top of the file's and the environment's.
    #[new]
    fn new(
        py: Python<'_>,
        options: Vec<(Text, Text)>,
        config_file: Option<PathBuf>,
        environment: bool,
    ) -> PyResult<Self> {
        event::import_makers(py)?;
        error::import_maker(py)?;
        conversation::import_check(py)?;
        let done = Arc::new(CompletionQueue::new().or_raise(py)?);
        let (client, stored, dispatch_threads) = py
            .detach(|| {
                let config = configure(&options, config_file, environment)?;
                let stored = !config.get("store")?.is_empty();
                // The table sees to it that it is a number.
                let threads = config.get("dispatch.threads")?.parse().unwrap_or(1);
                Client::open(&config).map(|client| (client, stored, threads))
            })
            .or_raise(py)?;
        Ok(Core {
            client: Arc::new(client),
            pools: Arc::new(Pools::new()),
            done,
            alarm: OnceLock::new(),
            is_busy: AtomicBool::new(false),
            undelivered: Undelivered::default(),
            stored,
            dispatch_threads,
            process: std::process::id(),
        })
    }

    /// Whether there is a store, for whose disk a delivery waits.
    #[getter]
    fn stored(&self) -> bool {
        self.stored
    }

    /// The webhook URL of the client's own listener.
    #[getter]
    fn webhook_url(&self) -> Option<&str> {
        self.client.webhook_url()
    }

    /// A conversation that is still to be started.
    fn prepare(&self, py: Python<'_>, department: Text, client_id: Text) -> PyResult<Chat> {
        let address = Address {
            department: department.0,
            client_id: client_id.0,
        };
        Ok(self.chat(self.client.prepare(address).or_raise(py)?))
    }

    /// A conversation that is running, by its hash where that is known.
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

    /// A conversation that was given to the application as an external bot.
    fn bot_attach(&self, py: Python<'_>, interaction_hash: &str) -> PyResult<Chat> {
        Ok(self.chat(self.client.bot_attach(interaction_hash).or_raise(py)?))
    }

    /// The interactions that are under way: client id, department, state, and since when in seconds.
    fn open_interactions(&self) -> Vec<(String, String, &'static str, f64)> {
        let open = self.client.open_interactions().into_iter();
        open.map(|open| {
            let since = open.since as f64 / 1000.0;
            (open.client_id, open.department, open.state.name(), since)
        })
        .collect()
    }

    /// Asks which departments there are.
    #[pyo3(signature = (client_id = None))]
    fn departments<'py>(
        &self,
        py: Python<'py>,
        client_id: Option<Text>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.ask(py, ClientRequest::Departments(client_id.map(|id| id.0)))
    }

    /// Asks which agents are there.
    fn online_agents<'py>(&self, py: Python<'py>, department: Text) -> PyResult<Bound<'py, PyAny>> {
        self.ask(py, ClientRequest::OnlineAgents(department.0))
    }

    /// Leaves a message while no agent is there.
    fn off_hours<'py>(
        &self,
        py: Python<'py>,
        department: Text,
        fields: Fields,
    ) -> PyResult<Bound<'py, PyAny>> {
        let question = ClientRequest::off_hours(py, department.0, &fields)?;
        self.ask(py, question)
    }

    /// As `departments`, for an event loop.
    #[pyo3(signature = (number, client_id = None))]
    fn departments_for_loop(
        &self,
        py: Python<'_>,
        number: u64,
        client_id: Option<Text>,
    ) -> PyResult<()> {
        self.ask_for_loop(
            py,
            number,
            ClientRequest::Departments(client_id.map(|id| id.0)),
        )
    }

    /// As `online_agents`, for an event loop.
    fn online_agents_for_loop(
        &self,
        py: Python<'_>,
        number: u64,
        department: Text,
    ) -> PyResult<()> {
        self.ask_for_loop(py, number, ClientRequest::OnlineAgents(department.0))
    }

    /// As `off_hours`, for an event loop.
    fn off_hours_for_loop(
        &self,
        py: Python<'_>,
        number: u64,
        department: Text,
        fields: Fields,
    ) -> PyResult<()> {
        let question = ClientRequest::off_hours(py, department.0, &fields)?;
        self.ask_for_loop(py, number, question)
    }

    /// Hands over the body of a trigger.
    #[pyo3(signature = (body, content_type = None, content_encoding = None))]
    fn deliver(
        &self,
        py: Python<'_>,
        body: &[u8],
        content_type: Option<&str>,
        content_encoding: Option<&str>,
    ) -> PyResult<()> {
        check_room(body)?;
        let deliver = || {
            self.client
                .deliver_compressed(body, content_type, content_encoding)
        };
        py.detach(deliver).or_raise(py)
    }

    /// Hands over the body of a trigger for an event loop; `false` where that was done at once, and no end is told of.
    #[pyo3(signature = (number, body, content_type = None, content_encoding = None))]
    fn deliver_for_loop(
        &self,
        py: Python<'_>,
        number: u64,
        body: &[u8],
        content_type: Option<&str>,
        content_encoding: Option<&str>,
    ) -> PyResult<bool> {
        check_room(body)?;
        if !self.stored {
            // It waits for nothing.
            self.client
                .deliver_compressed(body, content_type, content_encoding)
                .or_raise(py)?;
            return Ok(false);
        }
        let client = Arc::clone(&self.client);
        let (body, content_type) = (copy_bytes(body)?, content_type.map(copy).transpose()?);
        let content_encoding = content_encoding.map(copy).transpose()?;
        let job = self.done.sure_job(number, move || {
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

    /// Waits so many seconds for the next event.
    #[pyo3(signature = (seconds))]
    fn next<'py>(
        &self,
        py: Python<'py>,
        seconds: Option<f64>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let taken = match self.undelivered.take_event() {
            Some(event) => Some(event),
            None => self
                .wait(py, seconds, |slice| self.client.next(slice))?
                .map(Arc::new),
        };
        let Some(event) = taken else {
            return Ok(None);
        };
        self.event(py, &event)
            .map(Some)
            .inspect_err(|_| self.undelivered.keep_event(event))
    }

    /// Events with the turns to handle them.
    fn turns(this: Bound<'_, Self>, by: &str) -> PyResult<EventCursor> {
        Ok(EventCursor::new(this.unbind(), leases::by(by)?))
    }

    /// Chooses who runs the handlers.
    fn choose(&self, py: Python<'_>, by: &str) -> PyResult<()> {
        self.client.set_consumer(leases::by(by)?).or_raise(py)
    }

    /// Whether this thread runs a handler.
    #[getter]
    fn is_calling(&self) -> bool {
        self.client.is_in_callback()
    }

    /// How many events wait.
    #[getter]
    fn waiting(&self) -> usize {
        self.client.queued_events()
    }

    /// What was counted, by name.
    fn statistics(&self) -> Vec<(&'static str, u64)> {
        STATISTICS
            .iter()
            .map(|(statistic, name, _)| (*name, self.client.count_of(*statistic)))
            .collect()
    }

    /// The descriptor of the alarm.
    fn event_descriptor(&self, py: Python<'_>) -> PyResult<i64> {
        Ok(self.alarm().or_raise(py)?.descriptor())
    }

    /// Tells how many events may go, at the most; where there is none, the alarm's descriptor becomes readable as soon as
    /// one may.
    fn set_alarm(&self, py: Python<'_>) -> PyResult<usize> {
        let alarm = self.alarm().or_raise(py)?;
        if self.is_busy.swap(false, Ordering::Relaxed) {
            // As the core does before it sleeps: what others bring while they go first costs no waking.
            py.detach(std::thread::yield_now);
        }
        Ok(alarm.arm())
    }

    /// The alarm's descriptor was readable: it is not any more. Tells how many events may go, at the most; where more are
    /// waited for, it becomes readable again with the next one.
    fn alarm_rang(&self, py: Python<'_>, waited_for: usize) -> PyResult<usize> {
        Ok(self.alarm().or_raise(py)?.clear_and_rearm(waited_for))
    }

    /// A descriptor that is readable while calls have ended that the loop does not know of.
    fn call_descriptor(&self) -> i64 {
        self.done.descriptor()
    }

    /// The calls that have ended: the number of each, what it gave, and what it failed with.
    fn ended_calls<'py>(&self, py: Python<'py>) -> PyResult<Vec<EndedCall<'py>>> {
        self.done
            .take()
            .into_iter()
            .map(|(number, outcome)| ended(py, number, outcome))
            .collect()
    }

    /// Nobody waits for the call of this number any more.
    fn cancel_call(&self, number: u64) {
        self.done.cancel(number);
    }

    /// Closes the client within so many seconds; tells how many events and requests were left.
    fn close(&self, py: Python<'_>, seconds: f64) -> PyResult<(usize, usize)> {
        let within = timeout(Some(seconds))?.unwrap_or(Duration::MAX);
        self.undelivered.refuse_all();
        let left = if self.client.is_in_callback() || self.client.is_requesting() {
            // On another thread it would wait for this handler, or for a request that waits for a signal's handler.
            py.detach(|| self.client.close(within))
        } else {
            let client = Arc::clone(&self.client);
            elsewhere(py, &self.pools.closing, move || client.close(within))?
        };
        self.pools.close();
        let left = left.or_raise(py)?;
        Ok((left.events, left.requests))
    }

    /// Closes the client for an event loop, which is told of the end under this number. Where `waits_for_tasks`, the handlers
    /// that its tasks run may finish.
    fn close_for_loop(
        &self,
        py: Python<'_>,
        number: u64,
        seconds: f64,
        waits_for_tasks: bool,
    ) -> PyResult<()> {
        let within = timeout(Some(seconds))?.unwrap_or(Duration::MAX);
        let (client, pools) = (Arc::clone(&self.client), self.pools.clone());
        self.undelivered.refuse_all();
        let job = self.done.sure_job(number, move || {
            let outcome = if waits_for_tasks {
                client.close_with_tasks(within)
            } else {
                client.close(within)
            };
            pools.close();
            outcome.map(|left| Value::Left(left.events, left.requests))
        });
        self.pools.closing.submit(job).or_raise(py)
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.undelivered.refuse_all();
        self.pools.close();
        // Letting go of a client closes it. In a child, what that would wait for stayed behind in the parent.
        if std::process::id() != self.process {
            std::mem::forget(Arc::clone(&self.client));
        }
    }
}

/// A call that has ended: its number, its value, its exception.
type EndedCall<'py> = (u64, Bound<'py, PyAny>, Option<PyErr>);

fn ended(py: Python<'_>, number: u64, outcome: Outcome) -> PyResult<EndedCall<'_>> {
    let (value, error) = match outcome {
        Ok(Value::Nothing) => (py.None().into_bound(py), None),
        Ok(Value::Ticket(ticket)) => (ticket.into_bound_py_any(py)?, None),
        Ok(Value::Answer(answer)) => (answer.object(py)?, None),
        Ok(Value::Left(events, requests)) => ((events, requests).into_bound_py_any(py)?, None),
        Err(error) => (py.None().into_bound(py), Some(exception(py, &error))),
    };
    Ok((number, value, error))
}
