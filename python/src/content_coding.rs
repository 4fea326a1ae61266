//! Decodes the bodies that Python's webhooks receive.

use omnize::wire::body::content_coding::{CodingError, decode};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Returns the decoded body, or the HTTP status of the rejection as an `int`.
#[pyfunction]
pub fn decode_body<'py>(
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
