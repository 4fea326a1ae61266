//! The webhook: an HTTP server on its own thread, which receives triggers for one or several clients.
//!
//! 1. `accept_loop` accepts a connection when `connection/connection_limits` has a permit. `connection_task` serves it,
//!    over `tls` if that is configured. Both share the state in `server`.
//! 2. `connection/stream` reads bytes and records the phase in `connection/connection_state`; `connection/timeouts`
//!    limits each phase. A parser of `connection/parser_pool` turns the bytes into requests.
//! 3. `request/handler` checks each request, finds the client in `request/routes`, and ingests the body.
//! 4. If the trigger must be stored, `commit_waiters` brings the result back from the store's thread. `wake_list`
//!    wakes the clients after a batch of triggers.
//! 5. The response goes out: 200, or the status of a `request/rejection`.

mod accept_loop;
mod bind_error;
mod commit_waiters;
mod connection;
mod connection_task;
mod request;
mod server;
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
use crate::os_error;
use crate::receiving::listener::request::handler::RequestHandler;
use crate::receiving::listener::server::Server;
use crate::receiving::listener::tls::Tls;
use crate::receiving::receiver::Receiver;
use crate::statistics::{Counters, Statistic};
use crate::status::Status;

/// A running listener. Its drop closes it.
#[derive(Debug)]
pub struct Listener {
    /// The webhook URL without the path.
    base_url: String,
    /// Paths that no client may have, each with its purpose.
    reserved_paths: Vec<(String, &'static str)>,
    handler: Arc<RequestHandler>,
    stop: watch::Sender<Option<Instant>>,
    thread: Mutex<Option<DetachableThread>>,
}

impl Listener {
    /// Opens a listener. If it belongs to one client (`own`), that client is attached before the first connection is
    /// accepted.
    ///
    /// # Errors
    /// [`Status::Listen`]: the address is not available. [`Status::File`]: the certificate or its key is not usable.
    /// [`Status::System`]: no thread or no random bytes.
    pub fn open(settings: &ListenSettings, own: Option<&Arc<Receiver>>) -> Result<Self> {
        let address = settings.address;
        let listen_error = |error: io::Error| {
            let advice = bind_error::advice(error.kind());
            let error = os_error::describe(&error);
            Error::new(
                Status::Listen,
                format!("can't listen at {address}: {error}{advice}"),
            )
        };
        let tls = settings.tls.clone().map(Tls::new).transpose()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let handler = Arc::new(RequestHandler::new(settings));
        let server = Arc::new(Server::new(handler.clone(), tls, &settings.limits));
        let runtime = runtime(&handler).map_err(|error| {
            Error::new(
                Status::System,
                format!(
                    "the listener's runtime could not be created: {}",
                    os_error::describe(&error)
                ),
            )
        })?;
        let socket = bind(address).map_err(listen_error)?;
        socket.set_nonblocking(true).map_err(listen_error)?;
        let bound = socket.local_addr().map_err(listen_error)?;
        let (stop, stopped) = watch::channel(None);
        let listener = Listener {
            base_url: settings
                .public_url
                .clone()
                .unwrap_or_else(|| format!("{scheme}://{bound}")),
            reserved_paths: reserved_paths(settings),
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
            // Ends the remaining connections.
            runtime.shutdown_background();
        })
        .map_err(|error| {
            Error::new(
                Status::System,
                format!(
                    "the listener's thread could not be created: {}",
                    os_error::describe(&error)
                ),
            )
        })?;
        *listener
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(thread);
        log::info!("listening at {bound}{}", bind_error::firewall(bound.ip()));
        if bound.ip().is_unspecified() && settings.public_url.is_none() {
            log::warn!(
                "{bound} means all addresses of this machine, so the webhook URL cannot be used as it is; set \
                 listen.public_url to the URL that the service must call"
            );
        }
        Ok(listener)
    }

    /// Routes requests at `path` to `receiver`. `None` chooses a random path that cannot be guessed.
    ///
    /// # Errors
    /// [`Status::Argument`]: the path is invalid or in use, or the receiver is attached already. [`Status::System`]:
    /// no random bytes.
    pub fn attach(&self, receiver: &Arc<Receiver>, path: Option<&str>) -> Result<()> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => unguessable_path()?,
        };
        for (reserved, purpose) in &self.reserved_paths {
            if *reserved == path {
                return Err(Error::new(
                    Status::Argument,
                    format!("this path belongs to the {purpose}; pass another one, or NULL"),
                ));
            }
        }
        self.handler.routes.attach(&path, receiver)
    }

    /// Stops routing requests to `receiver`. Triggers that are being stored still get a response.
    ///
    /// # Errors
    /// [`Status::Argument`]: it is not attached.
    pub fn detach(&self, receiver: &Arc<Receiver>) -> Result<()> {
        if self.handler.routes.detach(receiver) {
            return Ok(());
        }
        Err(Error::new(
            Status::Argument,
            "this client is not attached to the listener",
        ))
    }

    /// Returns the webhook URL of `receiver`.
    pub fn url(&self, receiver: &Arc<Receiver>) -> Option<String> {
        let path = self.handler.routes.path_of(receiver)?;
        Some(format!("{}{}", self.base_url, path.expose()))
    }

    /// Returns the value of a counter.
    pub fn count_of(&self, statistic: Statistic) -> u64 {
        self.handler.rejections.count_of(statistic)
    }

    /// Returns the counters.
    pub fn counters(&self) -> &Counters {
        self.handler.rejections.counters()
    }

    /// Stops accepting, and ends the thread and every connection. Connections whose trigger is being stored get a
    /// response if that takes no longer than `deadline`. Returns whether the listener was open.
    pub fn close(&self, deadline: Instant) -> bool {
        // The send fails if the thread has ended.
        let _ = self.stop.send(Some(deadline));
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(thread) = thread else { return false };
        // The thread ends at once, except if a log callback of the application blocks it. If that callback closes the
        // client, the thread ends after the callback returns.
        thread.join(deadline.max(Instant::now()) + SHUTDOWN_GRACE);
        true
    }
}

/// How long the listener's thread may take to end after its connections.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

impl Drop for Listener {
    fn drop(&mut self) {
        self.close(Instant::now());
    }
}

fn reserved_paths(settings: &ListenSettings) -> Vec<(String, &'static str)> {
    let health = settings.health.clone().map(|path| (path, "health check"));
    let metrics = settings.metrics.clone().map(|path| (path, "statistics"));
    health.into_iter().chain(metrics).collect()
}

/// The standard library's default of 128 pending connections is too small for a burst.
const BACKLOG: i32 = 4096;

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    host::sockets::listen_address::reserve(&socket)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Builds the runtime on its own thread. Otherwise the standard library allocates a handle for the host's thread,
/// which leak checkers report.
fn runtime(handler: &Arc<RequestHandler>) -> io::Result<Runtime> {
    let handler = handler.clone();
    let build = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            // The thread has no more work for now.
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
            format!("no random bytes for the webhook's path: {error}; choose a path"),
        )
    })?;
    let hex: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("/omnize/{hex}"))
}
