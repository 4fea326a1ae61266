//! One POST, and the answer to it.

use std::sync::Arc;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::http::header::RETRY_AFTER;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use ureq::{Agent, Error as HttpError};

use super::attempt::{self, Limits, Stage};
use super::connector::ServiceConnector;
use super::forward::Forward;
use super::resolver::RememberingResolver;
use super::stopped::{Stopped, Target};
use super::tls::Securer;
use crate::config::{ProxyServer, Settings};
use crate::error::Result;

/// How many idle connections are kept.
const IDLE_CONNECTIONS: usize = 64;
/// How long an idle connection is kept: less than what servers commonly allow (Apache 5 s, Node 5 s, nginx 75 s), so that
/// it is we who let it go.
const IDLE_AGE: Duration = Duration::from_secs(4);

/// An answer, as it came.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// What the header Retry-After says.
    pub retry_after: Option<String>,
    /// The body, or why it could not be read to its end.
    pub body: std::result::Result<Vec<u8>, HttpError>,
    /// The option that the time for the answer came from.
    pub time_option: &'static str,
}

/// Posts JSON to one URL over kept-alive connections. Any number of threads may post at once.
#[derive(Debug)]
pub struct Transport {
    agent: Agent,
    resolver: Arc<RememberingResolver>,
    url: Uri,
    proxy: Option<ProxyServer>,
    limits: Limits,
    max_bytes: u64,
}

impl Transport {
    /// A transport by these settings. Nothing is connected yet.
    ///
    /// # Errors
    /// [`Status::File`](crate::status::Status::File) where a file for TLS can't be used.
    pub fn new(settings: &Settings) -> Result<Self> {
        let config = Config::builder()
            .http_status_as_error(false)
            // Following one would repeat the request, and as a GET.
            .max_redirects(0)
            // The HTTP client would ask the environment, and does not tell what a proxy refused.
            .proxy(None)
            .max_idle_connections(IDLE_CONNECTIONS)
            .max_idle_connections_per_host(IDLE_CONNECTIONS)
            .max_idle_age(IDLE_AGE)
            .user_agent(concat!("omnize/", env!("CARGO_PKG_VERSION")))
            .build();
        // The URL was parsed when the option was set; it can't be bad any more.
        let url: Uri = settings.base_url.parse().unwrap_or_default();
        let proxy = settings.proxy.clone();
        let resolver = Arc::new(RememberingResolver::new(settings.address_family));
        let shared = SharedResolver {
            resolver: resolver.clone(),
            proxy: proxy.as_ref().map(|proxy| proxy.url.clone()),
        };
        let connector = ServiceConnector::new(
            Securer::new(&settings.tls)?,
            proxy
                .clone()
                .map(|proxy| (proxy.clone(), Forward::new(&url, &proxy))),
        );
        Ok(Transport {
            agent: Agent::with_parts(config, connector, shared),
            resolver,
            url,
            proxy,
            limits: Limits {
                total: settings.timeout,
                connect: settings.connect_timeout,
                tls: settings.tls_timeout,
                send: settings.send_timeout,
                answer: settings.answer_timeout,
            },
            max_bytes: settings.answer_max_bytes,
        })
    }

    /// Posts `json` once, never twice, and blocks until the answer is there or the time is over: `timeout`, or else the
    /// option of that name.
    pub fn post(
        &self,
        json: &[u8],
        timeout: Option<Duration>,
    ) -> std::result::Result<Answer, Stopped> {
        let limits = Limits {
            total: timeout.unwrap_or(self.limits.total),
            ..self.limits
        };
        let (answer, reached) = attempt::run(limits, || {
            let mut response = self
                .agent
                .post(&self.url)
                .content_type("application/json")
                .send(json)?;
            let retry_after = response
                .headers()
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned);
            let body = response
                .body_mut()
                .with_config()
                .limit(self.max_bytes)
                .read_to_vec();
            Ok((response.status().as_u16(), retry_after, body))
        });
        match answer {
            Ok((status, retry_after, body)) => Ok(Answer {
                status,
                retry_after,
                body,
                time_option: reached.option,
            }),
            Err(error) => {
                if reached.stage == Stage::Connecting {
                    let peer = self.proxy.as_ref().map_or(&self.url, |proxy| &proxy.url);
                    self.resolver.forget(peer);
                }
                Err(Stopped { error, reached })
            }
        }
    }

    /// Where requests go, for messages.
    pub fn target(&self) -> Target<'_> {
        Target {
            host: self
                .url
                .authority()
                .map_or("", |authority| authority.as_str()),
            proxy: self.proxy.as_ref().map(ProxyServer::name),
            is_forwarded: self.proxy.is_some() && self.url.scheme_str() == Some("http"),
        }
    }

    /// Breaks every connection off, so that requests that wait for answers end now, and makes no new ones.
    pub fn shut_down(&self) {
        self.resolver.shut_down();
        self.agent.clone().shutdown();
    }
}

/// The agent owns its resolver, and we want to make it forget. Where there is a proxy, it is the proxy that is connected to,
/// whatever host the agent asks for.
#[derive(Debug)]
struct SharedResolver {
    resolver: Arc<RememberingResolver>,
    proxy: Option<Uri>,
}

impl Resolver for SharedResolver {
    fn resolve(
        &self,
        url: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> std::result::Result<ResolvedSocketAddrs, HttpError> {
        let peer = self.proxy.as_ref().unwrap_or(url);
        self.resolver.resolve(peer, config, timeout)
    }
}
