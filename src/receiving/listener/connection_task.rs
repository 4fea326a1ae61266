//! Serves one connection in a task: handshake, requests, timeouts and close.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, ready};

use hyper::header::{CONNECTION, HeaderValue};
use hyper::service::service_fn;
use tokio::net::TcpStream;

use crate::receiving::listener::connection::connection_limits::ConnectionPermit;
use crate::receiving::listener::connection::connection_state::{ConnectionState, Phase};
use crate::receiving::listener::connection::parser_pool;
use crate::receiving::listener::connection::stream::{Socket, Stream};
use crate::receiving::listener::connection::timeouts::PhaseTimer;
use crate::receiving::listener::connection::tracking_waker::Tracked;
use crate::receiving::listener::request::framing::Framing;
use crate::receiving::listener::request::handler;
use crate::receiving::listener::request::handler::ConnectionContext;
use crate::receiving::listener::request::rejection::Rejection;
use crate::receiving::listener::server::Server;

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
    /// Serves a connection until it closes, and then releases its permit.
    pub(super) async fn serve_connection(
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
            ConnectionEnd::TimedOut if matches!(phase, Phase::Head | Phase::Body) => {
                (Rejection::TooSlow, false)
            }
            // The peer may pair a response without a request with its next request.
            ConnectionEnd::TimedOut if phase == Phase::New => (Rejection::TooSlow, true),
            ConnectionEnd::TimedOut => return Vec::new(),
        };
        self.handler.rejections.record(rejection);
        if is_silent {
            Vec::new()
        } else {
            handler::raw_rejection_response(rejection)
        }
    }
}
