//! Writes the head of a request on the fast path.

use std::fmt;
use std::io::Write;

use ureq::http::Uri;

use crate::sending::connections::proxy_forward::ProxyForward;
use crate::sending::http::request_target::RequestTarget;
use crate::sending::user_agent::USER_AGENT;
use crate::wire::{HttpRequest, Method, Redacted};

/// The parts that the heads of all requests below one URL share.
///
/// The head is byte by byte the one that ureq writes, because a service or a firewall may depend on it.
#[derive(Debug)]
pub struct RequestHead {
    target: RequestTarget,
    /// The end of the first line from the version on, and the headers for the proxy.
    first_line_end: SecretBytes,
    /// The headers of every request.
    headers: Vec<u8>,
}

/// Bytes with the proxy's password. Debug output is redacted.
struct SecretBytes(Vec<u8>);

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Redacted::MARK)
    }
}

impl RequestHead {
    /// Creates the head of requests below `url`, with the headers for a proxy that forwards them.
    pub fn new(url: &Uri, forward: Option<&ProxyForward>) -> Self {
        const VERSION: &str = " HTTP/1.1\r\n";
        let for_proxy = forward.map_or_else(String::new, ProxyForward::header_lines);
        let host = url.authority().map_or("", |authority| authority.as_str());
        RequestHead {
            target: RequestTarget::new(url, forward.is_some()),
            first_line_end: SecretBytes(format!("{VERSION}{for_proxy}").into_bytes()),
            headers: format!("user-agent: {USER_AGENT}\r\nhost: {host}\r\n").into_bytes(),
        }
    }

    /// Returns the writer of request targets.
    pub fn target(&self) -> &RequestTarget {
        &self.target
    }

    /// Appends the head of a request to `output`.
    pub fn write(&self, request: &HttpRequest, output: &mut Vec<u8>) {
        output.extend_from_slice(match request.method {
            Method::Get => b"GET ",
            Method::Post => b"POST ",
            Method::Put => b"PUT ",
        });
        self.target.write(request, output);
        output.extend_from_slice(&self.first_line_end.0);
        if request.method == Method::Get {
            output.extend_from_slice(&self.headers);
        } else {
            // Writing to a vector never fails.
            let _ = write!(output, "content-length: {}\r\n", request.body.0.len());
            output.extend_from_slice(&self.headers);
            output.extend_from_slice(b"content-type: application/json\r\n");
        }
        output.extend_from_slice(b"\r\n");
    }
}
