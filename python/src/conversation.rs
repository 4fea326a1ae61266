//! A conversation, below the package's `Conversation` and `AsyncConversation`.

use std::sync::Arc;

use omnize::Conversation;
use omnize::wire::{Customer, Redacted, Request};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::done::{Done, Value};
use crate::error::OrRaise;
use crate::pool::{Pool, Queue};
use crate::waiting::{interruptible, timeout};

/// The requests of one interaction.
#[pyclass(frozen, module = "omnize._omnize")]
pub struct Chat {
    conversation: Arc<Conversation>,
    pool: Arc<Pool>,
    done: Arc<Done>,
    /// What an event loop asks for, in the order in which it does.
    queue: Arc<Queue>,
}

impl Chat {
    pub fn new(conversation: Conversation, pool: Arc<Pool>, done: Arc<Done>) -> Self {
        Chat {
            conversation: Arc::new(conversation),
            pool,
            done,
            queue: Arc::default(),
        }
    }
}

/// Name, e-mail, phone and CPF.
type CustomerFields = (
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

#[pymethods]
impl Chat {
    /// Makes a request and waits for its answer.
    #[pyo3(signature = (name, text = None, customer = None))]
    fn request(
        &self,
        py: Python<'_>,
        name: &str,
        text: Option<String>,
        customer: Option<CustomerFields>,
    ) -> PyResult<()> {
        let request = request(name, text, customer)?;
        let conversation = self.conversation.clone();
        let what = request.name();
        interruptible(py, &self.pool, move || conversation.request(request))
            .map_err(|error| interrupted(py, error, what))?
            .or_raise(py)
    }

    /// Makes a request for an event loop, which is told of its end under this number.
    #[pyo3(signature = (number, name, text = None, customer = None))]
    fn request_for_loop(
        &self,
        number: u64,
        name: &str,
        text: Option<String>,
        customer: Option<CustomerFields>,
    ) -> PyResult<()> {
        let request = request(name, text, customer)?;
        let (conversation, done) = (self.conversation.clone(), self.done.clone());
        let job = move || {
            if done.may_begin(number) {
                let outcome = conversation.request(request);
                done.tell(number, outcome.map(|()| Value::Nothing));
            }
        };
        Ok(self.queue.submit(&self.pool, Box::new(job))?)
    }

    /// Posts a request and gives its ticket.
    #[pyo3(signature = (name, text = None, customer = None))]
    fn post(
        &self,
        py: Python<'_>,
        name: &str,
        text: Option<String>,
        customer: Option<CustomerFields>,
    ) -> PyResult<u64> {
        let request = request(name, text, customer)?;
        py.detach(|| self.conversation.post(request)).or_raise(py)
    }

    /// Posts a request for an event loop, which is told of the ticket under this number.
    #[pyo3(signature = (number, name, text = None, customer = None))]
    fn post_for_loop(
        &self,
        number: u64,
        name: &str,
        text: Option<String>,
        customer: Option<CustomerFields>,
    ) -> PyResult<()> {
        let request = request(name, text, customer)?;
        let (conversation, done) = (self.conversation.clone(), self.done.clone());
        let job = move || {
            if done.may_begin(number) {
                done.tell(number, conversation.post(request).map(Value::Ticket));
            }
        };
        Ok(self.queue.submit(&self.pool, Box::new(job))?)
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

fn request(
    name: &str,
    text: Option<String>,
    customer: Option<CustomerFields>,
) -> PyResult<Request> {
    Ok(match name {
        "start" => {
            let (name, email, phone, cpf) = customer.unwrap_or_default();
            let customer = Customer {
                name: name.map(Redacted::from),
                email: email.map(Redacted::from),
                phone: phone.map(Redacted::from),
                cpf: cpf.map(Redacted::from),
            };
            Request::Start(Box::new(customer.into()))
        }
        "message" => Request::Message(text.unwrap_or_default().into()),
        "typing" => Request::Typing,
        "cleared" => Request::Cleared,
        "finish" => Request::Finish,
        _ => return Err(PyValueError::new_err("there is no such request")),
    })
}

/// What a signal's handler has raised, with what it means for the request.
fn interrupted(py: Python<'_>, error: PyErr, request: &str) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if error.cause(py).is_none() {
        let unknown = MAKE
            .import(py, "omnize._errors", "_interrupted")
            .and_then(|make| make.call1((request,)));
        error.set_cause(
            py,
            Some(unknown.map_or_else(|error| error, PyErr::from_value)),
        );
    }
    error
}
