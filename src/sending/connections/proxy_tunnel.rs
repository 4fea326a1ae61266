//! Opens a tunnel through an HTTP proxy (CONNECT), so that the proxy can't read the request.

use std::fmt;
use std::io::{self, Read, Write};

use ureq::http::Uri;

use crate::config::ProxyServer;
use crate::sending::user_agent::USER_AGENT;

/// The largest head of a proxy's response, in bytes.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// The largest number of responses to one CONNECT, with interim ones.
const MAX_RESPONSES: usize = 32;

/// The HTTP status with which a proxy rejected a tunnel.
#[derive(Clone, Copy, Debug)]
pub struct TunnelRejected(pub u16);

impl fmt::Display for TunnelRejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.0)
    }
}

impl std::error::Error for TunnelRejected {}

/// The error of opening a tunnel.
#[derive(Debug)]
pub enum TunnelError {
    /// The proxy rejected it.
    Rejected(TunnelRejected),
    /// The connection to the proxy failed.
    Io(io::Error),
}

impl From<io::Error> for TunnelError {
    fn from(error: io::Error) -> Self {
        TunnelError::Io(error)
    }
}

/// Requests a tunnel to the host of `url` from the proxy at the other end of `stream`. After that, `stream` is connected
/// to the host.
pub fn open(
    stream: &mut (impl Read + Write),
    proxy: &ProxyServer,
    url: &Uri,
) -> Result<(), TunnelError> {
    let host = url.host().unwrap_or_default();
    let port = url.port_u16().unwrap_or(443);
    let mut request = format!(
        "CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: {USER_AGENT}\r\n"
    );
    if let Some(authorization) = &proxy.authorization {
        request.push_str("Proxy-Authorization: ");
        request.push_str(authorization.expose());
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes())?;
    match read_final_status(stream)? {
        200..300 => Ok(()),
        status => Err(TunnelError::Rejected(TunnelRejected(status))),
    }
}

/// Returns the status of the final response (RFC 9110, 15.2). 101 is final, because HTTP ends after it.
fn read_final_status(stream: &mut impl Read) -> io::Result<u16> {
    for _ in 0..MAX_RESPONSES {
        match read_status(stream)? {
            100 | 102..200 => {}
            status => return Ok(status),
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// Reads exactly the head of a response, and returns its status. Reads byte by byte; compared with connecting, that costs
/// little.
fn read_status(stream: &mut impl Read) -> io::Result<u16> {
    let mut head = Vec::with_capacity(256);
    while !head.ends_with(b"\r\n\r\n") && !head.ends_with(b"\n\n") {
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => head.push(byte[0]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if !head.starts_with(&b"HTTP/1."[..head.len().min(7)]) || head.len() > MAX_HEAD_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    head.get(9..12)
        .filter(|_| head[8] == b' ')
        .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok())
        .ok_or(io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_after_the_head_are_not_read() {
        let mut bytes = &b"HTTP/1.0 200 Connection established\r\nVia: x\r\n\r\nabc"[..];
        assert_eq!(read_status(&mut bytes).unwrap(), 200);
        assert_eq!(bytes, b"abc");
        let mut bytes = &b"HTTP/1.1 407 \n\n"[..];
        assert_eq!(read_status(&mut bytes).unwrap(), 407);
    }

    #[test]
    fn interim_responses_are_skipped() {
        let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
        for (last, status) in [
            ("200 OK", 200),
            ("407 No", 407),
            ("101 Switching Protocols", 101),
        ] {
            let bytes = format!("{interim}HTTP/1.1 {last}\r\n\r\nabc");
            let mut bytes = bytes.as_bytes();
            assert_eq!(read_final_status(&mut bytes).unwrap(), status);
            assert_eq!(bytes, b"abc");
        }
        let endless = interim.repeat(MAX_RESPONSES);
        let error = read_final_status(&mut endless.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn other_bytes_are_rejected() {
        for (bytes, kind) in [
            ("", io::ErrorKind::UnexpectedEof),
            ("HTTP/1.1 200 OK\r\n", io::ErrorKind::UnexpectedEof),
            ("SSH-2.0-OpenSSH\r\n\r\n", io::ErrorKind::InvalidData),
            ("HTTP/1.1 2\r\n\r\n", io::ErrorKind::InvalidData),
            ("HTTP/1.1_200\r\n\r\n", io::ErrorKind::InvalidData),
        ] {
            assert_eq!(
                read_status(&mut bytes.as_bytes()).unwrap_err().kind(),
                kind,
                "{bytes}"
            );
        }
        let endless = format!("HTTP/1.1 200 {}", "x".repeat(MAX_HEAD_BYTES));
        let error = read_status(&mut endless.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
