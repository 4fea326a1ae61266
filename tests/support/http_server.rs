//! A server that does with its connections what a test wants.

// Each test uses the part that it needs.
#![allow(dead_code)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;

/// A server that treats each connection as `serve` does, and tells how many requests it has read in full.
pub struct Server {
    /// Where it listens.
    pub url: String,
    /// Each request that it has read in full.
    pub requests: Receiver<String>,
}

impl Server {
    /// Serves each connection by `serve`, which reads a request by calling what it is given.
    pub fn start(
        serve: impl Fn(TcpStream, &dyn Fn(&mut TcpStream) -> Option<String>) + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/api/rest/v1", listener.local_addr().unwrap());
        let (seen, requests) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let seen = seen.clone();
                serve(stream.unwrap(), &move |stream| {
                    let request = read_request(stream)?;
                    let _ = seen.send(request.clone());
                    Some(request)
                });
            }
        });
        Server { url, requests }
    }

    /// A server that answers every request on a connection with these bytes.
    pub fn with_response(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Server::start(move |mut stream, read| {
            while read(&mut stream).is_some() {
                if stream.write_all(&answer).is_err() {
                    break;
                }
            }
        })
    }

    /// How many requests have come since this was last asked.
    pub fn requests(&self) -> usize {
        self.requests.try_iter().count()
    }
}

/// One request: its head and as much body as its Content-Length says.
pub fn read_request(stream: &mut impl Read) -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        bytes.push(byte[0]);
        if bytes.len() == 1 && !byte[0].is_ascii_uppercase() {
            // No HTTP, but a TLS handshake.
            return None;
        }
    }
    let head = String::from_utf8(bytes.clone()).unwrap();
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        })
        // A request without a body need not say so.
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    bytes.extend(body);
    Some(String::from_utf8(bytes).unwrap())
}

/// An answer of HTTP/1.1 with this status and body.
pub fn http(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
