//! Decompresses the bodies that Python's webhooks take.

use omnize::wire::body::content_coding::{CodingError, decode};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// The body without its content codings, or the HTTP status that it is to be answered with.
#[pyfunction]
pub fn decompress<'py>(
    py: Python<'py>,
    body: &[u8],
    content_encoding: &str,
    limit: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let status: u16 = match py.detach(|| decode(body, Some(content_encoding), limit)) {
        Ok(decoded) => return Ok(PyBytes::new(py, &decoded).into_any()),
        Err(CodingError::Unsupported) => 415,
        Err(CodingError::Corrupt) => 400,
        Err(CodingError::TooLarge(_)) => 413,
        Err(CodingError::NoMemory) => 503,
    };
    Ok(status.into_pyobject(py)?.into_any())
}
