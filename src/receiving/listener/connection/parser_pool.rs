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
const MOST_KEPT: usize = 256;
/// How long a connection keeps its parser for the next request.
pub const PARSER_IDLE_TIMEOUT: Duration = Duration::from_secs(1);
/// The smallest buffer that the parser can work with.
const SMALLEST_BUFFER: usize = 8192;

/// The size of the smallest header, with its colon and the end of its line.
const SMALLEST_HEADER: usize = 4;
/// The most headers that the parser's map can hold.
const MOST_HEADERS: usize = 24_000;

/// Makes parsers, and counts those that are kept.
#[derive(Debug)]
pub struct ParserPool {
    http: http1::Builder,
    /// For heads of many lines: it takes ten times as long.
    http_of_many_lines: http1::Builder,
    /// Written on the listener's thread alone; the atomic only lets it be shared.
    kept: AtomicUsize,
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
            .max_buf_size(limits.head.max(SMALLEST_BUFFER))
            // An answer is one piece.
            .writev(false)
            // A peer may say that it has sent all and still wait for its answer.
            .half_close(true);
        let mut http_of_many_lines = http.clone();
        // As many as have room in such a head.
        http_of_many_lines.max_headers((limits.head / SMALLEST_HEADER).clamp(1, MOST_HEADERS));
        ParserPool {
            http,
            http_of_many_lines,
            kept: AtomicUsize::new(0),
        }
    }

    /// One for what comes over `stream`, with what answers it.
    pub fn of<S>(
        &self,
        stream: Stream,
        service: S,
        many_lines: bool,
    ) -> http1::Connection<TokioIo<Stream>, S>
    where
        S: HttpService<
                Incoming,
                ResBody: Body + 'static,
                Error: Into<Box<dyn std::error::Error + Send + Sync>>,
            >,
        <S::ResBody as Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let http = if many_lines {
            &self.http_of_many_lines
        } else {
            &self.http
        };
        http.serve_connection(TokioIo::new(stream), service)
    }

    /// Lets a connection keep its parser, if not too many do.
    pub fn keep(&self) -> Option<ParserPermit<'_>> {
        if self.kept.load(Ordering::Relaxed) >= MOST_KEPT {
            return None;
        }
        self.kept.fetch_add(1, Ordering::Relaxed);
        Some(ParserPermit(&self.kept))
    }
}

impl Drop for ParserPermit<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
