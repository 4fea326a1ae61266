//! A listener that several clients may share.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use omnize::Listener;
use pyo3::prelude::*;

use crate::client::Core;
use crate::error::OrRaise;
use crate::interruptible::{elsewhere, timeout};
use crate::options::configure;
use crate::text_argument::Text;
use crate::thread_pool::Pool;

/// A listener, below the package's `Listener`.
#[pyclass(frozen, module = "omnize._omnize")]
pub struct SharedListener {
    listener: Arc<Listener>,
    closing: Arc<Pool>,
    /// The process that it was opened in.
    process: u32,
}

#[pymethods]
impl SharedListener {
    #[new]
    fn new(
        py: Python<'_>,
        options: Vec<(Text, Text)>,
        config_file: Option<PathBuf>,
        environment: bool,
    ) -> PyResult<Self> {
        let listener =
            py.detach(|| Listener::open(&configure(&options, config_file, environment)?));
        Ok(SharedListener {
            listener: Arc::new(listener.or_raise(py)?),
            closing: Arc::new(Pool::new(1)),
            process: std::process::id(),
        })
    }

    /// Hands the triggers that come at `path`, or at one that nobody can guess, to `client`.
    #[pyo3(signature = (client, path = None))]
    fn attach(&self, py: Python<'_>, client: &Core, path: Option<&str>) -> PyResult<()> {
        py.detach(|| self.listener.attach(client.client(), path))
            .or_raise(py)
    }

    /// Hands nothing to `client` any more.
    fn detach(&self, py: Python<'_>, client: &Core) -> PyResult<()> {
        py.detach(|| self.listener.detach(client.client()))
            .or_raise(py)
    }

    /// The webhook URL of `client`.
    fn url(&self, client: &Core) -> Option<String> {
        self.listener.url(client.client())
    }

    /// Accepts nothing more.
    fn close(&self, py: Python<'_>, seconds: f64) -> PyResult<()> {
        let within = timeout(Some(seconds))?.unwrap_or(Duration::MAX);
        let listener = self.listener.clone();
        let closed = elsewhere(py, &self.closing, move || listener.close(within));
        self.closing.close();
        closed?.or_raise(py)
    }
}

impl Drop for SharedListener {
    fn drop(&mut self) {
        // Letting go of a listener closes it. In a child, the thread that this would wait for stayed behind in the parent.
        if std::process::id() != self.process {
            std::mem::forget(Arc::clone(&self.listener));
            return;
        }
        // It is waited for, and what it waits for may want Python meanwhile. An interpreter that is gone wants nothing.
        let _ = Python::try_attach(|py| {
            // There is nobody to tell that it was closed before.
            py.detach(|| drop(self.listener.close(Duration::ZERO)));
        });
    }
}
