//! A listener that several clients may share.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use omnize::Listener;
use pyo3::prelude::*;

use crate::client::Core;
use crate::error::OrRaise;
use crate::options::{OpenError, configure};
use crate::text_argument::Text;
use crate::threads::interruptible::{parse_timeout, run_on_pool};
use crate::threads::thread_pool::Pool;

/// The listener that the package's `Listener` calls.
#[pyclass(frozen, module = "omnize._omnize")]
pub struct SharedListener {
    listener: Arc<Listener>,
    closing: Arc<Pool>,
    /// The id of the process that opened it.
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
        let listener = py
            .detach(|| {
                let config = configure(&options, config_file, environment)?;
                Ok(Listener::open(&config)?)
            })
            .map_err(|error: OpenError| error.into_exception(py))?;
        Ok(SharedListener {
            listener: Arc::new(listener),
            closing: Arc::new(Pool::new(1)),
            process: std::process::id(),
        })
    }

    /// Routes the triggers for `path` to `client`. If `path` is `None`, the path is random.
    #[pyo3(signature = (client, path = None))]
    fn attach(&self, py: Python<'_>, client: &Core, path: Option<&str>) -> PyResult<()> {
        py.detach(|| self.listener.attach(client.client(), path))
            .or_raise(py)
    }

    /// Removes the route of `client`.
    fn detach(&self, py: Python<'_>, client: &Core) -> PyResult<()> {
        py.detach(|| self.listener.detach(client.client()))
            .or_raise(py)
    }

    /// Returns the webhook URL of `client`.
    fn url(&self, client: &Core) -> Option<String> {
        self.listener.url(client.client())
    }

    /// Closes the listener.
    fn close(&self, py: Python<'_>, seconds: f64) -> PyResult<()> {
        let within = parse_timeout(Some(seconds))?.unwrap_or(Duration::MAX);
        let listener = self.listener.clone();
        let closed = run_on_pool(py, &self.closing, move || listener.close(within));
        self.closing.close();
        closed?.or_raise(py)
    }
}

impl Drop for SharedListener {
    fn drop(&mut self) {
        // Dropping a listener closes it. In a forked child, this would wait for a thread of the parent.
        if std::process::id() != self.process {
            std::mem::forget(Arc::clone(&self.listener));
            return;
        }
        // Without the interpreter's lock, because a thread that closing waits for may need it.
        let _ = Python::try_attach(|py| {
            // It may already be closed.
            py.detach(|| drop(self.listener.close(Duration::ZERO)));
        });
    }
}
