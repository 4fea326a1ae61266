//! Handles one request: access, route, body and response.
//!
//! The order of the checks reveals nothing. Checks that are equal for all requests come first. Only an allowed address
//! is asked for credentials. Only a peer with credentials learns whether a path exists. Only then the body is read.

use std::net::IpAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{
    ACCEPT_ENCODING, ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE,
    HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};

use crate::allocation_check;
use crate::config::{Limits, ListenSettings, Networks};
use crate::error::Error;
use crate::receiving::listener::commit_waiters::CommitWaiters;
use crate::receiving::listener::connection::connection_state::{ConnectionState, Phase};
use crate::receiving::listener::request::basic_auth::Credentials;
use crate::receiving::listener::request::forwarded;
use crate::receiving::listener::request::framing::Framing;
use crate::receiving::listener::request::host_header;
use crate::receiving::listener::request::rejection::{Rejection, RejectionCounters};
use crate::receiving::listener::request::routes::Routes;
use crate::receiving::listener::wake_list::WakeList;
use crate::statistics;
use crate::status::Status;
use crate::wire::body::content_coding;
use crate::wire::triggers::webhook_path::normalize;

/// Value of the header Retry-After, in seconds.
const RETRY_AFTER_SECONDS: &str = "1";

/// Handles the requests of a listener.
#[derive(Debug)]
pub struct RequestHandler {
    pub routes: Routes,
    pub rejections: RejectionCounters,
    pub wake_list: WakeList,
    pub commit_waiters: Arc<CommitWaiters>,
    pub trusted_proxies: Networks,
    allow: Networks,
    credentials: Option<Credentials>,
    health: Option<String>,
    metrics: Option<String>,
    limits: Limits,
}

/// The connection of a request.
#[derive(Debug)]
pub struct ConnectionContext {
    pub address: IpAddr,
    pub connection: Arc<ConnectionState>,
    pub framing: Arc<Framing>,
}

impl RequestHandler {
    /// Creates a handler without clients.
    pub fn new(settings: &ListenSettings) -> Self {
        RequestHandler {
            routes: Routes::default(),
            rejections: RejectionCounters::default(),
            wake_list: WakeList::default(),
            commit_waiters: Arc::default(),
            trusted_proxies: settings.trusted_proxies.clone(),
            allow: settings.allow.clone(),
            credentials: settings.basic.clone().map(Credentials::new),
            health: settings.health.clone(),
            metrics: settings.metrics.clone(),
            limits: settings.limits.clone(),
        }
    }

    /// Handles a request and returns the response.
    pub async fn handle(
        &self,
        request: &mut Request<Incoming>,
        context: &ConnectionContext,
    ) -> Response<Full<Bytes>> {
        context.connection.enter(Phase::Body);
        let response = match self.try_handle(request, context).await {
            Ok(response) => response,
            Err(rejection) => {
                self.rejections.record(rejection);
                let is_body_read = context.connection.phase() == Phase::Storing;
                let mut response = rejection_response(rejection, is_body_read);
                if rejection == Rejection::WrongMethod {
                    let methods = self.methods_of(request.uri().path());
                    let headers = response.headers_mut();
                    headers.insert(ALLOW, HeaderValue::from_static(methods));
                }
                response
            }
        };
        context.connection.enter(Phase::Idle);
        response
    }

    async fn try_handle(
        &self,
        request: &mut Request<Incoming>,
        context: &ConnectionContext,
    ) -> std::result::Result<Response<Full<Bytes>>, Rejection> {
        if context.connection.is_over_limit() {
            return Err(Rejection::OverLimit);
        }
        let headers = request.headers();
        if context.framing.next_head_is_ambiguous()
            || !host_header::is_valid(request.version(), headers)
        {
            return Err(Rejection::Malformed);
        }
        if !self.allow.is_empty() {
            let origin = forwarded::origin(context.address, headers, &self.trusted_proxies);
            if !origin.is_some_and(|origin| self.allow.contains(origin)) {
                return Err(Rejection::NotAllowed);
            }
        }
        // The paths of the settings are normalized already.
        let path = normalize(request.uri().path());
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        if is_read && self.health.as_deref() == Some(&path) {
            return Ok(empty_response(if self.routes.has_any_open() {
                StatusCode::OK
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            }));
        }
        if let Some(credentials) = &self.credentials
            && !credentials.matches(headers)
        {
            return Err(Rejection::BadCredentials);
        }
        if is_read && self.metrics.as_deref() == Some(&path) {
            return Ok(self.metrics_response());
        }
        if self.is_read_only(&path) {
            return Err(Rejection::WrongMethod);
        }
        let Some(receiver) = self.routes.find(&path) else {
            // The application may be about to attach the client.
            let has_no_client = self.routes.is_empty();
            return Err(if has_no_client {
                Rejection::Unavailable
            } else {
                Rejection::WrongPath
            });
        };
        if !matches!(*request.method(), Method::POST | Method::PUT) {
            return Err(Rejection::WrongMethod);
        }
        let body = self.read_body(request.body_mut()).await?;
        let content_type = request.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        context.connection.enter(Phase::Storing);
        let content_encoding = content_encoding(request.headers())?;
        let body = receiver
            .decompress(body, content_encoding.as_deref(), self.limits.body)
            .map_err(|error| {
                receiver.log_unreadable(&error);
                rejection_for(&error)
            })?;
        let mut awaited = None;
        let result = receiver.ingest(body, content_type, || {
            let (complete, result) = self.commit_waiters.register();
            awaited = Some(result);
            complete
        });
        if matches!(result, None | Some(Ok(()))) {
            self.wake_list.push(&receiver);
        }
        if let Some(Err(error)) = &result
            && matches!(error.status(), Status::NotJson | Status::NoClientId)
        {
            receiver.log_unreadable(error);
        }
        // The application may free the client while the commit is pending.
        drop(receiver);
        let result = match (result, awaited) {
            (Some(result), _) => result,
            (None, Some(awaited)) => awaited.await.map_err(|_| Rejection::Unavailable)?,
            // `ingest` returns `None` only after it called the closure, or for a duplicate that waits through it.
            (None, None) => return Err(Rejection::Unavailable),
        };
        match result {
            Ok(()) => {
                self.rejections.record_received();
                Ok(empty_response(StatusCode::OK))
            }
            Err(error) => Err(rejection_for(&error)),
        }
    }

    /// Returns the statistics of all clients and of the listener.
    fn metrics_response(&self) -> Response<Full<Bytes>> {
        let clients = self.routes.snapshots();
        let clients: Vec<_> = clients
            .iter()
            .map(|(number, snapshot)| (Some(*number), snapshot))
            .collect();
        let text =
            statistics::render_prometheus(&clients, Some(&self.rejections.counters().values()));
        let mut response = Response::new(Full::from(text));
        let content_type = HeaderValue::from_static(statistics::CONTENT_TYPE);
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        response
    }

    /// Returns whether a normalized path has a response to read, and accepts no triggers.
    fn is_read_only(&self, path: &str) -> bool {
        [&self.health, &self.metrics]
            .iter()
            .any(|own| own.as_deref() == Some(path))
    }

    /// Returns the methods of a path, for the header Allow.
    fn methods_of(&self, path: &str) -> &'static str {
        match self.is_read_only(&normalize(path)) {
            true => "GET, HEAD",
            false => "POST, PUT",
        }
    }

    /// Reads the body. The phase timer limits the time.
    async fn read_body(&self, body: &mut Incoming) -> std::result::Result<Arc<[u8]>, Rejection> {
        if body.size_hint().lower() > self.limits.body as u64 {
            return Err(Rejection::TooLarge);
        }
        let mut body_bytes = Vec::new();
        while !body.is_end_stream() {
            let Some(frame) = body.frame().await else {
                break;
            };
            let frame = frame.map_err(|_| Rejection::Incomplete)?;
            // Trailers are not part of the trigger.
            let Ok(chunk) = frame.into_data() else {
                continue;
            };
            if body_bytes.is_empty() && body.is_end_stream() && chunk.len() <= self.limits.body {
                allocation_check::check(chunk.len(), Status::Full)
                    .map_err(|_| Rejection::Unavailable)?;
                return Ok(chunk[..].into());
            }
            if body_bytes.len() + chunk.len() > self.limits.body {
                return Err(Rejection::TooLarge);
            }
            body_bytes
                .try_reserve(chunk.len())
                .map_err(|_| Rejection::Unavailable)?;
            body_bytes.extend_from_slice(&chunk);
        }
        allocation_check::check(body_bytes.len(), Status::Full)
            .map_err(|_| Rejection::Unavailable)?;
        Ok(body_bytes.into())
    }
}

/// Returns the content codings of the body; `None` without the header.
fn content_encoding(headers: &HeaderMap) -> std::result::Result<Option<String>, Rejection> {
    let mut values = headers.get_all(CONTENT_ENCODING).iter();
    let text = |value: &HeaderValue| {
        let text = str::from_utf8(value.as_bytes()).map(str::to_owned);
        text.map_err(|_| Rejection::UnsupportedCoding)
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

/// Returns the rejection for an error of `ingest`.
fn rejection_for(error: &Error) -> Rejection {
    match error.status() {
        Status::NotJson | Status::NoClientId => Rejection::InvalidTrigger,
        Status::Unsupported => Rejection::UnsupportedCoding,
        Status::TriggerTooLarge => Rejection::TooLarge,
        _ => Rejection::Unavailable,
    }
}

/// Returns the response of a rejection. If the body was not read, the connection closes.
fn rejection_response(rejection: Rejection, is_body_read: bool) -> Response<Full<Bytes>> {
    let mut response = empty_response(rejection.status());
    let headers = response.headers_mut();
    match rejection {
        Rejection::BadCredentials => {
            headers.insert(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic charset=\"UTF-8\""),
            );
        }
        Rejection::UnsupportedCoding => {
            headers.insert(
                ACCEPT_ENCODING,
                HeaderValue::from_static(content_coding::SUPPORTED),
            );
        }
        Rejection::Unavailable | Rejection::OverLimit => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        _ => {}
    }
    if !is_body_read {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Returns a response without a body, which reveals nothing.
fn empty_response(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

/// Returns the bytes of a response to a request that could not be parsed.
pub fn raw_rejection_response(rejection: Rejection) -> Vec<u8> {
    let status = rejection.status();
    let retry_after = match rejection {
        Rejection::OverLimit => format!("{RETRY_AFTER}: {RETRY_AFTER_SECONDS}\r\n"),
        _ => String::new(),
    };
    format!("HTTP/1.1 {status}\r\n{CONNECTION}: close\r\n{retry_after}{CONTENT_LENGTH}: 0\r\n\r\n")
        .into_bytes()
}
