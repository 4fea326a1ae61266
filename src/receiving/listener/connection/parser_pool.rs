//! ParserPool of requests. Each has buffers of 16 KB, so a connection has one only while a request is under way. A few connections
//! keep theirs for the next request, for a new one costs a fifth of a request's instructions.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::HttpService;
use hyper_util::rt::TokioIo;

use crate::config::Limits;
use crate::receiving::listener::connection::stream::Stream;

/// How many connections may keep a parser between two requests.
const MAX_IDLE_PARSERS: usize = 256;
/// How long a connection keeps its parser for the next request.
pub const PARSER_IDLE_TIMEOUT: Duration = Duration::from_secs(1);
/// The smallest buffer that the parser can work with.
const MIN_BUFFER: usize = 8192;

/// The size of the smallest header, with its colon and the end of its line.
const MIN_HEADER: usize = 4;
/// The most headers that the parser's map can hold.
const MAX_HEADERS: usize = 24_000;

/// Makes parsers, and counts those that are kept.
#[derive(Debug)]
pub struct ParserPool {
    http: http1::Builder,
    /// For heads of many lines: it takes ten times as long.
    http_with_many_headers: http1::Builder,
    /// Written on the listener's thread alone; the atomic only lets it be shared.
    idle_permits: AtomicUsize,
}

/// The right of one connection to keep its parser.
#[derive(Debug)]
pub struct ParserPermit<'a>(&'a AtomicUsize);

impl ParserPool {
    /// Such that bear what `limits` say.
    pub fn new(limits: &Limits) -> Self {
        let mut http = http1::Builder::new();
        http
            // The clock sees to that.
            .header_read_timeout(None)
            .max_header_size(limits.head)
            .max_buf_size(limits.head.max(MIN_BUFFER))
            // An answer is one piece.
            .writev(false)
            // A peer may say that it has sent all and still wait for its answer.
            .half_close(true);
        let mut http_with_many_headers = http.clone();
        // As many as have room in such a head.
        http_with_many_headers.max_headers((limits.head / MIN_HEADER).clamp(1, MAX_HEADERS));
        ParserPool {
            http,
            http_with_many_headers,
            idle_permits: AtomicUsize::new(0),
        }
    }

    /// One for what comes over `stream`, with what answers it.
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

    /// Lets a connection keep its parser, if not too many do.
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
