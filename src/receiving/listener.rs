//! The webhook: an HTTP server on a thread of its own, which takes triggers for one client.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use subtle::ConstantTimeEq;
use tokio::runtime::Runtime;
use tokio::sync::{oneshot, watch};

use super::receiver::Receiver;
use super::statistics::Statistic;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::host;
use crate::status::Status;
use crate::wire::Redacted;

/// How long a request's head may take to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long its body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// What a service that is turned away is told to wait, in seconds.
const RETRY_AFTER_SECONDS: &str = "1";

/// A listener that runs. Dropping it stops it.
#[derive(Debug)]
pub struct Listener {
    url: Redacted,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// What a request is answered by.
#[derive(Debug)]
struct Door {
    path: Redacted,
    max_body: usize,
    receiver: Arc<Receiver>,
}

impl Listener {
    /// Listens at `address` and hands what comes to `receiver`.
    ///
    /// # Errors
    /// [`Status::Listen`] where the address can't be had, [`Status::System`] where a thread or randomness can't.
    pub fn open(address: SocketAddr, settings: &Settings, receiver: Arc<Receiver>) -> Result<Self> {
        let cannot = |what: &dyn std::fmt::Display| {
            Error::new(Status::Listen, format!("can't listen at {address}: {what}"))
        };
        let socket = TcpListener::bind(address).map_err(|error| cannot(&error))?;
        socket
            .set_nonblocking(true)
            .map_err(|error| cannot(&error))?;
        let bound = socket.local_addr().map_err(|error| cannot(&error))?;
        let path = match &settings.listen_path {
            Some(path) => path.clone(),
            None => unguessable_path()?.into(),
        };
        let door = Arc::new(Door {
            path: path.clone(),
            max_body: settings.listen_max_body,
            receiver,
        });
        let runtime = runtime()
            .map_err(|error| Error::new(Status::System, format!("no listener: {error}")))?;
        let (stop, stopped) = watch::channel(false);
        let thread = host::thread::spawn("omnize-listen", move || {
            runtime.block_on(accept(socket, door, stopped));
            // Connections that still wait for something end here.
            runtime.shutdown_background();
        })
        .map_err(|error| Error::new(Status::System, format!("no listener thread: {error}")))?;
        log::info!("listening at {bound}");
        Ok(Listener {
            url: format!("http://{bound}{}", path.expose()).into(),
            stop,
            thread: Some(thread),
        })
    }

    /// The webhook URL, as it is reached on this machine.
    pub fn url(&self) -> &Redacted {
        &self.url
    }

    /// Accepts nothing more, and ends its thread and every connection.
    pub fn stop(&mut self) {
        // Nobody listens where the thread has ended by itself.
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            // It runs no code of the application, so it ends at once; a panic in it was reported by the hook.
            let _ = thread.join();
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Builds the runtime on a thread of its own: building it would touch the standard library's handle of the host's thread,
/// which leak checkers then report.
fn runtime() -> io::Result<Runtime> {
    let build = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
    };
    let built = host::thread::spawn("omnize-build", build)?.join();
    built.unwrap_or_else(|_| Err(io::Error::other("the runtime panicked")))
}

fn unguessable_path() -> Result<String> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| {
        Error::new(
            Status::System,
            format!("no randomness for the webhook's path: {error}; set listen.path"),
        )
    })?;
    let hex: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("/omnize/{hex}"))
}

async fn accept(socket: TcpListener, door: Arc<Door>, mut stopped: watch::Receiver<bool>) {
    let socket = match tokio::net::TcpListener::from_std(socket) {
        Ok(socket) => socket,
        Err(error) => return log::error!("the listener can't start: {error}"),
    };
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            _ = stopped.changed() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                // Answers are small and wait for nothing.
                let _ = stream.set_nodelay(true);
                tokio::spawn(serve(stream, door.clone()));
            }
            Err(error) => {
                // Descriptors have run out, most likely; they come back as connections end.
                log::warn!("the listener can't accept: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn serve(stream: tokio::net::TcpStream, door: Arc<Door>) {
    let service = service_fn(move |request| {
        let door = door.clone();
        async move { Ok::<_, Infallible>(door.answer(request).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        // A peer may say that it has sent all and still wait for its answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        log::debug!("a connection to the listener ended: {error}");
    }
}

impl Door {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().as_bytes();
        if !bool::from(path.ct_eq(self.path.expose().as_bytes())) {
            return self.refuse(StatusCode::NOT_FOUND, Statistic::WrongPath);
        }
        if !matches!(*request.method(), Method::POST | Method::PUT) {
            let mut response = self.refuse(StatusCode::METHOD_NOT_ALLOWED, Statistic::WrongMethod);
            let allowed = HeaderValue::from_static("POST, PUT");
            response.headers_mut().insert(ALLOW, allowed);
            return response;
        }
        let content_type = request.headers().get(CONTENT_TYPE).cloned();
        let limited = Limited::new(request.into_body(), self.max_body);
        let body = match tokio::time::timeout(BODY_TIMEOUT, limited.collect()).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                return self.refuse(StatusCode::PAYLOAD_TOO_LARGE, Statistic::TooLarge);
            }
            Ok(Err(_)) => return self.refuse(StatusCode::BAD_REQUEST, Statistic::BrokenOff),
            Err(_) => return self.refuse(StatusCode::REQUEST_TIMEOUT, Statistic::BrokenOff),
        };
        let content_type = content_type.as_ref().and_then(|value| value.to_str().ok());
        let (kept, outcome) = oneshot::channel();
        self.receiver
            .take(body[..].into(), content_type, move |outcome| {
                // Nobody waits any more where the peer has hung up.
                let _ = kept.send(outcome);
            });
        match outcome.await {
            Ok(Ok(())) => answer(StatusCode::OK),
            // The store ended without a word: the trigger is not kept.
            Err(_) => answer(StatusCode::SERVICE_UNAVAILABLE),
            Ok(Err(error)) => match error.status() {
                Status::Full | Status::Store | Status::Closed => {
                    let mut response = answer(StatusCode::SERVICE_UNAVAILABLE);
                    let wait = HeaderValue::from_static(RETRY_AFTER_SECONDS);
                    response.headers_mut().insert(RETRY_AFTER, wait);
                    response
                }
                _ => answer(StatusCode::BAD_REQUEST),
            },
        }
    }

    fn refuse(&self, status: StatusCode, why: Statistic) -> Response<Full<Bytes>> {
        self.receiver.count(why);
        log::warn!("the listener refused a request: {status}");
        answer(status)
    }
}

/// An answer without a body: a stranger learns nothing from it.
fn answer(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
