//! The target of a request: what stands in its first line between the method and the version.

use ureq::http::Uri;

use crate::wire::HttpRequest;

/// The targets of all requests below one URL. Whichever way a request goes, its target is written here.
#[derive(Debug)]
pub struct RequestTarget {
    /// Scheme, host and port, which a proxy that reads the requests needs; else nothing.
    origin: String,
    /// The URL's path.
    path: String,
    /// The URL's query, if it has one.
    query: Option<String>,
}

impl RequestTarget {
    /// For requests below `url`; `is_forwarded` where a proxy reads them.
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

    /// The path of this call, without a query.
    pub fn path(&self, call: &HttpRequest) -> String {
        let (base, path) = self.path_parts(call);
        format!("{base}{path}")
    }

    /// Writes the target of this call: the path of the URL, that of the call, and then what either has of a query. It may
    /// hold the token.
    pub fn write(&self, call: &HttpRequest, into: &mut Vec<u8>) {
        let (base, path) = self.path_parts(call);
        into.extend_from_slice(self.origin.as_bytes());
        into.extend_from_slice(base.as_bytes());
        into.extend_from_slice(path.as_bytes());
        let of_the_call = call.query.as_ref().map(|query| query.expose());
        let queries = [self.query.as_deref(), of_the_call];
        for (query, separator) in queries.into_iter().flatten().zip([b'?', b'&']) {
            into.push(separator);
            into.extend_from_slice(query.as_bytes());
        }
    }

    /// The URL's path as it stands before that of the call, and that of the call, which begins with a slash or is empty.
    fn path_parts<'a>(&'a self, call: &'a HttpRequest) -> (&'a str, &'a str) {
        if call.path.is_empty() {
            (&self.path, "")
        } else {
            (self.path.trim_end_matches('/'), &call.path)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Body, Method};

    #[test]
    fn the_path_stands_before_the_query() {
        for (url, path, query, target) in [
            ("http://h:1?key=1", "", None, "/?key=1"),
            ("http://h", "", None, "/"),
            ("http://h/x/", "", None, "/x/"),
            ("http://h/x/", "/y", None, "/x/y"),
            ("http://h", "/y", Some("token=t"), "/y?token=t"),
            ("http://h/x?q=1", "/core/y", None, "/x/core/y?q=1"),
            ("http://h/x?q=1", "/y", Some("token=t"), "/x/y?q=1&token=t"),
        ] {
            let call = HttpRequest {
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
                RequestTarget::new(&url, is_forwarded).write(&call, &mut written);
                assert_eq!(
                    String::from_utf8(written).unwrap(),
                    format!("{origin}{target}")
                );
            }
        }
    }
}
