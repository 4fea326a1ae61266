//! The core's events as the package's classes.

use std::sync::{Arc, Mutex, PoisonError};

use omnize::error::{Delivery, Error};
use omnize::status::Status;
use omnize::wire::{Details, Dialect, Redacted, Trigger};
use omnize::{Content, Event, Outcome};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::error::exception;
use crate::text_argument::check_room;

static OF_TRIGGER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static OF_OUTCOME: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Imports what makes events. Were it done with the first event, that would be lost where the import fails: it reads a file,
/// and there may be no descriptor left.
///
/// # Errors
/// The import has failed.
pub fn import_makers(py: Python<'_>) -> PyResult<()> {
    OF_TRIGGER.import(py, "omnize._event_makers", "of_trigger")?;
    OF_OUTCOME.import(py, "omnize._event_makers", "of_outcome")?;
    Ok(())
}

/// The Python object that tells of `event`. Where it is `stored`, it carries a receipt.
pub fn object<'py>(
    py: Python<'py>,
    event: &Arc<Event>,
    stored: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let place = Place {
        sequence: event.sequence,
        received_at: event.received_at as f64 / 1000.0,
        redelivered: event.redelivered,
        receipt: stored.then(|| Receipt(Mutex::new(Some(event.clone())))),
    };
    match &event.content {
        Content::Trigger(trigger) => of_trigger(py, trigger, place),
        Content::Outcome(outcome) => of_outcome(py, outcome, place),
    }
}

/// The trigger that these bytes are, as the service posts them.
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
    check_room(body)?;
    let trigger = dialect
        .decode(body.into(), content_type)
        .map_err(|why| exception(py, &Error::from(why)))?;
    let place = Place {
        sequence: 0,
        received_at: 0.0,
        redelivered: false,
        receipt: None,
    };
    of_trigger(py, &trigger, place)
}

/// Tells the store that an event was handled.
#[pyclass(frozen, module = "omnize._omnize")]
pub struct Receipt(Mutex<Option<Arc<Event>>>);

#[pymethods]
impl Receipt {
    /// The event was handled, whatever the option `ack` says.
    fn sign(&self) {
        if let Some(event) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            event.ack();
        }
    }

    /// The event was not handled: a store keeps it for the next start.
    fn refuse(&self) {
        if let Some(event) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            event.nack();
        }
    }

    /// The application lets go of the event; with `ack = auto` it was handled.
    fn let_go(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// Where and when an event was received.
struct Place {
    sequence: u64,
    /// In seconds since 1970.
    received_at: f64,
    redelivered: bool,
    receipt: Option<Receipt>,
}

fn of_trigger<'py>(
    py: Python<'py>,
    trigger: &Trigger,
    place: Place,
) -> PyResult<Bound<'py, PyAny>> {
    // What has no room is a MemoryError. Conversions that can't fail would panic.
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
        .import(py, "omnize._event_makers", "of_trigger")?
        .call1((
            trigger.kind.name(),
            &trigger.client_id,
            text,
            raw,
            trigger.replaced,
            place.sequence,
            place.received_at,
            place.redelivered,
            place.receipt,
            trigger
                .details
                .as_deref()
                .map(|details| of_details(py, details))
                .transpose()?,
        ))
}

/// What the later dialects tell, by name.
fn of_details<'py>(py: Python<'py>, details: &Details) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let open = |text: &Option<Redacted>| text.as_ref().map(|text| text.expose().to_owned());
    let media = details.media.as_ref();
    dict.set_item("position", details.position)?;
    dict.set_item("department", &details.department)?;
    dict.set_item("agent_id", &details.agent_id)?;
    dict.set_item("agent_name", open(&details.agent_name))?;
    dict.set_item("media", media.map(|media| media.kind.name()))?;
    dict.set_item("url", media.map(|media| media.url.expose()))?;
    dict.set_item("message_hash", &details.message_hash)?;
    dict.set_item("interaction_hash", &details.interaction_hash)?;
    dict.set_item("external_id", open(&details.external_id))?;
    dict.set_item("bot_id", &details.bot_id)?;
    dict.set_item("extra", open(&details.extra))?;
    Ok(dict)
}

fn of_outcome<'py>(
    py: Python<'py>,
    outcome: &Outcome,
    place: Place,
) -> PyResult<Bound<'py, PyAny>> {
    OF_OUTCOME
        .import(py, "omnize._event_makers", "of_outcome")?
        .call1((
            outcome.ticket,
            &outcome.client_id,
            &outcome.request,
            delivery_name(outcome.delivery),
            Status::from_code(outcome.status).map_or("", Status::name),
            outcome.http_status,
            &outcome.message,
            place.sequence,
            place.received_at,
            place.redelivered,
            place.receipt,
        ))
}

/// The delivery of this number, which the core gave.
fn delivery_name(number: i32) -> &'static str {
    [Delivery::Accepted, Delivery::Rejected, Delivery::NotSent]
        .into_iter()
        .find(|delivery| *delivery as i32 == number)
        .unwrap_or(Delivery::Unknown)
        .name()
}
