//! One request over HTTP, and the answer to it.

use std::io;
use std::sync::Arc;

use ureq::config::Config;
use ureq::http::header::{CONTENT_TYPE, HeaderValue};
use ureq::http::uri::Scheme;
use ureq::http::{Request, Response, Uri};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use ureq::{Agent, Error as HttpError};

use crate::config::{ProxyServer, Settings};
use crate::error::Result;
use crate::sending::connections::connection::Connection;
use crate::sending::connections::connector::ServiceConnector;
use crate::sending::connections::idle_pool::IdlePool;
use crate::sending::connections::proxy_forward::Forward;
use crate::sending::connections::resolver::RememberingResolver;
use crate::sending::connections::tls::TlsConnector;
use crate::sending::failure::{Target, TransportError};
use crate::sending::http::deadlines;
use crate::sending::http::deadlines::{Limits, Progress, Stage, TimeBudget};
use crate::sending::http::fast_path;
use crate::sending::http::request_context;
use crate::sending::http::request_head::RequestHead;
use crate::sending::http::response;
use crate::sending::http::response::HttpResponse;
use crate::sending::http::ureq_transport;
use crate::wire::{Body, HttpRequest, Method};

/// How we call ourselves.
pub(crate) const USER_AGENT: &str = concat!("omnize/", env!("CARGO_PKG_VERSION"));

/// Makes requests below one URL over kept-alive connections. Any number of threads may make them at once.
#[derive(Debug)]
pub struct HttpClient {
    agent: Agent,
    parked: Arc<IdlePool>,
    head: RequestHead,
    resolver: Arc<RememberingResolver>,
    url: Uri,
    proxy: Option<ProxyServer>,
    limits: Limits,
    max_bytes: u64,
}

impl HttpClient {
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
            // They are parked elsewhere.
            .max_idle_connections(0)
            // Whatever the service answers with, it is read alike.
            .accept("")
            .user_agent(USER_AGENT)
            .build();
        // The URL was parsed when the option was set; it can't be bad any more.
        let url: Uri = settings.base_url.parse().unwrap_or_default();
        let proxy = settings.proxy.clone();
        let peer = proxy.as_ref().map_or(&url, |proxy| &proxy.url);
        let resolver = Arc::new(RememberingResolver::new(
            peer,
            settings.address_family,
            settings.only_this_machine,
        ));
        let forward = proxy
            .as_ref()
            .filter(|_| url.scheme() == Some(&Scheme::HTTP))
            .map(|proxy| Arc::new(Forward::new(proxy)));
        let head = RequestHead::new(&url, forward.as_deref());
        let parked = Arc::new(IdlePool::default());
        let connector = ServiceConnector {
            securer: TlsConnector::new(&settings.tls)?,
            proxy: proxy.clone(),
            forward,
            parked: parked.clone(),
        };
        Ok(HttpClient {
            agent: Agent::with_parts(config, connector, SharedResolver(resolver.clone())),
            parked,
            head,
            resolver,
            url,
            proxy,
            limits: Limits {
                total: TimeBudget {
                    left: settings.timeout,
                    whole: settings.timeout,
                },
                connect: settings.connect_timeout,
                tls: settings.tls_timeout,
                send: settings.send_timeout,
                answer: settings.answer_timeout,
            },
            max_bytes: settings.answer_max_bytes,
        })
    }

    /// Makes a request once, never twice, and blocks until the answer is there or the time is over: `timeout`, or else the
    /// option of that name. Gives the answer and how far the request came.
    pub fn make(
        &self,
        call: &HttpRequest,
        timeout: Option<TimeBudget>,
    ) -> std::result::Result<(HttpResponse, Progress), TransportError> {
        let limits = Limits {
            total: timeout.unwrap_or(self.limits.total),
            ..self.limits
        };
        let (answer, reached) = deadlines::run(limits, || self.answer(call));
        match answer {
            Ok(answer) => Ok((answer, reached)),
            Err(error) => {
                if reached.stage == Stage::Connecting {
                    self.resolver.forget();
                }
                Err(TransportError { error, reached })
            }
        }
    }

    /// Sends a request over an idle connection, or else through the HTTP client, and reads the answer.
    fn answer(&self, call: &HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
        let idle = if fast_path::is_for(call) {
            self.parked.take()
        } else {
            None
        };
        let connection = match idle {
            Some(mut connection) => {
                fast_path::send(&mut connection, &self.head, call)?;
                connection
            }
            None => self.send_by_the_http_client(call)?,
        };
        let (answer, connection) = response::read(connection, self.max_bytes)?;
        if let Some(connection) = connection {
            self.parked.put(connection);
        }
        Ok(answer)
    }

    fn send_by_the_http_client(
        &self,
        call: &HttpRequest,
    ) -> std::result::Result<Connection, HttpError> {
        let mut target = Vec::new();
        self.head.target().write(call, &mut target);
        match request_context::with(Some(Body(target)), || self.run(call)) {
            Err(error) => ureq_transport::connection_after_sending(error),
            // Its connection gives it no answer to read.
            Ok(_) => Err(io::Error::from(io::ErrorKind::InvalidData).into()),
        }
    }

    fn run(&self, call: &HttpRequest) -> std::result::Result<Response<ureq::Body>, HttpError> {
        let url = self.url_of(call)?;
        let request = match call.method {
            Method::Get => return self.agent.get(url).call(),
            Method::Post => Request::post(url),
            Method::Put => Request::put(url),
        };
        let request = request
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(&call.body.0[..])?;
        self.agent.run(request)
    }

    /// The URL without any query, for the HTTP client, which logs it.
    fn url_of(&self, call: &HttpRequest) -> std::result::Result<Uri, HttpError> {
        let mut parts = self.url.clone().into_parts();
        let path = self.head.target().path(call).parse();
        parts.path_and_query = Some(path.map_err(ureq::http::Error::from)?);
        Ok(Uri::from_parts(parts).map_err(ureq::http::Error::from)?)
    }

    /// Where requests go, for messages.
    pub fn target(&self) -> Target<'_> {
        Target {
            host: self
                .url
                .authority()
                .map_or("", |authority| authority.as_str()),
            name: self.url.host().unwrap_or_default(),
            proxy: self.proxy.as_ref(),
            is_forwarded: self.proxy.is_some() && self.url.scheme_str() == Some("http"),
        }
    }

    /// Breaks every connection off, so that requests that wait for answers end now, and makes no new ones.
    pub fn shut_down(&self) {
        self.resolver.shut_down();
        self.parked.close();
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
    ) -> std::result::Result<ResolvedSocketAddrs, HttpError> {
        self.0.resolve(url, config, timeout)
    }
}
