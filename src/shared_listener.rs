//! A listener that several clients share.

use std::time::{Duration, Instant};

use crate::client::Client;
use crate::config::{Config, Kind, ListenSettings};
use crate::error::{Error, Result};
use crate::host;
use crate::host::fork_guard::ForkGuarded;
use crate::receiving;
use crate::receiving::Statistic;
use crate::status::Status;

/// One address that takes triggers for any number of clients, each at a path of its own. All of it can be used from any
/// thread. A client whose option `listen` is set has a listener of its own and needs none of these.
///
/// Dropping a listener closes it without waiting.
#[derive(Debug)]
pub struct Listener(ForkGuarded<receiving::Listener>);

impl Listener {
    /// Listens as the options that begin with `listen` say; `listen.path` is not among them, and no token is needed. Until
    /// a client is attached, whoever may post is answered 503.
    ///
    /// # Errors
    /// [`Status::Value`]: `listen` is not set, or options contradict each other; [`Status::Listen`], [`Status::System`]: it
    /// can't be opened; [`Status::File`]: the certificate or its key can't be used; [`Status::Unsupported`]: this build has
    /// no listener.
    pub fn open(config: &Config) -> Result<Listener> {
        let settings = ListenSettings::read(config)?.ok_or_else(|| {
            Error::new(
                Status::Value,
                "the option listen is not set; a listener needs an address, such as 127.0.0.1:8080",
            )
        })?;
        host::fork::watch();
        let listener = receiving::Listener::open(&settings, None)?;
        Ok(Listener(ForkGuarded::new(listener)))
    }

    /// Hands the triggers that come at `path` to `client`; at a path with 128 random bits where it is `None`. A client that
    /// is closed is answered 503 for until it is detached or dropped, or another one is attached at its path.
    ///
    /// # Errors
    /// [`Status::Argument`]: it is no path, or taken, or the client is attached already; [`Status::System`].
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

    /// Hands nothing to `client` any more; its path is answered 404.
    ///
    /// # Errors
    /// [`Status::Argument`]: it is not attached.
    pub fn detach(&self, client: &Client) -> Result<()> {
        self.0.get()?.detach(client.receiver()?)
    }

    /// The webhook URL of `client`; `None` where it is not attached.
    pub fn url(&self, client: &Client) -> Option<String> {
        self.0.get().ok()?.url(client.receiver().ok()?)
    }

    /// How often something was counted at this listener since it was opened.
    pub fn count_of(&self, statistic: Statistic) -> u64 {
        self.0
            .get()
            .map_or(0, |listener| listener.count_of(statistic))
    }

    /// Accepts nothing more and ends every connection. Triggers that are being kept are answered first, if that takes no
    /// longer than `timeout`. Clients stay open.
    ///
    /// # Errors
    /// [`Status::Closed`]: it was closed before; [`Status::Forked`]: it is the parent's.
    pub fn close(&self, timeout: Duration) -> Result<()> {
        const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);
        if self.0.get()?.close(Instant::now() + timeout.min(WEEK)) {
            Ok(())
        } else {
            Err(Error::new(
                Status::Closed,
                "the listener is closed; open another one",
            ))
        }
    }
}
