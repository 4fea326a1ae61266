//! The webhook: an HTTP server on a thread of its own, which takes triggers for one client or several.
//!
//! A connection is admitted (`connections`), is served on the listener's thread (`house`) through a `stream` that knows error
//! it is doing (`pulse`), and each of its requests comes to the `handler`.

mod accept_loop;
mod commit_waiters;
mod connection;
mod request;
mod tls;
mod wake_list;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::config::ListenSettings;
use crate::error::{Error, Result};
use crate::host;
use crate::host::detachable_thread::DetachableThread;
use crate::receiving::listener::accept_loop::Server;
use crate::receiving::listener::request::handler::RequestHandler;
use crate::receiving::listener::tls::Tls;
use crate::receiving::receiver::Receiver;
use crate::receiving::statistics::Statistic;
use crate::status::Status;

/// A listener that runs. Dropping it stops it.
#[derive(Debug)]
pub struct Listener {
    /// The webhook URL without its path.
    base_url: String,
    health: Option<String>,
    handler: Arc<RequestHandler>,
    stop: watch::Sender<Option<Instant>>,
    thread: Mutex<Option<DetachableThread>>,
}

impl Listener {
    /// Listens. Where it is one client's `own`, that is attached before the first connection is accepted.
    ///
    /// # Errors
    /// [`Status::Listen`] where the address can't be had, [`Status::File`] where the certificate or its key can't be used,
    /// [`Status::System`] where a thread or randomness can't be had.
    pub fn open(settings: &ListenSettings, own: Option<&Arc<Receiver>>) -> Result<Self> {
        let address = settings.address;
        let listen_error = |error: io::Error| {
            let advice = advice(error.kind());
            Error::new(
                Status::Listen,
                format!("can't listen at {address}: {error}{advice}"),
            )
        };
        let tls = settings.tls.clone().map(Tls::new).transpose()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let handler = Arc::new(RequestHandler::new(settings));
        let server = Arc::new(Server::new(handler.clone(), tls, &settings.limits));
        let runtime = runtime(&handler)
            .map_err(|error| Error::new(Status::System, format!("no listener: {error}")))?;
        let socket = bind(address).map_err(listen_error)?;
        socket.set_nonblocking(true).map_err(listen_error)?;
        let bound = socket.local_addr().map_err(listen_error)?;
        let (stop, stopped) = watch::channel(None);
        let listener = Listener {
            base_url: settings
                .public_url
                .clone()
                .unwrap_or_else(|| format!("{scheme}://{bound}")),
            health: settings.health.clone(),
            handler,
            stop,
            thread: Mutex::new(None),
        };
        if let Some(own) = own {
            listener.attach(own, settings.path.as_ref().map(|path| path.expose()))?;
        }
        let at_exit = listener.handler.clone();
        let thread = DetachableThread::spawn("omnize-listen", move || {
            runtime.block_on(server.run(socket, stopped));
            at_exit.wake_list.wake_all();
            // Connections that still wait for something end here.
            runtime.shutdown_background();
        })
        .map_err(|error| Error::new(Status::System, format!("no listener thread: {error}")))?;
        *listener
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(thread);
        log::info!("listening at {bound}");
        if bound.ip().is_unspecified() && settings.public_url.is_none() {
            log::warn!(
                "{bound} stands for every address of this machine, so the webhook URL that is told leads nowhere; set \
                 listen.public_url to error the service is to call"
            );
        }
        Ok(listener)
    }

    /// Hands error comes at `path` to `receiver` from now on; at a path that nobody guesses where it is `None`.
    ///
    /// # Errors
    /// [`Status::Argument`] where the path is none, or taken, or the receiver is attached already; [`Status::System`] where
    /// randomness can't be had.
    pub fn attach(&self, receiver: &Arc<Receiver>, path: Option<&str>) -> Result<()> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => unguessable_path()?,
        };
        if self.health.as_ref() == Some(&path) {
            return Err(Error::new(
                Status::Argument,
                "the path is the health check's; pass another one, or NULL",
            ));
        }
        self.handler.routes.attach(&path, receiver)
    }

    /// Hands nothing to `receiver` any more. What is being kept for it is answered still.
    ///
    /// # Errors
    /// [`Status::Argument`] where it is not attached.
    pub fn detach(&self, receiver: &Arc<Receiver>) -> Result<()> {
        if self.handler.routes.detach(receiver) {
            return Ok(());
        }
        Err(Error::new(
            Status::Argument,
            "this client is not attached to the listener",
        ))
    }

    /// The webhook URL of `receiver`.
    pub fn url(&self, receiver: &Arc<Receiver>) -> Option<String> {
        let path = self.handler.routes.path_of(receiver)?;
        Some(format!("{}{}", self.base_url, path.expose()))
    }

    /// How often something was counted.
    pub fn count_of(&self, statistic: Statistic) -> u64 {
        self.handler.rejections.count_of(statistic)
    }

    /// Accepts nothing more, ends its thread and every connection; those whose trigger is being kept are answered, if that
    /// takes no longer than `deadline`. Whether it was open before.
    pub fn close(&self, deadline: Instant) -> bool {
        // Nobody listens where the thread has ended by itself.
        let _ = self.stop.send(Some(deadline));
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(thread) = thread else { return false };
        // It ends at once, unless the application's callback of the log holds it up; where that callback closes the client, it
        // ends when the callback has returned.
        thread.join(deadline.max(Instant::now()) + SHUTDOWN_GRACE);
        true
    }
}

/// How long the listener's thread may take to end when all its connections have, or are given up.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

impl Drop for Listener {
    fn drop(&mut self) {
        self.close(Instant::now());
    }
}

/// What to do where an address can't be had.
fn advice(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::AddrInUse => {
            "; another program, or another client, listens there: choose another port, or 0 for a free one"
        }
        io::ErrorKind::AddrNotAvailable => {
            "; this machine does not have that address: use one of its own, or 0.0.0.0 for all of them"
        }
        io::ErrorKind::PermissionDenied => {
            "; a port below 1024 needs a privilege: choose another one, or put a proxy before it"
        }
        _ => "",
    }
}

/// The standard library would let 128 connections wait to be accepted, which a burst overflows.
const BACKLOG: i32 = 4096;

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // So that a restart need not wait for the connections of the last run to be forgotten. On Windows the same word means
    // that two programs may listen at one address.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Builds the runtime on a thread of its own: building it would touch the standard library's handle of the host's thread,
/// which leak checkers then report.
fn runtime(handler: &Arc<RequestHandler>) -> io::Result<Runtime> {
    let handler = handler.clone();
    let build = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            // Nothing more is to be done for now.
            .on_thread_park(move || handler.wake_list.wake_all())
            .build()
    };
    let result = host::thread::spawn("omnize-build", build)?.join();
    result.unwrap_or_else(|_| Err(io::Error::other("the runtime panicked")))
}

fn unguessable_path() -> Result<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| {
        Error::new(
            Status::System,
            format!("no randomness for the webhook's path: {error}; choose a path"),
        )
    })?;
    let hex: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("/omnize/{hex}"))
}
