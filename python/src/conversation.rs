//! A conversation, below the package's `Conversation` and `AsyncConversation`.

use std::sync::Arc;

use omnize::Conversation;
use omnize::error::Error;
use omnize::status::Status;
use omnize::wire::{BotRequest, FieldError, Request, RequestKind};
use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::completions::{CompletionQueue, Value};
use crate::error::{OrRaise, exception};
use crate::interruptible::{requesting, timeout};
use crate::text_argument::Text;
use crate::thread_pool::{Pools, Queue, Worker};

/// The requests of one interaction.
#[pyclass(frozen, module = "omnize._omnize")]
pub struct Chat {
    conversation: Arc<Conversation>,
    pools: Arc<Pools>,
    done: Arc<CompletionQueue>,
    /// What an event loop asks for, in the order in which it does.
    queue: Arc<Queue>,
}

impl Chat {
    pub fn new(conversation: Conversation, pools: Arc<Pools>, done: Arc<CompletionQueue>) -> Self {
        Chat {
            conversation: Arc::new(conversation),
            pools,
            done,
            queue: Arc::default(),
        }
    }

    fn queue_request(&self, py: Python<'_>, number: u64, request: Request) -> PyResult<()> {
        let conversation = self.conversation.clone();
        let job = self.done.job(number, move || {
            conversation.request(request)?;
            Ok(Value::Nothing)
        });
        self.queue.submit(&self.pools.requests, job).or_raise(py)
    }
}

/// The fields of a request, by the names that the core's table of requests has for them.
pub type Fields = Vec<(Text, Text)>;

static CHECK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Imports what says why a text can't be used, before there may be no descriptor left to read it.
///
/// # Errors
/// The import has failed.
pub fn import_check(py: Python<'_>) -> PyResult<()> {
    CHECK.import(py, "omnize._fields", "of_message").map(drop)
}

/// What a message says.
///
/// # Errors
/// It is no `str`, or has no form in UTF-8. The package says so: Python's own error would show the text.
fn text_of(text: &Bound<'_, PyAny>) -> PyResult<String> {
    let failed = match text.extract::<Text>() {
        Ok(text) => return Ok(text.0),
        Err(error) => error,
    };
    let py = text.py();
    if failed.is_instance_of::<PyMemoryError>(py) {
        return Err(failed);
    }
    let check = CHECK.import(py, "omnize._fields", "of_message")?;
    check.call1((text, py.None()))?;
    Err(PyTypeError::new_err("the message can't be used"))
}

#[pymethods]
impl Chat {
    /// Sends a message of text alone and waits for the answer.
    fn send(&self, py: Python<'_>, text: &Bound<'_, PyAny>) -> PyResult<()> {
        let text = text_of(text)?;
        requesting(py, || self.conversation.send(text))
    }

    /// Sends a message of text alone for an event loop, which is told of its end under this number.
    fn send_for_loop(&self, py: Python<'_>, number: u64, text: &Bound<'_, PyAny>) -> PyResult<()> {
        let message = Request::Message(text_of(text)?.into());
        self.queue_request(py, number, message)
    }

    /// Makes a request and waits for its answer.
    #[pyo3(signature = (name, fields = Vec::new()))]
    fn request(&self, py: Python<'_>, name: &str, fields: Fields) -> PyResult<()> {
        let request = request(py, name, &fields)?;
        requesting(py, || self.conversation.request(request))
    }

    /// Makes a request for an event loop, which is told of its end under this number.
    #[pyo3(signature = (number, name, fields = Vec::new()))]
    fn request_for_loop(
        &self,
        py: Python<'_>,
        number: u64,
        name: &str,
        fields: Fields,
    ) -> PyResult<()> {
        let request = request(py, name, &fields)?;
        self.queue_request(py, number, request)
    }

    /// Posts a request and gives its ticket.
    #[pyo3(signature = (name, fields = Vec::new()))]
    fn post(&self, py: Python<'_>, name: &str, fields: Fields) -> PyResult<u64> {
        let request = request(py, name, &fields)?;
        py.detach(|| self.conversation.post(request)).or_raise(py)
    }

    /// Posts a request for an event loop, which is told of the ticket under this number.
    #[pyo3(signature = (number, name, fields = Vec::new()))]
    fn post_for_loop(
        &self,
        py: Python<'_>,
        number: u64,
        name: &str,
        fields: Fields,
    ) -> PyResult<()> {
        let request = request(py, name, &fields)?;
        let conversation = self.conversation.clone();
        let post = move || conversation.post(request).map(Value::Ticket);
        let job = self.done.job(number, post);
        self.queue.submit(&self.pools.writes, job).or_raise(py)
    }

    /// Posts a request behind what an event loop has asked for before, and tells nobody of its ticket.
    #[pyo3(signature = (name, fields = Vec::new()))]
    fn post_behind(&self, py: Python<'_>, name: &str, fields: Fields) -> PyResult<()> {
        let request = request(py, name, &fields)?;
        if self.queue.is_idle() {
            // A client that is closed right away is to have it already.
            return py
                .detach(|| self.conversation.post(request))
                .map(|_| ())
                .or_raise(py);
        }
        let conversation = self.conversation.clone();
        // What it fails with is nobody's either.
        let job = Box::new(move |_: &Worker<'_>| drop(conversation.post(request)));
        self.queue.submit(&self.pools.writes, job).or_raise(py)
    }

    /// The customer has pressed a key.
    fn keystroke(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.conversation.keystroke()).or_raise(py)
    }

    /// How many seconds each later request may take; `None` is what the client's option says.
    #[pyo3(signature = (seconds))]
    fn set_timeout(&self, seconds: Option<f64>) -> PyResult<()> {
        self.conversation
            .set_timeout(timeout(seconds)?.unwrap_or_default());
        Ok(())
    }

    /// Where the interaction is.
    #[getter]
    fn state(&self) -> &'static str {
        self.conversation.state().name()
    }

    /// The hash by which the service knows the interaction.
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
    fn department(&self) -> &str {
        self.conversation.department()
    }
}

/// The request of this name, with these fields.
///
/// # Errors
/// `ValueError` where there is no such request; `ArgumentError` where a field can't be used.
pub fn request(py: Python<'_>, name: &str, fields: &Fields) -> PyResult<Request> {
    let mut request = match name {
        "start" => RequestKind::Start.empty(),
        "message" => RequestKind::Message.empty(),
        "update" => RequestKind::Update.empty(),
        "whatsapp" => RequestKind::WhatsApp.empty(),
        "off_hours" => RequestKind::OffHours.empty(),
        "typing" => Request::Typing,
        "cleared" => Request::Cleared,
        "finish" => Request::Finish,
        "bot_accept" => Request::Bot(BotRequest::Accept),
        "bot_transfer" => {
            let department = fields.first().map(|(_, department)| department.0.clone());
            return Ok(Request::Bot(BotRequest::Transfer(department)));
        }
        _ => return Err(PyValueError::new_err("there is no such request")),
    };
    for (Text(field), Text(value)) in fields {
        request.set(field, value).map_err(|why| {
            let expected = match why {
                FieldError::UnknownField(names) => format!("one of {}", names.join(", ")),
                FieldError::InvalidValue(expected) => expected,
            };
            let message = format!("{name}: {field} can't be used; pass {expected}");
            exception(py, &Error::new(Status::Argument, message))
        })?;
    }
    Ok(request)
}
