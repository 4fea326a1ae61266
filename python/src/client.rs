//! A client, below the package's `Client` and `AsyncClient`.

use std::time::Duration;

use omnize::Client;
use omnize::config::Config;
use pyo3::prelude::*;

use crate::error::{OrRaise, exception};
use crate::event;
use crate::waiting::{in_slices, timeout};

/// What both kinds of clients are made of.
#[pyclass(frozen, module = "omnize._omnize")]
pub struct Core {
    client: Client,
}

#[pymethods]
impl Core {
    /// Opens a client with these options, on top of the file's and the environment's.
    #[new]
    #[pyo3(signature = (options, config_file = None, environment = true))]
    fn new(
        py: Python<'_>,
        options: Vec<(String, String)>,
        config_file: Option<std::path::PathBuf>,
        environment: bool,
    ) -> PyResult<Self> {
        let client = py.detach(|| {
            let mut config = Config::new();
            if let Some(path) = config_file {
                config.load_file(&path)?;
            }
            if environment {
                config.load_env()?;
            }
            for (name, value) in &options {
                config.set(name, value)?;
            }
            Client::open(&config)
        });
        Ok(Core {
            client: client.or_raise(py)?,
        })
    }

    /// The webhook URL of the client's own listener.
    #[getter]
    fn webhook_url(&self) -> Option<&str> {
        self.client.webhook_url()
    }

    /// Hands over the body of a trigger.
    #[pyo3(signature = (body, content_type = None))]
    fn deliver(&self, py: Python<'_>, body: &[u8], content_type: Option<&str>) -> PyResult<()> {
        py.detach(|| self.client.deliver(body, content_type))
            .or_raise(py)
    }

    /// Waits so many seconds for the next event.
    #[pyo3(signature = (seconds = None))]
    fn next<'py>(
        &self,
        py: Python<'py>,
        seconds: Option<f64>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let wait = |slice| self.client.next(slice);
        let found = in_slices(py, timeout(seconds)?, wait, |py, error| {
            exception(py, &error)
        })?;
        found.map(|event| event::object(py, &event)).transpose()
    }

    /// Closes the client within so many seconds; tells how many events and requests were left.
    fn close(&self, py: Python<'_>, seconds: f64) -> PyResult<(usize, usize)> {
        let within = timeout(Some(seconds))?.unwrap_or(Duration::MAX);
        let left = py.detach(|| self.client.close(within)).or_raise(py)?;
        Ok((left.events, left.requests))
    }
}
