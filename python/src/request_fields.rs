//! Requests from their name and fields.

use omnize::error::Error;
use omnize::status::Status;
use omnize::wire::{BotRequest, FieldError, Request, RequestKind};
use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::error::exception;
use crate::text_argument::Text;

/// The fields of a request, with the names of the core's request schema.
pub type Fields = Vec<(Text, Text)>;

static CHECK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

fn check(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    CHECK.import(py, "omnize._conversations.request_fields", "of_message")
}

/// Imports the check of message texts. A later import could fail because no file descriptor is available.
///
/// # Errors
/// The import failed.
pub fn import_check(py: Python<'_>) -> PyResult<()> {
    check(py).map(drop)
}

/// Returns the text of a message.
///
/// # Errors
/// The value is not a `str` or contains a lone surrogate. The package raises the error, because Python's own error shows the
/// text.
pub fn message_text(text: &Bound<'_, PyAny>) -> PyResult<String> {
    let failure = match text.extract::<Text>() {
        Ok(text) => return Ok(text.0),
        Err(error) => error,
    };
    let py = text.py();
    if failure.is_instance_of::<PyMemoryError>(py) {
        return Err(failure);
    }
    check(py)?.call1((text, py.None()))?;
    Err(PyTypeError::new_err(
        "the message can't be used; pass a str",
    ))
}

/// Builds the request with this name and these fields.
///
/// # Errors
/// `ValueError` if the name is unknown; `ArgumentError` if a field is unknown or its value is invalid.
pub fn build_request(py: Python<'_>, name: &str, fields: &Fields) -> PyResult<Request> {
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
            let error = Error::new(Status::Argument, message).as_request_argument();
            exception(py, &error)
        })?;
    }
    Ok(request)
}
