//! The listener's thread: accepts connections, serves each, and ends them all when it is told to.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::{IpAddr, TcpListener};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use hyper::header::{CONNECTION, HeaderValue};
use hyper::service::service_fn;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::clock::Clock;
use super::connections::{Connections, Seat};
use super::door::{self, Door, Visitor};
use super::head::Head;
use super::nudge::Nudged;
use super::parsers::{self, Parsers};
use super::pulse::Phase;
use super::refusals::Refusal;
use super::stream::{Bytes, Stream};
use super::tls::Tls;
use crate::config::Limits;

/// How long accepting rests where it fails and nobody can make room.
const REST: Duration = Duration::from_millis(50);

/// What all connections of a listener share.
#[derive(Debug)]
pub struct House {
    door: Arc<Door>,
    tls: Option<Arc<Tls>>,
    limits: Limits,
    connections: Arc<Connections>,
    parsers: Parsers,
    closing: AtomicBool,
}

/// How serving a connection ended.
enum End {
    /// By itself.
    Served(hyper::Result<()>),
    /// It took too long with what it was doing.
    Overdue,
}

impl House {
    /// One without connections.
    pub fn new(door: Arc<Door>, tls: Option<Tls>, limits: &Limits) -> Self {
        House {
            door,
            tls: tls.map(Arc::new),
            limits: limits.clone(),
            connections: Arc::new(Connections::new(limits)),
            parsers: Parsers::new(limits),
            closing: AtomicBool::new(false),
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
            let accepted = tokio::select! {
                accepted = socket.accept() => accepted,
                _ = stop.changed() => break,
            };
            match accepted {
                Ok((stream, peer)) => self.welcome(stream, peer.ip()),
                Err(error) => {
                    // Descriptors have run out, most likely; they come back as connections end.
                    log::warn!("the listener can't accept: {error}");
                    self.connections.make_room();
                    tokio::time::sleep(REST).await;
                }
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

    fn welcome(self: &Arc<Self>, stream: TcpStream, peer: IpAddr) {
        let trusted = self.door.trusted_proxies.contains(peer);
        let (seat, too_many) = self.connections.admit(peer, trusted);
        if too_many {
            self.door.refusals.note(Refusal::OverLimit);
        }
        let Some(seat) = seat else { return };
        // Answers are small and wait for nothing.
        let _ = stream.set_nodelay(true);
        let number = seat.number();
        let task = tokio::spawn(self.clone().serve(stream, peer, seat));
        self.connections.served_by(number, task.abort_handle());
    }

    async fn serve(self: Arc<Self>, stream: TcpStream, peer: IpAddr, seat: Seat) {
        let pulse = seat.pulse().clone();
        let Some(bytes) = self.secure(stream).await else {
            return;
        };
        pulse.enter(Phase::New);
        let head = Arc::new(Head::new(self.limits.head));
        let mut stream = Stream::new(bytes, pulse.clone(), head.clone());
        let visitor = Visitor {
            address: peer,
            pulse: pulse.clone(),
            head,
        };
        let service = async |mut request| {
            let mut response = self.door.answer(&mut request, &visitor).await;
            if self.is_closing() {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(CONNECTION, close);
            }
            Ok::<_, Infallible>(response)
        };
        let limits = &self.limits;
        let sleep = pin!(tokio::time::sleep(limits.head_time));
        let mut clock = Clock::new(sleep, limits);
        let end = loop {
            // It has no parser until something comes.
            let begins = poll_fn(|cx| {
                if stream.poll_begins(cx).is_ready() {
                    return Poll::Ready(Some(Nudged::new(cx.waker().clone())));
                }
                let overdue = clock.poll_overdue(&pulse, limits.idle_time, cx);
                overdue.map(|()| None)
            });
            let Some(nudged) = begins.await else {
                break End::Overdue;
            };
            let kept = self.parsers.keep();
            let mut parser = Box::new(self.parsers.of(stream, service_fn(service)));
            // `None` where it goes on without a parser.
            let end = poll_fn(|cx| {
                let (polled, was_woken) = nudged.poll(Pin::new(&mut *parser));
                if let Poll::Ready(result) = polled {
                    return Poll::Ready(Some(End::Served(result)));
                }
                let rests = pulse.is_at_rest();
                // Where it rests, it has woken itself for nothing.
                if was_woken && !rests {
                    cx.waker().wake_by_ref();
                }
                if rests && kept.is_none() {
                    return Poll::Ready(None);
                }
                let idle_time = if rests {
                    parsers::KEPT_FOR.min(limits.idle_time)
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
            visitor.head.rest();
        };
        let words = self.part(end, pulse.phase());
        pulse.enter(Phase::Ending);
        // A connection ends once, so it has no room for that set aside.
        Box::pin(stream.farewell(&words, self.is_closing())).await;
    }

    /// The connection's bytes, after the handshake where there is to be one; `None` where it fails.
    async fn secure(&self, stream: TcpStream) -> Option<Bytes> {
        let Some(tls) = &self.tls else {
            return Some(Bytes::Plain(stream));
        };
        // Its state is large, and over before the first request.
        let accepted = Box::pin(tls.accept(stream));
        let refusal = match tokio::time::timeout(self.limits.head_time, accepted).await {
            Ok(Ok(stream)) => return Some(Bytes::Encrypted(Box::new(stream))),
            Ok(Err(_)) => Refusal::NoTls,
            Err(_) => Refusal::TooSlow,
        };
        self.door.refusals.note(refusal);
        None
    }

    /// Notes what was wrong at a connection's end, where the door has not seen it, and says what is still to be said.
    fn part(&self, end: End, phase: Phase) -> Vec<u8> {
        let (refusal, is_told) = match end {
            End::Served(Err(error)) if error.is_parse_version_h2() => (Refusal::Malformed, false),
            // The parser has answered these.
            End::Served(Err(error)) if error.is_parse_too_large() => (Refusal::HeadTooLarge, true),
            End::Served(Err(error)) if error.is_parse() => (Refusal::Malformed, true),
            End::Served(_) if phase == Phase::Head => (Refusal::BrokenOff, true),
            End::Served(_) => return Vec::new(),
            // An answer to no request could be taken for the answer to the next one.
            End::Overdue if matches!(phase, Phase::Head | Phase::Body) => (Refusal::TooSlow, false),
            End::Overdue if phase == Phase::New => (Refusal::TooSlow, true),
            End::Overdue => return Vec::new(),
        };
        self.door.refusals.note(refusal);
        if is_told {
            Vec::new()
        } else {
            door::last_words(refusal)
        }
    }
}
