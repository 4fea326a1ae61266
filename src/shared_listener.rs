//! A listener that several clients share.

use std::time::{Duration, Instant};

use crate::client::Client;
use crate::config::{Config, Kind, ListenSettings};
use crate::error::{Error, Result};
use crate::host;
use crate::host::fork_guard::ForkGuarded;
use crate::receiving;
use crate::statistics::Statistic;
use crate::status::Status;

/// Listens on one address for the triggers of any number of clients, each with its own path. All methods can be called on
/// any thread. A client with the option `listen` has its own listener and does not need this one.
///
/// Dropping a listener closes it without waiting.
#[derive(Debug)]
pub struct Listener(ForkGuarded<receiving::Listener>);

impl Listener {
    /// Opens a listener with the options `listen` and `listen.*`, except `listen.path`. A token is not required. Until a client
    /// is attached, the listener responds with 503.
    ///
    /// # Errors
    /// - [`Status::Value`]: `listen` is not set, or options contradict each other.
    /// - [`Status::Listen`], [`Status::System`]: the address can't be opened.
    /// - [`Status::File`]: the certificate or its key can't be used.
    /// - [`Status::Unsupported`]: this build has no listener.
    pub fn open(config: &Config) -> Result<Listener> {
        let settings = ListenSettings::read(config)?.ok_or_else(|| {
            Error::new(
                Status::Value,
                "the option listen is not set; a listener needs an address, for example 127.0.0.1:8080",
            )
        })?;
        host::fork::watch();
        let listener = receiving::Listener::open(&settings, None)?;
        Ok(Listener(ForkGuarded::new(listener)))
    }

    /// Delivers the triggers for `path` to `client`. `None` means a path with 128 random bits. If the client is closed, the
    /// listener responds with 503, until the client is detached or dropped, or another one is attached to the path.
    ///
    /// # Errors
    /// [`Status::Argument`]: the path is invalid or in use, or the client is already attached; [`Status::System`].
    pub fn attach(&self, client: &Client, path: Option<&str>) -> Result<()> {
        if let Some(path) = path {
            let checked = if path.is_empty() {
                Err("a path that begins with a slash".to_owned())
            } else {
                Kind::Path.check(path)
            };
            checked.map_err(|expected| {
                Error::new(
                    Status::Argument,
                    format!("the path can't be used; pass {expected}"),
                )
            })?;
        }
        self.0.get()?.attach(client.receiver()?, path)
    }

    /// Stops delivering triggers to `client`. The listener responds with 404 for its path.
    ///
    /// # Errors
    /// [`Status::Argument`]: the client is not attached.
    pub fn detach(&self, client: &Client) -> Result<()> {
        self.0.get()?.detach(client.receiver()?)
    }

    /// Returns the webhook URL of `client`; `None` if it is not attached.
    pub fn url(&self, client: &Client) -> Option<String> {
        self.0.get().ok()?.url(client.receiver().ok()?)
    }

    /// Returns the value of a statistic since the listener was opened.
    pub fn count_of(&self, statistic: Statistic) -> u64 {
        self.0
            .get()
            .map_or(0, |listener| listener.count_of(statistic))
    }

    /// Closes the listener and its connections. Waits up to `timeout` for triggers that are being stored, and responds to them.
    /// Clients stay open.
    ///
    /// # Errors
    /// [`Status::Closed`]: it was closed before; [`Status::Forked`]: another process opened it.
    pub fn close(&self, timeout: Duration) -> Result<()> {
        const MAX_CLOSE_TIMEOUT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
        if self
            .0
            .get()?
            .close(Instant::now() + timeout.min(MAX_CLOSE_TIMEOUT))
        {
            Ok(())
        } else {
            Err(Error::new(
                Status::Closed,
                "the listener is closed; open another one",
            ))
        }
    }
}
