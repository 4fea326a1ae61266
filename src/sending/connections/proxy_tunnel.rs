//! The way through an HTTP proxy to a host beyond it, for what the proxy shall not read.

use std::fmt;
use std::io::{self, Read, Write};

use ureq::http::Uri;

use crate::config::ProxyServer;
use crate::sending::http::http_client::USER_AGENT;

/// The largest head of an answer that is read from a proxy.
const MAX_HEAD: usize = 16 * 1024;

/// The most answers that are read, with the interim ones.
const MAX_ANSWERS: usize = 32;

/// A proxy's refusal: the HTTP status that it answered.
#[derive(Clone, Copy, Debug)]
pub struct Refused(pub u16);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.0)
    }
}

impl std::error::Error for Refused {}

/// What went wrong.
#[derive(Debug)]
pub enum Failure {
    /// The proxy does not let us through.
    Refused(Refused),
    /// The connection to it.
    Io(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Io(error)
    }
}

/// Asks the proxy at the other end of `stream` for a connection to the host of `url`. After this, `stream` leads there.
pub fn open(
    stream: &mut (impl Read + Write),
    proxy: &ProxyServer,
    url: &Uri,
) -> Result<(), Failure> {
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
        status => Err(Failure::Refused(Refused(status))),
    }
}

/// The status of the first answer that is no interim one (RFC 9110, 15.2). 101 is final: what follows is no HTTP.
fn read_final_status(stream: &mut impl Read) -> io::Result<u16> {
    for _ in 0..MAX_ANSWERS {
        match read_status(stream)? {
            100 | 102..200 => {}
            status => return Ok(status),
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// Reads the head of an answer to its end and not a byte further, and gives its status. Read byte by byte, which is of no
/// account beside making the connection.
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
        if !head.starts_with(&b"HTTP/1."[..head.len().min(7)]) || head.len() > MAX_HEAD {
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
    fn reads_the_status_and_leaves_what_follows() {
        let mut bytes = &b"HTTP/1.0 200 Connection established\r\nVia: x\r\n\r\nabc"[..];
        assert_eq!(read_status(&mut bytes).unwrap(), 200);
        assert_eq!(bytes, b"abc");
        let mut bytes = &b"HTTP/1.1 407 \n\n"[..];
        assert_eq!(read_status(&mut bytes).unwrap(), 407);
    }

    #[test]
    fn interim_answers_are_passed_over() {
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
        let endless = interim.repeat(MAX_ANSWERS);
        let error = read_final_status(&mut endless.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn takes_nothing_else() {
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
        let endless = format!("HTTP/1.1 200 {}", "x".repeat(MAX_HEAD));
        let error = read_status(&mut endless.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
