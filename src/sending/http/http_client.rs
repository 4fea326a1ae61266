//! Sends a request over an idle or a new connection, and reads the response.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use ureq::config::Config;
use ureq::http::header::{CONTENT_TYPE, HeaderValue};
use ureq::http::uri::{PathAndQuery, Scheme};
use ureq::http::{Request, Response, Uri};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use ureq::{Agent, Error as HttpError};

use crate::config::{ProxyServer, Settings};
use crate::error::Result;
use crate::sending::connections::connection::Connection;
use crate::sending::connections::idle_pool::IdlePool;
use crate::sending::connections::proxy_forward::ProxyForward;
use crate::sending::connections::resolver::CachingResolver;
use crate::sending::connections::tls::TlsConnector;
use crate::sending::deadlines;
use crate::sending::deadlines::{Progress, Stage, TimeBudget, Timeouts};
use crate::sending::http::connector::ServiceConnector;
use crate::sending::http::destination::Destination;
use crate::sending::http::fast_path;
use crate::sending::http::request_context;
use crate::sending::http::request_head::RequestHead;
use crate::sending::http::response::http_response::HttpResponse;
use crate::sending::http::response::response_reader;
use crate::sending::http::transport_error::TransportError;
use crate::sending::http::ureq_transport;
use crate::sending::user_agent::USER_AGENT;
use crate::statistics::{Counters, Statistic};
use crate::wire::{Body, HttpRequest, Method};

/// Sends requests below one URL over persistent connections. Any number of threads may send at the same time.
#[derive(Debug)]
pub struct HttpClient {
    agent: Agent,
    idle_pool: Arc<IdlePool>,
    request_head: RequestHead,
    resolver: Arc<CachingResolver>,
    url: Uri,
    proxy: Option<ProxyServer>,
    timeouts: Timeouts,
    max_bytes: u64,
    counters: Arc<Counters>,
}

impl HttpClient {
    /// Creates a client with these settings. Opens no connection.
    ///
    /// # Errors
    /// [`Status::File`](crate::status::Status::File): a file for TLS can't be used.
    pub fn new(settings: &Settings, counters: Arc<Counters>) -> Result<Self> {
        let config = Config::builder()
            .http_status_as_error(false)
            // A redirect would repeat the request, and as a GET.
            .max_redirects(0)
            // ureq would read the environment, and hides the status of a proxy.
            .proxy(None)
            // `IdlePool` holds them.
            .max_idle_connections(0)
            // Responses are read alike, whatever their type.
            .accept("")
            .user_agent(USER_AGENT)
            .build();
        // The option `base_url` accepts only valid URLs.
        let url: Uri = settings.base_url.parse().unwrap_or_default();
        let proxy = settings.proxy.clone();
        let peer = proxy.as_ref().map_or(&url, |proxy| &proxy.url);
        let resolver = Arc::new(CachingResolver::new(
            peer,
            settings.address_family,
            settings.only_this_machine,
        ));
        let forward = proxy
            .as_ref()
            .filter(|_| url.scheme() == Some(&Scheme::HTTP))
            .map(|proxy| Arc::new(ProxyForward::new(proxy)));
        let request_head = RequestHead::new(&url, forward.as_deref());
        let idle_pool = Arc::new(IdlePool::default());
        let connector = ServiceConnector {
            tls: TlsConnector::new(&settings.tls)?,
            proxy: proxy.clone(),
            forward,
            idle_pool: idle_pool.clone(),
            counters: counters.clone(),
        };
        Ok(HttpClient {
            agent: Agent::with_parts(config, connector, SharedResolver(resolver.clone())),
            idle_pool,
            request_head,
            resolver,
            url,
            proxy,
            timeouts: Timeouts {
                total: TimeBudget {
                    remaining: settings.timeout,
                    total: settings.timeout,
                },
                connect: settings.connect_timeout,
                tls: settings.tls_timeout,
                send: settings.send_timeout,
                response: settings.answer_timeout,
            },
            max_bytes: settings.answer_max_bytes,
            counters,
        })
    }

    /// Sends a request exactly once, and blocks until the response or the end of `timeout` (default: the option `timeout`).
    /// Returns the response, and the last stage.
    pub fn send(
        &self,
        request: &HttpRequest,
        timeout: Option<TimeBudget>,
    ) -> std::result::Result<(HttpResponse, Progress), TransportError> {
        self.run(timeout, || self.exchange(request))
    }

    /// Checks out an idle connection, or opens one, and adds it to the pool. Blocks until the end of `timeout`. Sends no
    /// request.
    pub fn connect(&self, timeout: TimeBudget) -> std::result::Result<(), TransportError> {
        let connected = self.run(Some(timeout), || {
            let connection = match self.idle_pool.checkout() {
                Some(connection) => connection,
                None => self.open_connection()?,
            };
            self.idle_pool.checkin(connection);
            Ok(())
        });
        connected.map(|_| ())
    }

    /// Runs an exchange on this thread with its deadlines. Returns its result, and the last stage.
    fn run<T>(
        &self,
        timeout: Option<TimeBudget>,
        exchange: impl FnOnce() -> std::result::Result<T, HttpError>,
    ) -> std::result::Result<(T, Progress), TransportError> {
        let timeouts = Timeouts {
            total: timeout.unwrap_or(self.timeouts.total),
            ..self.timeouts
        };
        let begun = Instant::now();
        let (result, progress) = deadlines::run(timeouts, exchange);
        if progress.stage >= Stage::Written {
            self.counters.count_sent(begun.elapsed());
        }
        match result {
            Ok(result) => Ok((result, progress)),
            Err(error) => {
                if progress.stage == Stage::Connecting {
                    self.resolver.clear_cache();
                }
                Err(TransportError { error, progress })
            }
        }
    }

    /// Sends a request over an idle connection or by ureq, and reads the response.
    fn exchange(&self, request: &HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
        let idle = if fast_path::is_usable(request) {
            self.idle_pool.checkout()
        } else {
            None
        };
        let connection = match idle {
            Some(mut connection) => {
                self.counters.count(Statistic::ConnectionsReused);
                fast_path::send(&mut connection, &self.request_head, request)?;
                connection
            }
            None => self.send_by_ureq(request)?,
        };
        let (response, connection) = response_reader::read(connection, self.max_bytes)?;
        if let Some(connection) = connection {
            self.idle_pool.checkin(connection);
        }
        Ok(response)
    }

    fn send_by_ureq(&self, request: &HttpRequest) -> std::result::Result<Connection, HttpError> {
        let mut target = Vec::new();
        self.request_head.target().write(request, &mut target);
        match request_context::with_target(Some(Body(target)), || self.run_agent(request)) {
            Err(error) => ureq_transport::connection_of_error(error),
            // Unreachable: our transport gives ureq no response.
            Ok(_) => Err(io::Error::from(io::ErrorKind::InvalidData).into()),
        }
    }

    /// Opens a connection. ureq resolves the name and calls the connector, as for a request.
    fn open_connection(&self) -> std::result::Result<Connection, HttpError> {
        let mut parts = self.url.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
        let url = Uri::from_parts(parts).map_err(ureq::http::Error::from)?;
        match request_context::with_target(None, || self.agent.get(url).call()) {
            Err(error) => ureq_transport::connection_of_error(error),
            // Unreachable: the connector ends a request without target.
            Ok(_) => Err(io::Error::from(io::ErrorKind::InvalidData).into()),
        }
    }

    fn run_agent(
        &self,
        request: &HttpRequest,
    ) -> std::result::Result<Response<ureq::Body>, HttpError> {
        let url = self.url_without_query(request)?;
        let builder = match request.method {
            Method::Get => return self.agent.get(url).call(),
            Method::Post => Request::post(url),
            Method::Put => Request::put(url),
        };
        let request = builder
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(&request.body.0[..])?;
        self.agent.run(request)
    }

    /// Returns the URL without its query. ureq logs URLs, and the query may contain the token.
    fn url_without_query(&self, request: &HttpRequest) -> std::result::Result<Uri, HttpError> {
        let mut parts = self.url.clone().into_parts();
        let path = self.request_head.target().path(request).parse();
        parts.path_and_query = Some(path.map_err(ureq::http::Error::from)?);
        Ok(Uri::from_parts(parts).map_err(ureq::http::Error::from)?)
    }

    /// Returns the host to which requests go, for messages.
    pub fn destination(&self) -> Destination<'_> {
        Destination {
            authority: self
                .url
                .authority()
                .map_or("", |authority| authority.as_str()),
            host: self.url.host().unwrap_or_default(),
            proxy: self.proxy.as_ref(),
            is_forwarded: self.proxy.is_some() && self.url.scheme_str() == Some("http"),
        }
    }

    /// Closes every connection, so that waiting requests fail now. Opens no new connection.
    pub fn shut_down(&self) {
        self.resolver.shut_down();
        self.idle_pool.close();
        self.agent.clone().shutdown();
    }
}

/// Shares the resolver with the agent, so that its cache can be cleared.
#[derive(Debug)]
struct SharedResolver(Arc<CachingResolver>);

impl Resolver for SharedResolver {
    fn resolve(
        &self,
        url: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> std::result::Result<ResolvedSocketAddrs, HttpError> {
        self.0.resolve(url, config, timeout)
    }
}
