//! The accept loop: accepts connections, serves each in a task, and ends them all on close.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, TcpListener};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, ready};
use std::time::Instant;

use hyper::header::{CONNECTION, HeaderValue};
use hyper::service::service_fn;
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::config::Limits;
use crate::receiving::listener::connection::connection_limits::{ConnectionPermit, Connections};
use crate::receiving::listener::connection::connection_state::{ConnectionState, Phase};
use crate::receiving::listener::connection::parser_pool;
use crate::receiving::listener::connection::parser_pool::ParserPool;
use crate::receiving::listener::connection::stream::{Socket, Stream};
use crate::receiving::listener::connection::timeouts::PhaseTimer;
use crate::receiving::listener::connection::tracking_waker::Tracked;
use crate::receiving::listener::request::framing::Framing;
use crate::receiving::listener::request::handler as request_handler;
use crate::receiving::listener::request::handler::{ConnectionContext, RequestHandler};
use crate::receiving::listener::request::rejection::Rejection;
use crate::receiving::listener::tls::Tls;
use crate::receiving::rate_limited_log;
use crate::receiving::rate_limited_log::LogRateLimiter;

/// The state that all connections of a listener share.
#[derive(Debug)]
pub struct Server {
    handler: Arc<RequestHandler>,
    tls: Option<Arc<Tls>>,
    limits: Limits,
    connections: Arc<Connections>,
    parsers: ParserPool,
    closing: AtomicBool,
    accept_failures: LogRateLimiter,
}

/// The reason why serving a connection ended.
enum ConnectionEnd {
    /// The parser ended: the peer closed, or an error.
    Served(hyper::Result<()>),
    /// A phase took longer than its timeout.
    TimedOut,
    /// It closes to free a permit for another connection.
    Evicted,
}

impl Server {
    /// Creates a server without connections.
    pub fn new(handler: Arc<RequestHandler>, tls: Option<Tls>, limits: &Limits) -> Self {
        Server {
            handler,
            tls: tls.map(Arc::new),
            limits: limits.clone(),
            connections: Arc::new(Connections::new(limits)),
            parsers: ParserPool::new(limits),
            closing: AtomicBool::new(false),
            accept_failures: LogRateLimiter::default(),
        }
    }

    /// Accepts and serves connections until `stop` contains the deadline of the close.
    pub async fn run(
        self: Arc<Self>,
        socket: TcpListener,
        mut stop: watch::Receiver<Option<Instant>>,
    ) {
        let socket = match tokio::net::TcpListener::from_std(socket) {
            Ok(socket) => socket,
            Err(error) => return log::error!("the listener cannot start: {error}"),
        };
        if let Some(tls) = &self.tls {
            tokio::spawn(tls.clone().watch());
        }
        tokio::spawn(self.handler.commit_waiters.clone().forward());
        loop {
            let next = poll_fn(|cx| {
                let accepted = socket.poll_accept(cx);
                if accepted.is_pending() {
                    self.connections.reset_pressure();
                }
                accepted
            });
            let accepted = tokio::select! {
                accepted = next => accepted,
                _ = stop.changed() => break,
            };
            // While a connection waits for a permit, the next ones wait in the system's queue.
            let handling = async {
                match accepted {
                    Ok((stream, peer)) => self.spawn_connection(stream, peer.ip()).await,
                    Err(error) if is_connection_error(&error) => {}
                    Err(error) => {
                        if let Some(suppressed) = self.accept_failures.check() {
                            let more = rate_limited_log::suppressed_suffix(suppressed);
                            log::warn!("the listener cannot accept connections: {error}{more}");
                        }
                        self.connections.evict().await;
                    }
                }
            };
            tokio::select! {
                () = handling => {}
                _ = stop.changed() => break,
            }
        }
        drop(socket);
        self.closing.store(true, Ordering::Relaxed);
        self.connections.abort_all_except_storing();
        let deadline = stop.borrow().unwrap_or_else(Instant::now);
        // Connections whose trigger is still being stored then get no response.
        let _ = tokio::time::timeout_at(deadline.into(), self.connections.wait_idle()).await;
        self.handler.rejections.flush();
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    async fn spawn_connection(self: &Arc<Self>, stream: TcpStream, peer: IpAddr) {
        let trusted = self.handler.trusted_proxies.contains(peer);
        let permit = self.connections.acquire(peer, trusted).await;
        // Responses are small and must not be delayed.
        let _ = stream.set_nodelay(true);
        let id = permit.id();
        let task = tokio::spawn(self.clone().serve_connection(stream, peer, permit));
        self.connections.set_task(id, task.abort_handle());
    }

    async fn serve_connection(
        self: Arc<Self>,
        stream: TcpStream,
        peer: IpAddr,
        permit: ConnectionPermit,
    ) {
        let connection = permit.connection().clone();
        poll_fn(|cx| {
            connection.set_task(cx.waker());
            Poll::Ready(())
        })
        .await;
        let Some(socket) = self.accept_tls(stream, &connection).await else {
            return;
        };
        connection.enter(Phase::New);
        let framing = Arc::new(Framing::default());
        let mut stream = Stream::new(socket, connection.clone(), framing.clone());
        let context = ConnectionContext {
            address: peer,
            connection: connection.clone(),
            framing,
        };
        let service = async |mut request| {
            let mut response = self.handler.handle(&mut request, &context).await;
            if self.is_closing() || self.connections.is_full() {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(CONNECTION, close);
            }
            Ok::<_, Infallible>(response)
        };
        let limits = &self.limits;
        let head_time = connection.head_time(limits);
        let sleep = pin!(tokio::time::sleep(head_time));
        let mut timer = PhaseTimer::new(sleep, limits, head_time);
        let end = loop {
            // The connection has no parser until bytes arrive.
            let first_byte = poll_fn(|cx| {
                if stream.poll_read_ready(cx).is_ready() {
                    return Poll::Ready(Ok(Tracked::new(cx.waker().clone())));
                }
                let end = if connection.is_close_requested() {
                    ConnectionEnd::Evicted
                } else {
                    ready!(timer.poll_elapsed(&connection, limits.idle_time, cx));
                    ConnectionEnd::TimedOut
                };
                // Bytes may have arrived that the runtime has not seen yet.
                if stream.has_unread_bytes() {
                    connection.decline_close();
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(Err(end))
            });
            let tracked = match first_byte.await {
                Ok(tracked) => tracked,
                Err(end) => break end,
            };
            let parser_permit = self.parsers.acquire_idle_permit();
            let many_headers = context.framing.has_many_headers();
            context.framing.reset();
            stream.set_header_limit(many_headers);
            let parser = self
                .parsers
                .make_parser(stream, service_fn(service), many_headers);
            let mut parser = Box::new(parser);
            // `None` if the connection continues without a parser, or with another one.
            let end = poll_fn(|cx| {
                let (polled, was_woken) = tracked.poll(Pin::new(&mut *parser));
                if let Poll::Ready(result) = polled {
                    return Poll::Ready(Some(ConnectionEnd::Served(result)));
                }
                if context.framing.has_many_headers()
                    && !many_headers
                    && connection.phase() == Phase::Head
                {
                    return Poll::Ready(None);
                }
                let is_idle = connection.is_idle();
                // If it is idle, the parser's own wake-up needs no second poll.
                if was_woken && !is_idle {
                    cx.waker().wake_by_ref();
                }
                if is_idle && (parser_permit.is_none() || connection.is_close_requested()) {
                    return Poll::Ready(None);
                }
                if connection.is_close_requested() {
                    if connection.is_slow() || connection.is_over_limit() {
                        return Poll::Ready(Some(ConnectionEnd::Evicted));
                    }
                    connection.decline_close();
                }
                let idle_time = if is_idle {
                    parser_pool::PARSER_IDLE_TIMEOUT.min(limits.idle_time)
                } else {
                    limits.idle_time
                };
                let timed_out = timer.poll_elapsed(&connection, idle_time, cx);
                timed_out.map(|()| (!is_idle).then_some(ConnectionEnd::TimedOut))
            });
            let end = end.await;
            let parts = parser.into_parts();
            stream = parts.io.into_inner();
            if let Some(end) = end {
                break end;
            }
            stream.rewind(&parts.read_buf);
        };
        // A peer that has all its responses gets no further one.
        let is_complete =
            matches!(end, ConnectionEnd::Evicted) && connection.phase() == Phase::Idle;
        let response_bytes = self.final_response(end, &connection);
        connection.enter(Phase::Closing);
        let linger_permit = connection
            .is_close_requested()
            .then(|| self.connections.acquire_linger_permit());
        // Boxed, because the large state of this future is needed only once.
        Box::pin(async {
            stream.send_final(&response_bytes).await;
            match linger_permit {
                // A lingering connection does not count against the limits.
                Some(Some(_linger_permit)) if !is_complete => {
                    drop(permit);
                    stream.linger().await;
                }
                Some(_) => stream.drain(),
                None if self.is_closing() => {}
                None => {
                    tokio::select! {
                        () = stream.linger() => {}
                        () = connection.close_requested() => stream.drain(),
                    }
                }
            }
        })
        .await;
    }

    /// Returns the socket after the TLS handshake, if TLS is used; `None` if the handshake fails.
    async fn accept_tls(&self, stream: TcpStream, connection: &ConnectionState) -> Option<Socket> {
        let Some(tls) = &self.tls else {
            return Some(Socket::Plain(stream));
        };
        // Boxed, because its large state is not needed after the handshake.
        let mut accepted = Box::pin(tls.accept(stream));
        let in_time = tokio::time::timeout(connection.head_time(&self.limits), &mut accepted);
        // The rejection is recorded before the connection closes.
        let rejection = match in_time.await {
            Ok(Ok(stream)) => return Some(Socket::Encrypted(Box::new(stream))),
            Ok(Err(_)) => Rejection::TlsFailed,
            Err(_) => Rejection::TooSlow,
        };
        self.handler.rejections.record(rejection);
        None
    }

    /// Records the rejection at a connection's end, unless the handler did. Returns the bytes of the final response.
    fn final_response(&self, end: ConnectionEnd, connection: &ConnectionState) -> Vec<u8> {
        let phase = connection.phase();
        let (rejection, is_silent) = match end {
            ConnectionEnd::Served(Err(error)) if error.is_parse_version_h2() => {
                (Rejection::Malformed, false)
            }
            // The parser has sent a response to these.
            ConnectionEnd::Served(Err(error)) if error.is_parse_too_large() => {
                (Rejection::HeadTooLarge, true)
            }
            ConnectionEnd::Served(Err(error)) if error.is_parse() => (Rejection::Malformed, true),
            ConnectionEnd::Served(_) if phase == Phase::Head => (Rejection::Incomplete, true),
            ConnectionEnd::Served(_) => return Vec::new(),
            ConnectionEnd::Evicted => (Rejection::OverLimit, phase == Phase::Idle),
            ConnectionEnd::TimedOut if connection.is_over_limit() => (Rejection::OverLimit, false),
            // The peer may pair a response without a request with its next request.
            ConnectionEnd::TimedOut if matches!(phase, Phase::Head | Phase::Body) => {
                (Rejection::TooSlow, false)
            }
            ConnectionEnd::TimedOut if phase == Phase::New => (Rejection::TooSlow, true),
            ConnectionEnd::TimedOut => return Vec::new(),
        };
        self.handler.rejections.record(rejection);
        if is_silent {
            Vec::new()
        } else {
            request_handler::raw_rejection_response(rejection)
        }
    }
}

/// Returns whether the error concerns only the connection that was being accepted.
fn is_connection_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}
