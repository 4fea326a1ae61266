//! Requests over plain HTTP through a proxy, which reads them and passes them on.

use ureq::http::Uri;

use crate::config::ProxyServer;
use crate::wire::Redacted;

/// What a request says to the proxy and not to the service.
#[derive(Debug)]
pub struct Forward {
    /// What stands before the path, such as `http://chat.example.com`.
    origin: String,
    authorization: Option<Redacted>,
}

impl Forward {
    /// For requests to the host of `url`.
    pub fn new(url: &Uri, proxy: &ProxyServer) -> Self {
        let host = url.authority().map_or("", |authority| authority.as_str());
        Forward {
            origin: format!("http://{host}"),
            authorization: proxy.authorization.clone(),
        }
    }

    /// What stands before the path, and the lines that follow the first one.
    pub fn parts(&self) -> (&str, String) {
        let authorization = self
            .authorization
            .as_ref()
            .map_or_else(String::new, |secret| {
                format!("Proxy-Authorization: {}\r\n", secret.expose())
            });
        (&self.origin, authorization)
    }

    /// Writes the beginning of a request, which holds its first line, in the form for the proxy.
    pub fn rewrite(&self, beginning: &[u8], into: &mut Vec<u8>) {
        let method = position(beginning, b" ");
        let line = position(beginning, b"\r\n");
        let (origin, authorization) = self.parts();
        into.extend_from_slice(&beginning[..method]);
        into.extend_from_slice(origin.as_bytes());
        into.extend_from_slice(&beginning[method..line]);
        into.extend_from_slice(authorization.as_bytes());
        into.extend_from_slice(&beginning[line..]);
    }
}

/// Where `bytes` go on after the first `end`.
fn position(bytes: &[u8], end: &[u8]) -> usize {
    bytes
        .windows(end.len())
        .position(|window| window == end)
        .map_or(bytes.len(), |position| position + end.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_service_and_who_asks() {
        let proxy = ProxyServer::parse("http://a:b@proxy:3128").unwrap();
        let forward = Forward::new(&"http://h:81/x?y".parse().unwrap(), &proxy);
        let mut request = Vec::new();
        forward.rewrite(b"POST /x?y HTTP/1.1\r\nHost: h:81\r\n\r\n", &mut request);
        assert_eq!(
            String::from_utf8(request).unwrap(),
            "POST http://h:81/x?y HTTP/1.1\r\nProxy-Authorization: Basic YTpi\r\nHost: h:81\r\n\r\n"
        );
        assert!(!format!("{forward:?}").contains("YTpi"));
    }
}
