//! The head of a request that goes the short way.

use std::fmt;
use std::io::Write;

use ureq::http::Uri;

use crate::sending::connections::proxy_forward::Forward;
use crate::sending::http::http_client::USER_AGENT;
use crate::sending::http::request_target::RequestTarget;
use crate::wire::{HttpRequest, Method, Redacted};

/// What the heads of all requests below one URL have in common.
///
/// It is written as the HTTP client writes it, letter by letter: a service, or what stands before it, may go by that.
#[derive(Debug)]
pub struct RequestHead {
    target: RequestTarget,
    /// From the version to the end of the first line, and what is for the proxy.
    first: Secret,
    /// The headers for the service that every request has.
    headers: Vec<u8>,
}

/// Bytes that hold the proxy's password, and are not shown.
struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Redacted::MARK)
    }
}

impl RequestHead {
    /// For requests below `url`, through a proxy that reads them where there is one.
    pub fn new(url: &Uri, forward: Option<&Forward>) -> Self {
        const VERSION: &str = " HTTP/1.1\r\n";
        let for_proxy = forward.map_or_else(String::new, Forward::lines);
        let host = url.authority().map_or("", |authority| authority.as_str());
        RequestHead {
            target: RequestTarget::new(url, forward.is_some()),
            first: Secret(format!("{VERSION}{for_proxy}").into_bytes()),
            headers: format!("user-agent: {USER_AGENT}\r\nhost: {host}\r\n").into_bytes(),
        }
    }

    /// The targets of requests.
    pub fn target(&self) -> &RequestTarget {
        &self.target
    }

    /// Writes the head of this call.
    pub fn write(&self, call: &HttpRequest, into: &mut Vec<u8>) {
        into.extend_from_slice(match call.method {
            Method::Get => b"GET ",
            Method::Post => b"POST ",
            Method::Put => b"PUT ",
        });
        self.target.write(call, into);
        into.extend_from_slice(&self.first.0);
        if call.method == Method::Get {
            into.extend_from_slice(&self.headers);
        } else {
            // Writing to memory does not fail.
            let _ = write!(into, "content-length: {}\r\n", call.body.0.len());
            into.extend_from_slice(&self.headers);
            into.extend_from_slice(b"content-type: application/json\r\n");
        }
        into.extend_from_slice(b"\r\n");
    }
}
