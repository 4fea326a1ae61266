//! Converts the core's events to objects of the package's classes.

use std::sync::{Arc, Mutex, PoisonError};

use omnize::error::{Delivery, Error};
use omnize::status::Status;
use omnize::wire::{Details, Dialect, Redacted, RequestKind, Trigger};
use omnize::{Content, Event, Outcome};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::account_queries::{agents_to_tuple, departments_to_tuples};
use crate::error::exception;
use crate::python_message;
use crate::text_argument::check_memory;

static OF_TRIGGER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static OF_OUTCOME: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Imports the functions that create events. An import at the first event could fail because no file descriptor is available,
/// and lose the event.
///
/// # Errors
/// The import failed.
pub fn import_makers(py: Python<'_>) -> PyResult<()> {
    OF_TRIGGER.import(py, "omnize._events.event_makers", "of_trigger")?;
    OF_OUTCOME.import(py, "omnize._events.event_makers", "of_outcome")?;
    Ok(())
}

/// Converts an event. If it is `stored`, the object has a receipt. `owner` is a weak reference to the client object.
pub fn convert_event<'py>(
    py: Python<'py>,
    event: &Arc<Event>,
    stored: bool,
    owner: Option<&Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let metadata = Metadata {
        sequence: event.sequence,
        received_at: event.received_at as f64 / 1000.0,
        redelivered: event.redelivered,
        receipt: stored.then(|| Receipt(Mutex::new(Some(event.clone())))),
        owner,
    };
    match &event.content {
        Content::Trigger(trigger) => of_trigger(py, trigger, metadata),
        Content::Outcome(outcome) => of_outcome(py, outcome, metadata),
    }
}

/// Parses the body of a trigger.
#[pyfunction]
#[pyo3(signature = (body, content_type, dialect))]
pub fn parse_trigger<'py>(
    py: Python<'py>,
    body: &[u8],
    content_type: Option<&str>,
    dialect: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let dialect = Dialect::from_name(dialect).ok_or_else(|| {
        let message = format!(
            "there is no dialect {dialect:?}; pass {}",
            Dialect::NAMES.join(" or ")
        );
        exception(py, &Error::new(Status::Argument, message))
    })?;
    check_memory(body)?;
    let trigger = dialect
        .decode(body.into(), content_type)
        .map_err(|why| exception(py, &Error::from(why)))?;
    let metadata = Metadata {
        sequence: 0,
        received_at: 0.0,
        redelivered: false,
        receipt: None,
        owner: None,
    };
    of_trigger(py, &trigger, metadata)
}

/// Reports to the store whether an event was handled.
#[pyclass(frozen, module = "omnize._omnize")]
pub struct Receipt(Mutex<Option<Arc<Event>>>);

#[pymethods]
impl Receipt {
    /// Acknowledges the event, also with `ack = manual`.
    fn ack(&self) {
        if let Some(event) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            event.ack();
        }
    }

    /// Reports that the event was not handled. The store redelivers it after a restart.
    fn nack(&self) {
        if let Some(event) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            event.nack();
        }
    }

    /// Releases the event. With `ack = auto` this acknowledges it.
    fn release(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// The number and time of an event, its receipt and its client.
struct Metadata<'a> {
    sequence: u64,
    /// In seconds since 1970.
    received_at: f64,
    redelivered: bool,
    receipt: Option<Receipt>,
    owner: Option<&'a Py<PyAny>>,
}

fn of_trigger<'py>(
    py: Python<'py>,
    trigger: &Trigger,
    metadata: Metadata<'_>,
) -> PyResult<Bound<'py, PyAny>> {
    // These conversions raise MemoryError. The infallible ones would panic.
    let text = trigger
        .text
        .as_deref()
        .map(|text| PyString::from_bytes(py, text.as_bytes()));
    let text = text.transpose()?;
    let raw = PyBytes::new_with(py, trigger.raw.len(), |bytes| {
        bytes.copy_from_slice(&trigger.raw);
        Ok(())
    })?;
    OF_TRIGGER
        .import(py, "omnize._events.event_makers", "of_trigger")?
        .call1((
            trigger.kind.name(),
            &trigger.client_id,
            text,
            raw,
            trigger.replaced,
            metadata.sequence,
            metadata.received_at,
            metadata.redelivered,
            metadata.receipt,
            metadata.owner,
            trigger
                .details
                .as_deref()
                .map(|details| of_details(py, details))
                .transpose()?,
        ))
}

/// Returns the fields of the later dialects, by name.
fn of_details<'py>(py: Python<'py>, details: &Details) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let expose = |text: &Option<Redacted>| text.as_ref().map(|text| text.expose().to_owned());
    let media = details.media.as_ref();
    dict.set_item("position", details.position)?;
    dict.set_item("department", &details.department)?;
    dict.set_item("agent_id", &details.agent_id)?;
    dict.set_item("agent_name", expose(&details.agent_name))?;
    dict.set_item("media", media.map(|media| media.kind.name()))?;
    dict.set_item("url", media.map(|media| media.url.expose()))?;
    dict.set_item("message_hash", &details.message_hash)?;
    dict.set_item("interaction_hash", &details.interaction_hash)?;
    dict.set_item("external_id", expose(&details.external_id))?;
    dict.set_item("bot_id", &details.bot_id)?;
    dict.set_item("extra", expose(&details.extra))?;
    Ok(dict)
}

fn of_outcome<'py>(
    py: Python<'py>,
    outcome: &Outcome,
    metadata: Metadata<'_>,
) -> PyResult<Bound<'py, PyAny>> {
    let departments = outcome.departments();
    let agents = outcome.agents();
    let departments = departments.map(|list| departments_to_tuples(py, list));
    let agents = agents.map(|online| agents_to_tuple(py, online));
    OF_OUTCOME
        .import(py, "omnize._events.event_makers", "of_outcome")?
        .call1((
            outcome.ticket,
            &outcome.client_id,
            delivery_name(outcome.delivery),
            Status::from_code(outcome.status).map_or("", Status::name),
            outcome.http_status,
            python_message::convert(&outcome.message),
            (
                RequestKind::from_name(&outcome.request)
                    .map_or(&*outcome.request, |kind| kind.name()),
                outcome.reference.as_ref().map(Redacted::expose),
                (outcome.posted_at > 0).then(|| outcome.posted_at as f64 / 1000.0),
                departments.transpose()?,
                agents.transpose()?,
                outcome.interaction_hash(),
            ),
            metadata.sequence,
            metadata.received_at,
            metadata.redelivered,
            metadata.receipt,
            metadata.owner,
        ))
}

/// Returns the name of the delivery with this number.
fn delivery_name(number: i32) -> &'static str {
    [Delivery::Accepted, Delivery::Rejected, Delivery::NotSent]
        .into_iter()
        .find(|delivery| *delivery as i32 == number)
        .unwrap_or(Delivery::Unknown)
        .name()
}
