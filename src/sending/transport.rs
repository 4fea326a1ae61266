//! One POST, and the answer to it.

use std::sync::Arc;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use ureq::{Agent, Error};

use super::attempt::{self, Stage};
use super::connector::ServiceConnector;
use super::resolver::RememberingResolver;
use crate::config::Settings;

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
    /// The body, or why it could not be read to its end.
    pub body: Result<Vec<u8>, Error>,
}

/// What stopped a request, and where.
#[derive(Debug)]
pub struct Stopped {
    /// What happened.
    pub error: Error,
    /// How far the request had come.
    pub stage: Stage,
}

/// Posts JSON to one URL over kept-alive connections. Any number of threads may post at once.
#[derive(Debug)]
pub struct Transport {
    agent: Agent,
    resolver: Arc<RememberingResolver>,
    url: Uri,
    timeout: Duration,
    connect_timeout: Duration,
    max_bytes: u64,
}

impl Transport {
    /// A transport by these settings. Nothing is connected yet.
    pub fn new(settings: &Settings) -> Self {
        let config = Config::builder()
            .http_status_as_error(false)
            // Following one would repeat the request, and as a GET.
            .max_redirects(0)
            .proxy(None)
            .max_idle_connections(IDLE_CONNECTIONS)
            .max_idle_connections_per_host(IDLE_CONNECTIONS)
            .max_idle_age(IDLE_AGE)
            .user_agent(concat!("omnize/", env!("CARGO_PKG_VERSION")))
            .build();
        let resolver = Arc::new(RememberingResolver::default());
        let shared = SharedResolver(resolver.clone());
        // The URL was parsed when the option was set; it can't be bad any more.
        let url = settings.base_url.parse().unwrap_or_default();
        Transport {
            agent: Agent::with_parts(config, ServiceConnector::default(), shared),
            resolver,
            url,
            timeout: settings.timeout,
            connect_timeout: settings.connect_timeout,
            max_bytes: settings.answer_max_bytes,
        }
    }

    /// Posts `json` once, never twice, and blocks until the answer is there or the time is over.
    pub fn post(&self, json: &[u8]) -> Result<Answer, Stopped> {
        let (answer, stage) = attempt::run(self.timeout, self.connect_timeout, || {
            let mut response = self
                .agent
                .post(&self.url)
                .content_type("application/json")
                .send(json)?;
            let body = response
                .body_mut()
                .with_config()
                .limit(self.max_bytes)
                .read_to_vec();
            Ok(Answer {
                status: response.status().as_u16(),
                body,
            })
        });
        answer.map_err(|error| {
            if stage == Stage::Connecting {
                self.resolver.forget(&self.url);
            }
            Stopped { error, stage }
        })
    }

    /// The host that requests go to, for messages.
    pub fn host(&self) -> &str {
        self.url
            .authority()
            .map_or("", |authority| authority.as_str())
    }

    /// Breaks every connection off, so that requests that wait for answers end now, and makes no new ones.
    pub fn shut_down(&self) {
        self.resolver.shut_down();
        self.agent.clone().shutdown();
    }
}

/// The agent owns its resolver, and we want to make it forget.
#[derive(Debug)]
struct SharedResolver(Arc<RememberingResolver>);

impl Resolver for SharedResolver {
    fn resolve(
        &self,
        url: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        self.0.resolve(url, config, timeout)
    }
}
