//! The target of a request: the part of its first line between method and version.

use ureq::http::Uri;

use crate::wire::HttpRequest;

/// Writes the targets of requests below one URL, for the fast path and for ureq.
#[derive(Debug)]
pub struct RequestTarget {
    /// Scheme, host and port, if a proxy forwards requests; otherwise empty.
    origin: String,
    /// The URL's path.
    path: String,
    /// The URL's query, if there is one.
    query: Option<String>,
}

impl RequestTarget {
    /// Creates the targets of requests below `url`. `is_forwarded`: a proxy forwards them.
    pub fn new(url: &Uri, is_forwarded: bool) -> Self {
        let host = url.authority().map_or("", |authority| authority.as_str());
        RequestTarget {
            origin: if is_forwarded {
                format!("http://{host}")
            } else {
                String::new()
            },
            path: url.path().to_owned(),
            query: url.query().map(str::to_owned),
        }
    }

    /// Returns the path of this request, without a query.
    pub fn path(&self, request: &HttpRequest) -> String {
        let (base, path) = self.path_parts(request);
        format!("{base}{path}")
    }

    /// Appends the target to `output`: the URL's path, the request's path, and the queries of both. It may contain the token.
    pub fn write(&self, request: &HttpRequest, output: &mut Vec<u8>) {
        let (base, path) = self.path_parts(request);
        output.extend_from_slice(self.origin.as_bytes());
        output.extend_from_slice(base.as_bytes());
        output.extend_from_slice(path.as_bytes());
        let request_query = request.query.as_ref().map(|query| query.expose());
        let queries = [self.query.as_deref(), request_query];
        for (query, separator) in queries.into_iter().flatten().zip([b'?', b'&']) {
            output.push(separator);
            output.extend_from_slice(query.as_bytes());
        }
    }

    /// Returns the URL's path, and the request's path, which begins with a slash or is empty.
    fn path_parts<'a>(&'a self, request: &'a HttpRequest) -> (&'a str, &'a str) {
        if request.path.is_empty() {
            (&self.path, "")
        } else {
            (self.path.trim_end_matches('/'), &request.path)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Body, Method};

    #[test]
    fn path_precedes_the_query() {
        for (url, path, query, target) in [
            ("http://h:1?key=1", "", None, "/?key=1"),
            ("http://h", "", None, "/"),
            ("http://h/x/", "", None, "/x/"),
            ("http://h/x/", "/y", None, "/x/y"),
            ("http://h", "/y", Some("token=t"), "/y?token=t"),
            ("http://h/x?q=1", "/core/y", None, "/x/core/y?q=1"),
            ("http://h/x?q=1", "/y", Some("token=t"), "/x/y?q=1&token=t"),
        ] {
            let request = HttpRequest {
                method: Method::Post,
                path: path.into(),
                query: query.map(Into::into),
                body: Body::default(),
            };
            for (is_forwarded, origin) in [(false, ""), (true, "http://h")] {
                let url: Uri = url.parse().unwrap();
                let origin = match url.port_u16() {
                    Some(port) if is_forwarded => format!("{origin}:{port}"),
                    _ => origin.to_owned(),
                };
                let mut written = Vec::new();
                RequestTarget::new(&url, is_forwarded).write(&request, &mut written);
                assert_eq!(
                    String::from_utf8(written).unwrap(),
                    format!("{origin}{target}")
                );
            }
        }
    }
}
