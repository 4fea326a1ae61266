//! A response as received.

use ureq::Error as HttpError;

use crate::sending::http::response::response_head::ResponseHead;
use crate::wire::Body;
use crate::wire::body::charset::Charset;

/// A response; its body is not decoded.
#[derive(Debug)]
pub struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// The value of the header Retry-After.
    pub retry_after: Option<String>,
    /// The charset that the header Content-Type names.
    pub charset: Option<Charset>,
    /// The content codings of the body, as Content-Encoding lists them.
    pub codings: Option<String>,
    /// The body, or the reason why it is incomplete.
    pub body: Result<Body, HttpError>,
}

impl HttpResponse {
    /// Combines a head and a body.
    pub fn new(head: ResponseHead, body: Result<Vec<u8>, HttpError>) -> Self {
        HttpResponse {
            status: head.status,
            retry_after: head.retry_after,
            charset: head.charset,
            codings: head.codings,
            body: body.map(Body),
        }
    }
}
