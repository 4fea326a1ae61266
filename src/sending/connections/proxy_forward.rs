//! Requests over plain HTTP through a proxy, which reads them and passes them on.

use crate::config::ProxyServer;
use crate::wire::Redacted;

/// What a request says to the proxy and not to the service, beside the whole URL in its first line.
#[derive(Debug)]
pub struct Forward {
    authorization: Option<Redacted>,
}

impl Forward {
    /// For requests through this proxy.
    pub fn new(proxy: &ProxyServer) -> Self {
        Forward {
            authorization: proxy.authorization.clone(),
        }
    }

    /// The lines that follow the first one.
    pub fn lines(&self) -> String {
        self.authorization
            .as_ref()
            .map_or_else(String::new, |secret| {
                format!("Proxy-Authorization: {}\r\n", secret.expose())
            })
    }

    /// Writes the beginning of a request, which holds its first line, with what is for the proxy.
    pub fn rewrite(&self, beginning: &[u8], into: &mut Vec<u8>) {
        const END: &[u8] = b"\r\n";
        let first_line = beginning
            .windows(END.len())
            .position(|window| window == END)
            .map_or(beginning.len(), |position| position + END.len());
        into.extend_from_slice(&beginning[..first_line]);
        into.extend_from_slice(self.lines().as_bytes());
        into.extend_from_slice(&beginning[first_line..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_who_asks() {
        let proxy = ProxyServer::parse("http://a:b@proxy:3128").unwrap();
        let forward = Forward::new(&proxy);
        let mut request = Vec::new();
        forward.rewrite(b"POST /x HTTP/1.1\r\nHost: h:81\r\n\r\n", &mut request);
        assert_eq!(
            String::from_utf8(request).unwrap(),
            "POST /x HTTP/1.1\r\nProxy-Authorization: Basic YTpi\r\nHost: h:81\r\n\r\n"
        );
        assert!(!format!("{forward:?}").contains("YTpi"));
    }
}
