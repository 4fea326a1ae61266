//! Parsers of requests. Each has buffers of 16 KB, so a connection has one only while a request is in progress. Some
//! connections keep theirs for the next request, because a new one costs a fifth of a request's instructions.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::HttpService;
use hyper_util::rt::TokioIo;

use crate::config::Limits;
use crate::receiving::listener::connection::stream::Stream;

/// Number of idle connections that may keep a parser.
const MAX_IDLE_PARSERS: usize = 256;
/// How long an idle connection keeps its parser.
pub const PARSER_IDLE_TIMEOUT: Duration = Duration::from_secs(1);
/// The smallest buffer that hyper supports.
const MIN_BUFFER: usize = 8192;

/// The size of the smallest header, with its colon and the end of its line.
const MIN_HEADER: usize = 4;
/// The largest number of headers that hyper's map can hold.
const MAX_HEADERS: usize = 24_000;

/// Creates parsers, and counts those of idle connections.
#[derive(Debug)]
pub struct ParserPool {
    http: http1::Builder,
    /// For heads with many headers. It takes ten times as long.
    http_with_many_headers: http1::Builder,
    /// Only the listener's thread uses it; the atomic makes it `Sync`.
    idle_permits: AtomicUsize,
}

/// The right of an idle connection to keep its parser.
#[derive(Debug)]
pub struct ParserPermit<'a>(&'a AtomicUsize);

impl ParserPool {
    /// Creates the pool with these limits.
    pub fn new(limits: &Limits) -> Self {
        let mut http = http1::Builder::new();
        http
            // `PhaseTimer` limits this time.
            .header_read_timeout(None)
            .max_header_size(limits.head)
            .max_buf_size(limits.head.max(MIN_BUFFER))
            // A response is one buffer.
            .writev(false)
            // A peer may close its write side and still wait for the response.
            .half_close(true);
        let mut http_with_many_headers = http.clone();
        // The largest number of headers that such a head can contain.
        http_with_many_headers.max_headers((limits.head / MIN_HEADER).clamp(1, MAX_HEADERS));
        ParserPool {
            http,
            http_with_many_headers,
            idle_permits: AtomicUsize::new(0),
        }
    }

    /// Creates a parser of `stream`, whose requests go to `service`.
    pub fn make_parser<S>(
        &self,
        stream: Stream,
        service: S,
        many_headers: bool,
    ) -> http1::Connection<TokioIo<Stream>, S>
    where
        S: HttpService<
                Incoming,
                ResBody: Body + 'static,
                Error: Into<Box<dyn std::error::Error + Send + Sync>>,
            >,
        <S::ResBody as Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let http = if many_headers {
            &self.http_with_many_headers
        } else {
            &self.http
        };
        http.serve_connection(TokioIo::new(stream), service)
    }

    /// Returns the right to keep the parser, unless too many connections have it.
    pub fn acquire_idle_permit(&self) -> Option<ParserPermit<'_>> {
        if self.idle_permits.load(Ordering::Relaxed) >= MAX_IDLE_PARSERS {
            return None;
        }
        self.idle_permits.fetch_add(1, Ordering::Relaxed);
        Some(ParserPermit(&self.idle_permits))
    }
}

impl Drop for ParserPermit<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
