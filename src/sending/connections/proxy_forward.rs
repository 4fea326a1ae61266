//! Headers for a proxy that reads plain HTTP requests and forwards them.

use crate::config::ProxyServer;
use crate::wire::Redacted;

/// The headers of a request that are for the proxy and not for the service.
#[derive(Debug)]
pub struct ProxyForward {
    authorization: Option<Redacted>,
}

impl ProxyForward {
    /// Creates the headers for this proxy.
    pub fn new(proxy: &ProxyServer) -> Self {
        ProxyForward {
            authorization: proxy.authorization.clone(),
        }
    }

    /// Returns the header lines, which follow the first line of a request.
    pub fn header_lines(&self) -> String {
        self.authorization
            .as_ref()
            .map_or_else(String::new, |secret| {
                format!("Proxy-Authorization: {}\r\n", secret.expose())
            })
    }

    /// Appends the beginning of a request to `output`, with the headers for the proxy after its first line.
    pub fn add_headers(&self, beginning: &[u8], output: &mut Vec<u8>) {
        const END: &[u8] = b"\r\n";
        let first_line = beginning
            .windows(END.len())
            .position(|window| window == END)
            .map_or(beginning.len(), |position| position + END.len());
        output.extend_from_slice(&beginning[..first_line]);
        output.extend_from_slice(self.header_lines().as_bytes());
        output.extend_from_slice(&beginning[first_line..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorization_follows_the_first_line() {
        let proxy = ProxyServer::parse("http://a:b@proxy:3128").unwrap();
        let forward = ProxyForward::new(&proxy);
        let mut request = Vec::new();
        forward.add_headers(b"POST /x HTTP/1.1\r\nHost: h:81\r\n\r\n", &mut request);
        assert_eq!(
            String::from_utf8(request).unwrap(),
            "POST /x HTTP/1.1\r\nProxy-Authorization: Basic YTpi\r\nHost: h:81\r\n\r\n"
        );
        assert!(!format!("{forward:?}").contains("YTpi"));
    }
}
