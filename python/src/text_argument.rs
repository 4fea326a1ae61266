//! Text that the application passes. Python's own conversion would end the process where there is no memory for a copy.

use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// A copy of a `str`. Taking it raises `MemoryError` where there is no room for it.
pub struct Text(pub String);

impl<'a, 'py> FromPyObject<'a, 'py> for Text {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let text = object.cast::<PyString>()?;
        let encoded = text.encode_utf8()?;
        check_room(encoded.as_bytes())?;
        Ok(Text(String::from_utf8(copy_bytes(encoded.as_bytes())?)?))
    }
}

/// A copy.
///
/// # Errors
/// `MemoryError`.
pub fn copy(text: &str) -> PyResult<String> {
    let mut copied = String::new();
    copied.try_reserve_exact(text.len()).map_err(no_memory)?;
    copied.push_str(text);
    Ok(copied)
}

/// A copy.
///
/// # Errors
/// `MemoryError`.
pub fn copy_bytes(bytes: &[u8]) -> PyResult<Vec<u8>> {
    let mut copied = Vec::new();
    copied.try_reserve_exact(bytes.len()).map_err(no_memory)?;
    copied.extend_from_slice(bytes);
    Ok(copied)
}

fn no_memory(_: std::collections::TryReserveError) -> PyErr {
    PyMemoryError::new_err(())
}

/// Texts up to this size need no look at what memory there is.
const SMALL: usize = 64 * 1024;

/// How many bytes the core may need at once for each byte of a text: its copies, and JSON, in which a character may take six
/// bytes.
const ROOM: usize = 8;

/// Checks that there is memory for a request or a trigger with this text: it is reserved, and given back at once.
///
/// # Errors
/// `MemoryError`.
pub fn check_room(text: &[u8]) -> PyResult<()> {
    if text.len() <= SMALL {
        return Ok(());
    }
    let mut probe = Vec::<u8>::new();
    probe
        .try_reserve_exact(text.len().saturating_mul(ROOM))
        .map_err(no_memory)
}
