//! Sends triggers to webhooks and bots. It sends each payload once.

use crate::sandbox::http::payload::Payload;
use crate::sandbox::http::webhook_url::WebhookUrl;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{Method, Request, Response};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// The number of concurrent requests. Each may hold a connection, and a process often has at most 1024 descriptors.
const MAX_CONCURRENT_POSTS: usize = 256;
/// The part of a response body that is read, so that the connection can be reused. The body is ignored.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

type RequestBody = Full<Bytes>;

/// An HTTP client with a connection pool, a timeout, and a limit on concurrent requests.
pub(crate) struct WebhookClient {
    plain: Client<HttpConnector, RequestBody>,
    /// Created for the first https webhook, because loading the system's certificates is slow.
    secure: OnceLock<Result<Client<HttpsConnector<HttpConnector>, RequestBody>, String>>,
    timeout: Duration,
    slots: Semaphore,
}

impl WebhookClient {
    pub fn new(timeout: Duration) -> WebhookClient {
        WebhookClient {
            plain: client(connector()),
            secure: OnceLock::new(),
            timeout,
            slots: Semaphore::new(MAX_CONCURRENT_POSTS),
        }
    }

    /// Returns the HTTP status of the webhook's response, or the reason of the failure.
    pub async fn post(&self, webhook: &WebhookUrl, payload: Payload) -> Result<u16, String> {
        let _slot = self.slots.acquire().await;
        let deadline = Instant::now() + self.timeout;
        let Ok(sent) = timeout_at(deadline, self.send(webhook, payload)).await else {
            return Err(format!(
                "no response within {} ms",
                self.timeout.as_millis()
            ));
        };
        let response = sent?;
        let status = response.status().as_u16();
        // The result is the status. Reading the body only allows reuse of the connection.
        let _ = timeout_at(deadline, discard(response.into_body())).await;
        Ok(status)
    }

    async fn send(
        &self,
        webhook: &WebhookUrl,
        payload: Payload,
    ) -> Result<Response<Incoming>, String> {
        let mut request = Request::new(Full::new(payload.bytes));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = webhook.uri.clone();
        let headers = request.headers_mut();
        if let Some(content_type) = payload.content_type {
            headers.insert(CONTENT_TYPE, content_type);
        }
        if let Some(authorization) = &webhook.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let sent = match webhook.uri.scheme_str() {
            Some("https") => {
                self.secure
                    .get_or_init(secure_client)
                    .as_ref()?
                    .request(request)
                    .await
            }
            _ => self.plain.request(request).await,
        };
        sent.map_err(|error| error_text(&error))
    }
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.enforce_http(false);
    connector
}

fn client<C: Connect + Clone>(connector: C) -> Client<C, RequestBody> {
    // hyper retries a request only if the pooled connection closed before it sent a byte of the request.
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build(connector)
}

fn secure_client() -> Result<Client<HttpsConnector<HttpConnector>, RequestBody>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_platform_verifier())
        .map_err(|error| format!("TLS setup failed: {error}"))?
        .with_no_client_auth();
    Ok(client(
        HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector()),
    ))
}

async fn discard(mut body: Incoming) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > MAX_RESPONSE_BYTES {
            return;
        }
    }
}

/// Returns the error without the URL, because its path may be a secret.
fn error_text(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
        if let Some(http) = cause.downcast_ref::<hyper::Error>() {
            if http.is_incomplete_message() {
                return "the connection was closed without a response".to_owned();
            }
            if http.is_parse() {
                return "the response is not valid HTTP".to_owned();
            }
        }
    }
    match cause.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "the connection was refused".to_owned(),
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
            "the connection was closed without a response".to_owned()
        }
        _ if error.is_connect() => format!("connecting failed: {cause}"),
        _ => cause.to_string(),
    }
}
