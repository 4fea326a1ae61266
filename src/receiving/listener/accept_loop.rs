//! The listener's thread: accepts connections, serves each, and ends them all when it is told to.

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
use crate::receiving::listener::connection::stream::{Bytes, Stream};
use crate::receiving::listener::connection::timeouts::PhaseTimer;
use crate::receiving::listener::connection::tracking_waker::Tracked;
use crate::receiving::listener::request::framing::Framing;
use crate::receiving::listener::request::handler;
use crate::receiving::listener::request::handler::{ConnectionContext, RequestHandler};
use crate::receiving::listener::request::rejection::Rejection;
use crate::receiving::listener::tls::Tls;
use crate::receiving::rate_limited_log;
use crate::receiving::rate_limited_log::LogRateLimiter;

/// What all connections of a listener share.
#[derive(Debug)]
pub struct Server {
    door: Arc<RequestHandler>,
    tls: Option<Arc<Tls>>,
    limits: Limits,
    connections: Arc<Connections>,
    parsers: ParserPool,
    closing: AtomicBool,
    accept_failures: LogRateLimiter,
}

/// How serving a connection ended.
enum End {
    /// By itself.
    Served(hyper::Result<()>),
    /// It took too long with what it was doing.
    Overdue,
    /// It closes for another connection.
    MadeRoom,
}

impl Server {
    /// One without connections.
    pub fn new(door: Arc<RequestHandler>, tls: Option<Tls>, limits: &Limits) -> Self {
        Server {
            door,
            tls: tls.map(Arc::new),
            limits: limits.clone(),
            connections: Arc::new(Connections::new(limits)),
            parsers: ParserPool::new(limits),
            closing: AtomicBool::new(false),
            accept_failures: LogRateLimiter::default(),
        }
    }

    /// Accepts and serves until `stop` says by when all is to be over.
    pub async fn run(
        self: Arc<Self>,
        socket: TcpListener,
        mut stop: watch::Receiver<Option<Instant>>,
    ) {
        let socket = match tokio::net::TcpListener::from_std(socket) {
            Ok(socket) => socket,
            Err(error) => return log::error!("the listener can't start: {error}"),
        };
        if let Some(tls) = &self.tls {
            tokio::spawn(tls.clone().watch());
        }
        tokio::spawn(self.door.kept.clone().pass_on());
        loop {
            let next = poll_fn(|cx| {
                let accepted = socket.poll_accept(cx);
                if accepted.is_pending() {
                    self.connections.none_waits();
                }
                accepted
            });
            let accepted = tokio::select! {
                accepted = next => accepted,
                _ = stop.changed() => break,
            };
            // What can't be accepted or admitted waits, and those behind it wait in the system's queue.
            let admitted = async {
                match accepted {
                    Ok((stream, peer)) => self.welcome(stream, peer.ip()).await,
                    Err(error) if is_of_one_connection(&error) => {}
                    Err(error) => {
                        if let Some(kept_back) = self.accept_failures.another() {
                            let more = rate_limited_log::and_more(kept_back);
                            log::warn!("the listener can't accept: {error}{more}");
                        }
                        self.connections.make_room().await;
                    }
                }
            };
            tokio::select! {
                () = admitted => {}
                _ = stop.changed() => break,
            }
        }
        drop(socket);
        self.closing.store(true, Ordering::Relaxed);
        self.connections.end_all_but_keeping();
        let deadline = stop.borrow().unwrap_or_else(Instant::now);
        // What is still being kept then is not answered.
        let _ = tokio::time::timeout_at(deadline.into(), self.connections.emptied()).await;
        self.door.refusals.flush();
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    async fn welcome(self: &Arc<Self>, stream: TcpStream, peer: IpAddr) {
        let trusted = self.door.trusted_proxies.contains(peer);
        let seat = self.connections.admit(peer, trusted).await;
        // Answers are small and wait for nothing.
        let _ = stream.set_nodelay(true);
        let number = seat.number();
        let task = tokio::spawn(self.clone().serve(stream, peer, seat));
        self.connections.served_by(number, task.abort_handle());
    }

    async fn serve(self: Arc<Self>, stream: TcpStream, peer: IpAddr, seat: ConnectionPermit) {
        let pulse = seat.pulse().clone();
        poll_fn(|cx| {
            pulse.served_by(cx.waker());
            Poll::Ready(())
        })
        .await;
        let Some(bytes) = self.secure(stream, &pulse).await else {
            return;
        };
        pulse.enter(Phase::New);
        let framing = Arc::new(Framing::default());
        let mut stream = Stream::new(bytes, pulse.clone(), framing.clone());
        let visitor = ConnectionContext {
            address: peer,
            pulse: pulse.clone(),
            framing,
        };
        let service = async |mut request| {
            let mut response = self.door.answer(&mut request, &visitor).await;
            if self.is_closing() || self.connections.is_full() {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(CONNECTION, close);
            }
            Ok::<_, Infallible>(response)
        };
        let limits = &self.limits;
        let head_time = pulse.head_time(limits);
        let sleep = pin!(tokio::time::sleep(head_time));
        let mut clock = PhaseTimer::new(sleep, limits, head_time);
        let end = loop {
            // It has no parser until something comes.
            let begins = poll_fn(|cx| {
                if stream.poll_begins(cx).is_ready() {
                    return Poll::Ready(Ok(Tracked::new(cx.waker().clone())));
                }
                let end = if pulse.must_close() {
                    End::MadeRoom
                } else {
                    ready!(clock.poll_overdue(&pulse, limits.idle_time, cx));
                    End::Overdue
                };
                // A request may have arrived that the runtime does not know of yet.
                if stream.has_more() {
                    pulse.decline_to_close();
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(Err(end))
            });
            let nudged = match begins.await {
                Ok(nudged) => nudged,
                Err(end) => break end,
            };
            let kept = self.parsers.keep();
            let many_lines = visitor.framing.has_many_lines();
            visitor.framing.begin();
            stream.read_by(many_lines);
            let parser = self.parsers.of(stream, service_fn(service), many_lines);
            let mut parser = Box::new(parser);
            // `None` where it goes on without a parser, or with another one.
            let end = poll_fn(|cx| {
                let (polled, was_woken) = nudged.poll(Pin::new(&mut *parser));
                if let Poll::Ready(result) = polled {
                    return Poll::Ready(Some(End::Served(result)));
                }
                if visitor.framing.has_many_lines() && !many_lines && pulse.phase() == Phase::Head {
                    return Poll::Ready(None);
                }
                let rests = pulse.is_at_rest();
                // Where it rests, it has woken itself for nothing.
                if was_woken && !rests {
                    cx.waker().wake_by_ref();
                }
                if rests && (kept.is_none() || pulse.must_close()) {
                    return Poll::Ready(None);
                }
                if pulse.must_close() {
                    if pulse.is_slow() || pulse.is_over_limit() {
                        return Poll::Ready(Some(End::MadeRoom));
                    }
                    pulse.decline_to_close();
                }
                let idle_time = if rests {
                    parser_pool::PARSER_IDLE_TIMEOUT.min(limits.idle_time)
                } else {
                    limits.idle_time
                };
                let overdue = clock.poll_overdue(&pulse, idle_time, cx);
                overdue.map(|()| (!rests).then_some(End::Overdue))
            });
            let end = end.await;
            let parts = parser.into_parts();
            stream = parts.io.into_inner();
            if let Some(end) = end {
                break end;
            }
            stream.put_back(&parts.read_buf);
        };
        // Nothing is told to a peer that has had all its answers.
        let has_all = matches!(end, End::MadeRoom) && pulse.phase() == Phase::Idle;
        let words = self.part(end, &pulse);
        pulse.enter(Phase::Ending);
        let lingering = pulse.must_close().then(|| self.connections.linger());
        // A connection ends once, so it has no room for that set aside.
        Box::pin(async {
            stream.say(&words).await;
            match lingering {
                // It lingers beside those that count.
                Some(Some(_lingering)) if !has_all => {
                    drop(seat);
                    stream.hear_out().await;
                }
                Some(_) => stream.drain(),
                None if self.is_closing() => {}
                None => {
                    tokio::select! {
                        () = stream.hear_out() => {}
                        () = pulse.asked_to_close() => stream.drain(),
                    }
                }
            }
        })
        .await;
    }

    /// The connection's bytes, after the handshake where there is to be one; `None` where it fails.
    async fn secure(&self, stream: TcpStream, pulse: &ConnectionState) -> Option<Bytes> {
        let Some(tls) = &self.tls else {
            return Some(Bytes::Plain(stream));
        };
        // Its state is large, and over before the first request.
        let mut accepted = Box::pin(tls.accept(stream));
        let in_time = tokio::time::timeout(pulse.head_time(&self.limits), &mut accepted);
        // What fails is noted before the connection is closed.
        let refusal = match in_time.await {
            Ok(Ok(stream)) => return Some(Bytes::Encrypted(Box::new(stream))),
            Ok(Err(_)) => Rejection::NoTls,
            Err(_) => Rejection::TooSlow,
        };
        self.door.refusals.note(refusal);
        None
    }

    /// Notes what was wrong at a connection's end, where the door has not seen it, and says what is still to be said.
    fn part(&self, end: End, pulse: &ConnectionState) -> Vec<u8> {
        let phase = pulse.phase();
        let (refusal, is_told) = match end {
            End::Served(Err(error)) if error.is_parse_version_h2() => (Rejection::Malformed, false),
            // The parser has answered these.
            End::Served(Err(error)) if error.is_parse_too_large() => {
                (Rejection::HeadTooLarge, true)
            }
            End::Served(Err(error)) if error.is_parse() => (Rejection::Malformed, true),
            End::Served(_) if phase == Phase::Head => (Rejection::BrokenOff, true),
            End::Served(_) => return Vec::new(),
            End::MadeRoom => (Rejection::OverLimit, phase == Phase::Idle),
            End::Overdue if pulse.is_over_limit() => (Rejection::OverLimit, false),
            // An answer to no request could be taken for the answer to the next one.
            End::Overdue if matches!(phase, Phase::Head | Phase::Body) => {
                (Rejection::TooSlow, false)
            }
            End::Overdue if phase == Phase::New => (Rejection::TooSlow, true),
            End::Overdue => return Vec::new(),
        };
        self.door.refusals.note(refusal);
        if is_told {
            Vec::new()
        } else {
            handler::last_words(refusal)
        }
    }
}

/// Whether accepting failed for one connection, which has ended by itself, and goes on.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}
