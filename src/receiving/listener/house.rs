//! The listener's thread: accepts connections, serves each, and ends them all when it is told to.

use std::convert::Infallible;
use std::net::{IpAddr, TcpListener};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Sleep;

use super::connections::{Connections, Seat};
use super::door::{self, Door, Visitor};
use super::head::Head;
use super::pulse::{Phase, Pulse};
use super::refusals::Refusal;
use super::stream::{Bytes, Stream};
use super::tls::Tls;
use crate::config::Limits;

/// The smallest buffer that the parser can work with.
const SMALLEST_BUFFER: usize = 8192;
/// How long accepting rests where it fails and nobody can make room.
const REST: Duration = Duration::from_millis(50);
/// How long a connection that nothing is due of is left alone.
const FAR: Duration = Duration::from_secs(60 * 60);

/// What all connections of a listener share.
#[derive(Debug)]
pub struct House {
    door: Arc<Door>,
    tls: Option<Arc<Tls>>,
    limits: Limits,
    connections: Arc<Connections>,
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
        let stream = Stream::new(bytes, pulse.clone(), head.clone());
        let visitor = Visitor {
            address: peer,
            pulse: pulse.clone(),
            head,
        };
        let service = service_fn(async |request| {
            let mut response = self.door.answer(request, &visitor).await;
            if self.is_closing() {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(CONNECTION, close);
            }
            Ok::<_, Infallible>(response)
        });
        let mut connection = http1::Builder::new()
            // The pulse sees to that.
            .header_read_timeout(None)
            .max_header_size(self.limits.head)
            .max_buf_size(self.limits.head.max(SMALLEST_BUFFER))
            // A peer may say that it has sent all and still wait for its answer.
            .half_close(true)
            .serve_connection(TokioIo::new(stream), service);
        let sleep = pin!(tokio::time::sleep(self.limits.head_time));
        let mut clock = Clock {
            sleep,
            due: self.limits.head_time,
            is_set: false,
        };
        let end = std::future::poll_fn(|cx| {
            if let Poll::Ready(result) = Pin::new(&mut connection).poll(cx) {
                return Poll::Ready(End::Served(result));
            }
            clock
                .poll_overdue(&pulse, &self.limits, cx)
                .map(|()| End::Overdue)
        })
        .await;
        let words = self.part(end, pulse.phase());
        pulse.enter(Phase::Ending);
        let stream = connection.into_parts().io.into_inner();
        stream.farewell(&words, self.is_closing()).await;
    }

    /// The connection's bytes, after the handshake where there is to be one; `None` where it fails.
    async fn secure(&self, stream: TcpStream) -> Option<Bytes> {
        let Some(tls) = &self.tls else {
            return Some(Bytes::Plain(stream));
        };
        let refusal = match tokio::time::timeout(self.limits.head_time, tls.accept(stream)).await {
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

/// Tells when a connection takes too long with what it is doing. It is moved only when it would be late, not with every
/// request.
struct Clock<'a> {
    sleep: Pin<&'a mut Sleep>,
    /// The connection's age at which it goes off.
    due: Duration,
    /// Whether the sleep knows whom to wake.
    is_set: bool,
}

impl Clock<'_> {
    fn poll_overdue(&mut self, pulse: &Pulse, limits: &Limits, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Some(due) = pulse.due(limits)
                && due < self.due
            {
                self.set(due, pulse);
            }
            if self.is_set && !self.sleep.is_elapsed() {
                return Poll::Pending;
            }
            self.is_set = true;
            std::task::ready!(self.sleep.as_mut().poll(cx));
            let (due, age) = (pulse.due(limits), pulse.age());
            if due.is_some_and(|due| due <= age) {
                return Poll::Ready(());
            }
            self.set(due.unwrap_or(age + FAR), pulse);
        }
    }

    fn set(&mut self, due: Duration, pulse: &Pulse) {
        self.due = due;
        self.is_set = false;
        let left = due.saturating_sub(pulse.age());
        self.sleep.as_mut().reset((Instant::now() + left).into());
    }
}
