//! What a request is answered: who may come in, where to, and whether the trigger was kept.
//!
//! The order of the checks gives no hint: what can be told of any request alike comes first; only who comes from an allowed
//! address is asked for credentials; only who has them learns whether a path exists; and only there a body is read.

use std::net::IpAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{
    ACCEPT_ENCODING, ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE,
    HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};

use crate::config::{Limits, ListenSettings, Networks};
use crate::error::Error;
use crate::memory;
use crate::receiving::listener::commit_waiters::CommitWaiters;
use crate::receiving::listener::connection::connection_state::{ConnectionState, Phase};
use crate::receiving::listener::request::basic_auth::Credentials;
use crate::receiving::listener::request::forwarded;
use crate::receiving::listener::request::framing::Framing;
use crate::receiving::listener::request::host_header;
use crate::receiving::listener::request::rejection::{Rejection, RejectionCounters};
use crate::receiving::listener::request::routes::Routes;
use crate::receiving::listener::wake_list::WakeList;
use crate::status::Status;
use crate::wire::body::content_coding;
use crate::wire::triggers::webhook_path::normalize;

/// What a service that is turned away is told to wait, in seconds.
const RETRY_AFTER_SECONDS: &str = "1";

/// Answers the requests of a listener.
#[derive(Debug)]
pub struct RequestHandler {
    pub paths: Routes,
    pub refusals: RejectionCounters,
    pub bells: WakeList,
    pub kept: Arc<CommitWaiters>,
    pub trusted_proxies: Networks,
    allow: Networks,
    credentials: Option<Credentials>,
    health: Option<String>,
    limits: Limits,
}

/// The connection that a request came over.
#[derive(Debug)]
pub struct ConnectionContext {
    pub address: IpAddr,
    pub pulse: Arc<ConnectionState>,
    pub framing: Arc<Framing>,
}

impl RequestHandler {
    /// With these settings, and no client behind it yet.
    pub fn new(settings: &ListenSettings) -> Self {
        RequestHandler {
            paths: Routes::default(),
            refusals: RejectionCounters::default(),
            bells: WakeList::default(),
            kept: Arc::default(),
            trusted_proxies: settings.trusted_proxies.clone(),
            allow: settings.allow.clone(),
            credentials: settings.basic.clone().map(Credentials::new),
            health: settings.health.clone(),
            limits: settings.limits.clone(),
        }
    }

    /// The answer to a request.
    pub async fn answer(
        &self,
        request: &mut Request<Incoming>,
        visitor: &ConnectionContext,
    ) -> Response<Full<Bytes>> {
        visitor.pulse.enter(Phase::Body);
        let response = match self.take(request, visitor).await {
            Ok(response) => response,
            Err(refusal) => {
                self.refusals.note(refusal);
                let body_is_read = visitor.pulse.phase() == Phase::Keeping;
                refuse(refusal, body_is_read)
            }
        };
        visitor.pulse.enter(Phase::Idle);
        response
    }

    async fn take(
        &self,
        request: &mut Request<Incoming>,
        visitor: &ConnectionContext,
    ) -> std::result::Result<Response<Full<Bytes>>, Rejection> {
        if visitor.pulse.is_over_limit() {
            return Err(Rejection::OverLimit);
        }
        let headers = request.headers();
        if visitor.framing.is_ambiguous() || !host_header::is_valid(request.version(), headers) {
            return Err(Rejection::Malformed);
        }
        if !self.allow.is_empty() {
            let origin = forwarded::origin(visitor.address, headers, &self.trusted_proxies);
            if !origin.is_some_and(|origin| self.allow.contains(origin)) {
                return Err(Rejection::NotAllowed);
            }
        }
        // Those of the settings have nothing to be normalized.
        let path = normalize(request.uri().path());
        if self.health.as_deref() == Some(&path)
            && matches!(*request.method(), Method::GET | Method::HEAD)
        {
            return Ok(answer(if self.paths.has_any_open() {
                StatusCode::OK
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            }));
        }
        if let Some(credentials) = &self.credentials
            && !credentials.are_in(headers)
        {
            return Err(Rejection::BadCredentials);
        }
        let Some(receiver) = self.paths.find(&path) else {
            // The application may be about to attach the client that this is for.
            let not_ready = self.paths.is_empty();
            return Err(if not_ready {
                Rejection::NoRoom
            } else {
                Rejection::WrongPath
            });
        };
        if !matches!(*request.method(), Method::POST | Method::PUT) {
            return Err(Rejection::WrongMethod);
        }
        let body = self.body_of(request.body_mut()).await?;
        let content_type = request.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        visitor.pulse.enter(Phase::Keeping);
        let content_encoding = content_encoding(request.headers())?;
        let body = receiver
            .decompress(body, content_encoding.as_deref(), self.limits.body)
            .map_err(|error| refusal_of(&error))?;
        let mut awaited = None;
        let outcome = receiver.take(body, content_type, || {
            let (tell, outcome) = self.kept.awaited();
            awaited = Some(outcome);
            tell
        });
        if matches!(outcome, None | Some(Ok(()))) {
            self.bells.owe(&receiver);
        }
        // Its application may free it while the answer is awaited.
        drop(receiver);
        let outcome = match (outcome, awaited) {
            (Some(outcome), _) => outcome,
            (None, Some(awaited)) => awaited.await.map_err(|_| Rejection::NoRoom)?,
            // What is told later is awaited.
            (None, None) => return Err(Rejection::NoRoom),
        };
        match outcome {
            Ok(()) => {
                self.refusals.note_kept();
                Ok(answer(StatusCode::OK))
            }
            Err(error) => Err(refusal_of(&error)),
        }
    }

    /// The body. The pulse sees to it that it comes in time.
    async fn body_of(&self, body: &mut Incoming) -> std::result::Result<Arc<[u8]>, Rejection> {
        if body.size_hint().lower() > self.limits.body as u64 {
            return Err(Rejection::TooLarge);
        }
        let mut whole = Vec::new();
        while !body.is_end_stream() {
            let Some(frame) = body.frame().await else {
                break;
            };
            let frame = frame.map_err(|_| Rejection::BrokenOff)?;
            // Trailers say nothing of a trigger.
            let Ok(part) = frame.into_data() else {
                continue;
            };
            if whole.is_empty() && body.is_end_stream() && part.len() <= self.limits.body {
                memory::check(part.len(), Status::Full).map_err(|_| Rejection::NoRoom)?;
                return Ok(part[..].into());
            }
            if whole.len() + part.len() > self.limits.body {
                return Err(Rejection::TooLarge);
            }
            whole
                .try_reserve(part.len())
                .map_err(|_| Rejection::NoRoom)?;
            whole.extend_from_slice(&part);
        }
        memory::check(whole.len(), Status::Full).map_err(|_| Rejection::NoRoom)?;
        Ok(whole.into())
    }
}

/// The content codings of the body; `None` where it has none.
fn content_encoding(headers: &HeaderMap) -> std::result::Result<Option<String>, Rejection> {
    let mut values = headers.get_all(CONTENT_ENCODING).iter();
    let text = |value: &HeaderValue| {
        let text = str::from_utf8(value.as_bytes()).map(str::to_owned);
        text.map_err(|_| Rejection::UnknownCoding)
    };
    let Some(first) = values.next() else {
        return Ok(None);
    };
    let mut all = text(first)?;
    for value in values {
        all.push(',');
        all.push_str(&text(value)?);
    }
    Ok(Some(all))
}

/// Why a trigger was not taken.
fn refusal_of(error: &Error) -> Rejection {
    match error.status() {
        Status::NotJson | Status::NoClientId => Rejection::NoTrigger,
        Status::Unsupported => Rejection::UnknownCoding,
        Status::TriggerTooLarge => Rejection::TooLarge,
        _ => Rejection::NoRoom,
    }
}

/// The answer to what is refused. Where its body was not read, nothing more is taken from the connection.
fn refuse(refusal: Rejection, body_is_read: bool) -> Response<Full<Bytes>> {
    let mut response = answer(refusal.status());
    let headers = response.headers_mut();
    match refusal {
        Rejection::BadCredentials => {
            headers.insert(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic charset=\"UTF-8\""),
            );
        }
        Rejection::UnknownCoding => {
            headers.insert(
                ACCEPT_ENCODING,
                HeaderValue::from_static(content_coding::SUPPORTED),
            );
        }
        Rejection::WrongMethod => {
            headers.insert(ALLOW, HeaderValue::from_static("POST, PUT"));
        }
        Rejection::NoRoom | Rejection::OverLimit => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        _ => {}
    }
    if !body_is_read {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// An answer without a body: a stranger learns nothing from it.
fn answer(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

/// What a request is told that never became one.
pub fn last_words(refusal: Rejection) -> Vec<u8> {
    let status = refusal.status();
    let retry_after = match refusal {
        Rejection::OverLimit => format!("{RETRY_AFTER}: {RETRY_AFTER_SECONDS}\r\n"),
        _ => String::new(),
    };
    format!("HTTP/1.1 {status}\r\n{CONNECTION}: close\r\n{retry_after}{CONTENT_LENGTH}: 0\r\n\r\n")
        .into_bytes()
}
