//! The way to the service: directly, or through one proxy. It has its own connections.

use std::io;
use std::sync::Arc;

use ureq::config::Config;
use ureq::http::header::{CONTENT_TYPE, HeaderValue};
use ureq::http::uri::{PathAndQuery, Scheme};
use ureq::http::{Request, Response, Uri};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use ureq::{Agent, Error as HttpError};

use crate::config::{AddressFamily, ProxyServer, Settings};
use crate::detached_calls::DetachedCalls;
use crate::error::Result;
use crate::sending::connections::connection::Connection;
use crate::sending::connections::idle_pool::IdlePool;
use crate::sending::connections::proxy_forward::ProxyForward;
use crate::sending::connections::resolver::CachingResolver;
use crate::sending::connections::system_proxy::SelectedProxy;
use crate::sending::connections::tls::TlsConnector;
use crate::sending::http::connector::ServiceConnector;
use crate::sending::http::destination::Destination;
use crate::sending::http::request_context;
use crate::sending::http::request_head::RequestHead;
use crate::sending::http::ureq_transport;
use crate::sending::user_agent::USER_AGENT;
use crate::statistics::Counters;
use crate::wire::{Body, HttpRequest, Method};

/// The parts that all routes of a client share.
#[derive(Debug)]
pub struct RouteSettings {
    /// The URL of the service.
    pub url: Uri,
    family: AddressFamily,
    only_this_machine: bool,
    tls: Arc<TlsConnector>,
    counters: Arc<Counters>,
    /// The calls of the operating system in progress.
    pub calls: Arc<DetachedCalls>,
}

/// A way to the service.
#[derive(Debug)]
pub struct Route {
    agent: Agent,
    /// Its idle connections.
    pub idle_pool: Arc<IdlePool>,
    /// The head of its requests.
    pub request_head: RequestHead,
    resolver: Arc<CachingResolver>,
    url: Uri,
    selected: SelectedProxy,
}

impl RouteSettings {
    /// Reads the files that the settings name.
    ///
    /// # Errors
    /// [`Status::File`](crate::status::Status::File): a file for TLS can't be used.
    pub fn new(settings: &Settings, counters: Arc<Counters>) -> Result<Self> {
        let calls = Arc::<DetachedCalls>::default();
        Ok(RouteSettings {
            // The option `base_url` accepts only valid URLs.
            url: settings.base_url.parse().unwrap_or_default(),
            family: settings.address_family,
            only_this_machine: settings.only_this_machine,
            tls: Arc::new(TlsConnector::new(&settings.tls, calls.clone())?),
            counters,
            calls,
        })
    }
}

impl Route {
    /// Creates a route. Opens no connection.
    pub fn new(parts: &RouteSettings, selected: SelectedProxy) -> Self {
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
        let url = parts.url.clone();
        let proxy = selected.proxy.as_ref();
        let resolver = Arc::new(CachingResolver::new(
            proxy.map_or(&url, |proxy| &proxy.url),
            parts.family,
            parts.only_this_machine,
            parts.calls.clone(),
        ));
        let forward = proxy
            .filter(|_| url.scheme() == Some(&Scheme::HTTP))
            .map(|proxy| Arc::new(ProxyForward::new(proxy)));
        let request_head = RequestHead::new(&url, forward.as_deref());
        let idle_pool = Arc::new(IdlePool::default());
        let connector = ServiceConnector {
            tls: parts.tls.clone(),
            proxy: proxy.cloned(),
            forward,
            idle_pool: idle_pool.clone(),
            counters: parts.counters.clone(),
        };
        Route {
            agent: Agent::with_parts(config, connector, SharedResolver(resolver.clone())),
            idle_pool,
            request_head,
            resolver,
            url,
            selected,
        }
    }

    /// Returns the selected proxy, or the reason for a connection without one.
    pub fn selected(&self) -> &SelectedProxy {
        &self.selected
    }

    /// Returns the proxy, if there is one.
    pub fn proxy(&self) -> Option<&ProxyServer> {
        self.selected.proxy.as_ref()
    }

    /// Sends a request by ureq, over an idle or a new connection. Returns the connection, for the response.
    pub fn send_by_ureq(
        &self,
        request: &HttpRequest,
    ) -> std::result::Result<Connection, HttpError> {
        let mut target = Vec::new();
        self.request_head.target().write(request, &mut target);
        match request_context::with_target(Some(Body(target)), || self.run_agent(request)) {
            Err(error) => ureq_transport::connection_of_error(error),
            // Unreachable: our transport gives ureq no response.
            Ok(_) => Err(io::Error::from(io::ErrorKind::InvalidData).into()),
        }
    }

    /// Opens a connection. ureq resolves the name and calls the connector, as for a request.
    pub fn open_connection(&self) -> std::result::Result<Connection, HttpError> {
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

    /// Clears the cache of addresses, because connecting to them failed.
    pub fn clear_cache(&self) {
        self.resolver.clear_cache();
    }

    /// Returns the host to which requests go, for messages.
    pub fn destination(&self) -> Destination<'_> {
        Destination {
            proxy: self.proxy(),
            is_forwarded: self.proxy().is_some() && self.url.scheme_str() == Some("http"),
            remark: self.selected.remark.as_deref(),
            ..Destination::without_proxy(&self.url)
        }
    }

    /// Closes every connection, so that waiting requests fail now. Opens no new connection.
    pub fn shut_down(&self) {
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
