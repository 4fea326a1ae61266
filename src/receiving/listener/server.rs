//! The state that the accept loop and the connections of a listener share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::Limits;
use crate::receiving::listener::connection::connection_limits::Connections;
use crate::receiving::listener::connection::parser_pool::ParserPool;
use crate::receiving::listener::request::handler::RequestHandler;
use crate::receiving::listener::tls::Tls;
use crate::receiving::rate_limited_log::LogRateLimiter;

/// The state that all connections of a listener share.
#[derive(Debug)]
pub struct Server {
    pub(super) handler: Arc<RequestHandler>,
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) limits: Limits,
    pub(super) connections: Arc<Connections>,
    pub(super) parsers: ParserPool,
    pub(super) closing: AtomicBool,
    pub(super) accept_failures: LogRateLimiter,
}

impl Server {
    /// Creates a server without connections.
    pub fn new(handler: Arc<RequestHandler>, tls: Option<Tls>, limits: &Limits) -> Self {
        Server {
            handler,
            tls: tls.map(Arc::new),
            limits: limits.clone(),
            connections: Arc::new(Connections::new(limits)),
            parsers: ParserPool::new(limits),
            closing: AtomicBool::new(false),
            accept_failures: LogRateLimiter::default(),
        }
    }

    /// Returns whether the listener closes.
    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }
}
