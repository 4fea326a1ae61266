//! Text arguments, copied with `MemoryError` for a lack of memory. PyO3's own conversion would abort the process.

use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// A copy of a `str`. The conversion raises `MemoryError` if there is not enough memory.
pub struct Text(pub String);

impl<'a, 'py> FromPyObject<'a, 'py> for Text {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let text = object.cast::<PyString>()?;
        let encoded = text.encode_utf8()?;
        check_memory(encoded.as_bytes())?;
        Ok(Text(String::from_utf8(copy_bytes(encoded.as_bytes())?)?))
    }
}

/// Copies a text.
///
/// # Errors
/// `MemoryError`.
pub fn copy(text: &str) -> PyResult<String> {
    let mut copied = String::new();
    copied.try_reserve_exact(text.len()).map_err(no_memory)?;
    copied.push_str(text);
    Ok(copied)
}

/// Copies bytes.
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

/// The size in bytes up to which a text is not checked.
const SMALL_TEXT: usize = 64 * 1024;

/// The memory that the core may need for each byte of a text: its copies, and JSON, in which a character may take six bytes.
const MEMORY_FACTOR: usize = 8;

/// Checks that there is enough memory for a request or trigger with this text. Reserves it, and frees it at once.
///
/// # Errors
/// `MemoryError`.
pub fn check_memory(text: &[u8]) -> PyResult<()> {
    if text.len() <= SMALL_TEXT {
        return Ok(());
    }
    let mut probe = Vec::<u8>::new();
    let result = probe.try_reserve_exact(text.len().saturating_mul(MEMORY_FACTOR));
    // Without this, the compiler may remove an allocation that nothing uses.
    std::hint::black_box(&probe);
    result.map_err(no_memory)
}
