//! The conversation that the package's `Conversation` and `AsyncConversation` call.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use omnize::wire::Request;
use omnize::{Conversation, Event, NextEvent, PostOptions};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

use crate::error::{OrRaise, exception};
use crate::events::event::convert_event;
use crate::events::pending_events::PendingEvents;
use crate::request_fields::{Fields, build_request, message_text};
use crate::text_argument::Text;
use crate::threads::completions::{CompletionQueue, Value};
use crate::threads::interruptible::{parse_timeout, run_request, wait_checking_signals};
use crate::threads::job_queue::JobQueue;
use crate::threads::thread_pool::{Pools, Worker};

/// The requests of one interaction.
///
/// The methods that end with `_for_loop` are for an event loop. They return at once, and report the result through the client's
/// completion queue, with the call number that was passed.
#[pyclass(frozen, module = "omnize._omnize")]
pub struct Chat {
    conversation: Arc<Conversation>,
    pools: Arc<Pools>,
    completions: Arc<CompletionQueue>,
    /// The calls of an event loop, in their order.
    queue: Arc<JobQueue>,
    pending_events: PendingEvents,
    /// Whether the client has a store. Then events have receipts.
    stored: bool,
    /// A weak reference to the client object.
    owner: Arc<OnceLock<Py<PyAny>>>,
}

/// The next event of a conversation, or the end of its events.
enum Next {
    Event(Arc<Event>),
    End,
}

impl Chat {
    pub fn new(
        conversation: Conversation,
        pools: Arc<Pools>,
        completions: Arc<CompletionQueue>,
        stored: bool,
        owner: Arc<OnceLock<Py<PyAny>>>,
    ) -> Self {
        Chat {
            conversation: Arc::new(conversation),
            pools,
            completions,
            queue: Arc::default(),
            pending_events: PendingEvents::default(),
            stored,
            owner,
        }
    }

    /// Takes the next event. Returns `None` if none came in time.
    fn take_next(&self, timeout: Duration) -> omnize::error::Result<Option<Next>> {
        Ok(match self.conversation.next(timeout)? {
            NextEvent::Event(event) => Some(Next::Event(Arc::new(event))),
            NextEvent::Ended => Some(Next::End),
            NextEvent::TimedOut => None,
        })
    }

    fn submit_request(&self, py: Python<'_>, call: u64, request: Request) -> PyResult<()> {
        let conversation = self.conversation.clone();
        let job = self.completions.job(call, move || {
            conversation.request(request)?;
            Ok(Value::Nothing)
        });
        self.queue.submit(&self.pools.requests, job).or_raise(py)
    }
}

/// Returns the options of a post. The core checks them. An age limit that is too large means no limit.
pub fn post_options(reference: Option<Text>, max_age: Option<f64>) -> PostOptions {
    let limit = |seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    PostOptions {
        reference: reference.map(|Text(reference)| reference.into()),
        max_age: max_age.map(limit),
    }
}

#[pymethods]
impl Chat {
    /// Sends a text message. Blocks until the response.
    fn send(&self, py: Python<'_>, text: &Bound<'_, PyAny>) -> PyResult<()> {
        let text = message_text(text)?;
        run_request(py, || self.conversation.send(text))
    }

    /// Sends a text message.
    fn send_for_loop(&self, py: Python<'_>, call: u64, text: &Bound<'_, PyAny>) -> PyResult<()> {
        let message = Request::Message(message_text(text)?.into());
        self.submit_request(py, call, message)
    }

    /// Sends a request. Blocks until the response.
    #[pyo3(signature = (name, fields = Vec::new()))]
    fn request(&self, py: Python<'_>, name: &str, fields: Fields) -> PyResult<()> {
        let request = build_request(py, name, &fields)?;
        run_request(py, || self.conversation.request(request))
    }

    /// Sends a request.
    #[pyo3(signature = (call, name, fields = Vec::new()))]
    fn request_for_loop(
        &self,
        py: Python<'_>,
        call: u64,
        name: &str,
        fields: Fields,
    ) -> PyResult<()> {
        let request = build_request(py, name, &fields)?;
        self.submit_request(py, call, request)
    }

    /// Posts a request and returns its ticket. `max_age` is in seconds.
    #[pyo3(signature = (name, fields = Vec::new(), reference = None, max_age = None))]
    fn post(
        &self,
        py: Python<'_>,
        name: &str,
        fields: Fields,
        reference: Option<Text>,
        max_age: Option<f64>,
    ) -> PyResult<u64> {
        let request = build_request(py, name, &fields)?;
        let options = post_options(reference, max_age);
        py.detach(|| self.conversation.post_with(request, options))
            .or_raise(py)
    }

    /// Posts a request and reports its ticket. `max_age` is in seconds.
    #[pyo3(signature = (call, name, fields = Vec::new(), reference = None, max_age = None))]
    fn post_for_loop(
        &self,
        py: Python<'_>,
        call: u64,
        name: &str,
        fields: Fields,
        reference: Option<Text>,
        max_age: Option<f64>,
    ) -> PyResult<()> {
        let request = build_request(py, name, &fields)?;
        let options = post_options(reference, max_age);
        let conversation = self.conversation.clone();
        let post = move || conversation.post_with(request, options).map(Value::Ticket);
        let job = self.completions.job(call, post);
        self.queue.submit(&self.pools.writes, job).or_raise(py)
    }

    /// Posts a request after the event loop's earlier calls. Its ticket is not reported.
    #[pyo3(signature = (name, fields = Vec::new()))]
    fn post_after_queue(&self, py: Python<'_>, name: &str, fields: Fields) -> PyResult<()> {
        let request = build_request(py, name, &fields)?;
        if self.queue.is_idle() {
            // At once, so that the client has the request even if it is closed next.
            return py
                .detach(|| self.conversation.post(request))
                .map(|_| ())
                .or_raise(py);
        }
        let conversation = self.conversation.clone();
        // Nobody waits for its error either.
        let job = Box::new(move |_: &Worker<'_>| drop(conversation.post(request)));
        self.queue.submit(&self.pools.writes, job).or_raise(py)
    }

    /// Returns the next event of the interaction. Blocks up to `seconds`. Returns `None` if no event came, and `false` if the
    /// interaction has ended.
    #[pyo3(signature = (seconds))]
    fn next<'py>(&self, py: Python<'py>, seconds: Option<f64>) -> PyResult<Bound<'py, PyAny>> {
        let timeout = parse_timeout(seconds)?;
        let pending = self.pending_events.pop_event().map(Next::Event);
        let next = match pending {
            Some(event) => Some(event),
            // As the client, without releasing the interpreter's lock.
            None => match self.take_next(Duration::ZERO) {
                Ok(None) if timeout == Some(Duration::ZERO) => None,
                Ok(Some(next)) => Some(next),
                _ => wait_checking_signals(
                    py,
                    timeout,
                    |slice| self.take_next(slice),
                    |py, error| exception(py, &error),
                )?,
            },
        };
        match next {
            None => Ok(py.None().into_bound(py)),
            Some(Next::End) => false.into_bound_py_any(py),
            Some(Next::Event(event)) => convert_event(py, &event, self.stored, self.owner.get())
                .inspect_err(|_| self.pending_events.push_event(event)),
        }
    }

    /// Reports when `next` would not block any more. Returns an id for `cancel_wake`.
    fn wake_for_loop(&self, py: Python<'_>, call: u64) -> PyResult<u64> {
        let wake = self.completions.waker(call);
        py.detach(|| self.conversation.wake_when_ready(wake))
            .or_raise(py)
    }

    /// Makes the report unnecessary.
    fn cancel_wake(&self, wake: u64) {
        self.conversation.cancel_wake(wake);
    }

    /// Cancels the posted requests that wait, and returns their number. With a store, blocks until the outcomes are on disk.
    fn cancel(&self, py: Python<'_>) -> PyResult<usize> {
        py.detach(|| self.conversation.cancel()).or_raise(py)
    }

    /// Cancels the posted requests that wait, after the event loop's earlier calls, and reports their number.
    fn cancel_for_loop(&self, py: Python<'_>, call: u64) -> PyResult<()> {
        let conversation = self.conversation.clone();
        let cancel = move || conversation.cancel().map(Value::Count);
        let job = self.completions.job(call, cancel);
        self.queue.submit(&self.pools.writes, job).or_raise(py)
    }

    /// Reports that the customer pressed a key.
    fn keystroke(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.conversation.keystroke()).or_raise(py)
    }

    /// Sets the timeout of later requests, in seconds. `None` restores the client's option.
    #[pyo3(signature = (seconds))]
    fn set_timeout(&self, seconds: Option<f64>) -> PyResult<()> {
        self.conversation
            .set_timeout(parse_timeout(seconds)?.unwrap_or_default());
        Ok(())
    }

    /// The state of the interaction.
    #[getter]
    fn state(&self) -> &'static str {
        self.conversation.state().name()
    }

    /// The interaction hash.
    #[getter]
    fn interaction_hash(&self) -> Option<String> {
        self.conversation.interaction_hash()
    }

    /// The customer's id.
    #[getter]
    fn client_id(&self) -> &str {
        self.conversation.client_id()
    }

    /// The department's id.
    #[getter]
    fn department(&self) -> String {
        self.conversation.department()
    }

    /// The id of the department that serves the customer.
    #[getter]
    fn current_department(&self) -> String {
        self.conversation.current_department()
    }
}

impl Drop for Chat {
    fn drop(&mut self) {
        self.pending_events.nack_all();
    }
}
