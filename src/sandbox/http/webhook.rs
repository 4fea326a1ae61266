//! Posts triggers to an application's webhook: each once, within a bound, on kept-alive connections.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use percent_encoding::percent_decode_str;
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use serde::Serialize;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// Triggers on their way at once. Each may hold a connection, and a process has often no more than 1024 descriptors.
const AT_ONCE: usize = 256;
/// What is read of a webhook's answer, so that its connection can be used again; its body says nothing to the service.
const ANSWER_BYTES: usize = 64 * 1024;

/// Where an application wants its triggers.
#[derive(Clone)]
pub(crate) struct Webhook {
    text: String,
    uri: Uri,
    authorization: Option<HeaderValue>,
}

/// What is posted.
#[derive(Clone)]
pub(crate) struct Payload {
    pub bytes: Bytes,
    pub content_type: Option<HeaderValue>,
}

impl Payload {
    pub fn json(object: &impl Serialize) -> Payload {
        // Only strings and structs of strings come here, which serde_json always writes.
        Payload::json_bytes(serde_json::to_vec(object).unwrap_or_default())
    }

    pub fn json_bytes(bytes: impl Into<Bytes>) -> Payload {
        Payload {
            bytes: bytes.into(),
            content_type: Some(HeaderValue::from_static("application/json")),
        }
    }
}

impl Webhook {
    /// Reads an absolute http or https URL. User and password in it are sent as Basic credentials.
    pub fn parse(text: &str) -> Result<Webhook, String> {
        let wrong = || "url is no absolute http or https URL".to_owned();
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(wrong());
        }
        let authority = uri.authority().ok_or_else(wrong)?;
        if authority.host().is_empty() {
            return Err(wrong());
        }
        let authorization = match authority.as_str().rsplit_once('@') {
            None => None,
            Some((user_info, _)) => Some(basic(user_info).ok_or_else(wrong)?),
        };
        Ok(Webhook {
            text: text.to_owned(),
            uri,
            authorization,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn basic(user_info: &str) -> Option<HeaderValue> {
    let decoded: Vec<u8> = percent_decode_str(user_info).collect();
    let mut value =
        HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(decoded))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

type Body = Full<Bytes>;

pub(crate) struct Poster {
    plain: Client<HttpConnector, Body>,
    /// Made at the first https webhook: reading the system's certificates takes its time.
    secure: OnceLock<Result<Client<HttpsConnector<HttpConnector>, Body>, String>>,
    timeout: Duration,
    slots: Semaphore,
}

impl Poster {
    pub fn new(timeout: Duration) -> Poster {
        Poster {
            plain: client(connector()),
            secure: OnceLock::new(),
            timeout,
            slots: Semaphore::new(AT_ONCE),
        }
    }

    /// The HTTP status of the webhook's answer, or what came in its way.
    pub async fn post(&self, webhook: &Webhook, payload: Payload) -> Result<u16, String> {
        let _slot = self.slots.acquire().await;
        let deadline = Instant::now() + self.timeout;
        let Ok(sent) = timeout_at(deadline, self.send(webhook, payload)).await else {
            return Err(format!("no answer within {} ms", self.timeout.as_millis()));
        };
        let answer = sent?;
        let status = answer.status().as_u16();
        // The status is the result, whatever becomes of the body.
        let _ = timeout_at(deadline, discard(answer.into_body())).await;
        Ok(status)
    }

    async fn send(
        &self,
        webhook: &Webhook,
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
        sent.map_err(|error| reason(&error))
    }
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.enforce_http(false);
    connector
}

fn client<C: Connect + Clone>(connector: C) -> Client<C, Body> {
    // The client sends a request again only when the connection closed before it took a byte of it.
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build(connector)
}

fn secure_client() -> Result<Client<HttpsConnector<HttpConnector>, Body>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_platform_verifier())
        .map_err(|error| format!("TLS can't be set up: {error}"))?
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
        if read > ANSWER_BYTES {
            return;
        }
    }
}

/// Says what happened without the URL, whose path may be a secret.
fn reason(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
        if let Some(http) = cause.downcast_ref::<hyper::Error>() {
            if http.is_incomplete_message() {
                return "the connection was closed without an answer".to_owned();
            }
            if http.is_parse() {
                return "the answer is no HTTP".to_owned();
            }
        }
    }
    match cause.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "the connection was refused".to_owned(),
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
            "the connection was closed without an answer".to_owned()
        }
        _ if error.is_connect() => format!("no connection: {cause}"),
        _ => cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_absolute_http_and_https_urls_only() {
        for url in [
            "http://127.0.0.1:8080/hook?x=1",
            "https://example.com",
            "http://[::1]:80/",
        ] {
            assert_eq!(
                Webhook::parse(url).ok().map(|webhook| webhook.text),
                Some(url.to_owned())
            );
        }
        for url in [
            "",
            "/hook",
            "example.com/hook",
            "ftp://example.com/",
            "http://",
            "http:///hook",
            "http://a b/",
            "http://@/",
        ] {
            assert!(Webhook::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn user_and_password_become_basic_credentials() {
        let webhook = Webhook::parse("http://ana:s%40l@127.0.0.1:1/")
            .ok()
            .unwrap();
        assert_eq!(
            webhook.authorization.unwrap(),
            format!("Basic {}", BASE64_STANDARD.encode("ana:s@l"))
        );
        assert_eq!(webhook.uri.host(), Some("127.0.0.1"));
    }
}
