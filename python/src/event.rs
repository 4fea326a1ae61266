//! The core's events as the package's classes.

use omnize::error::Delivery;
use omnize::status::Status;
use omnize::wire::Trigger;
use omnize::{Content, Event, Outcome};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;

/// The Python object that tells of `event`.
pub fn object<'py>(py: Python<'py>, event: &Event) -> PyResult<Bound<'py, PyAny>> {
    let place = Place {
        sequence: event.sequence,
        received_at: event.received_at as f64 / 1000.0,
        redelivered: event.redelivered,
    };
    match &event.content {
        Content::Trigger(trigger) => of_trigger(py, trigger, &place),
        Content::Outcome(outcome) => of_outcome(py, outcome, &place),
    }
}

/// Where and when an event was received.
struct Place {
    sequence: u64,
    /// In seconds since 1970.
    received_at: f64,
    redelivered: bool,
}

fn of_trigger<'py>(
    py: Python<'py>,
    trigger: &Trigger,
    place: &Place,
) -> PyResult<Bound<'py, PyAny>> {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    MAKE.import(py, "omnize._events", "_of_trigger")?.call1((
        trigger.kind.name(),
        &trigger.client_id,
        trigger.text.as_deref(),
        PyBytes::new(py, &trigger.raw),
        trigger.replaced,
        place.sequence,
        place.received_at,
        place.redelivered,
    ))
}

fn of_outcome<'py>(
    py: Python<'py>,
    outcome: &Outcome,
    place: &Place,
) -> PyResult<Bound<'py, PyAny>> {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    MAKE.import(py, "omnize._events", "_of_outcome")?.call1((
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
