//! An HTTP server that handles each connection as a test needs it.

// Each test uses a part of this file.
#![allow(dead_code)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;

/// A server that handles each connection by `serve`, and counts the requests that it read completely.
pub struct Server {
    /// The URL of the server.
    pub url: String,
    /// The requests that it read completely.
    pub requests: Receiver<String>,
}

impl Server {
    /// Starts a server. `serve` gets a connection, and a function that reads a request from it.
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

    /// Starts a server that sends these bytes as the response to every request.
    pub fn with_response(response: impl Into<Vec<u8>>) -> Self {
        let response = response.into();
        Server::start(move |mut stream, read| {
            while read(&mut stream).is_some() {
                if stream.write_all(&response).is_err() {
                    break;
                }
            }
        })
    }

    /// Returns the number of requests since the last call.
    pub fn requests(&self) -> usize {
        self.requests.try_iter().count()
    }
}

/// Reads one request: its head, and as much body as its Content-Length says.
pub fn read_request(stream: &mut impl Read) -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        bytes.push(byte[0]);
        if bytes.len() == 1 && !byte[0].is_ascii_uppercase() {
            // A TLS handshake instead of HTTP.
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
        // A request without a body may have no length.
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    bytes.extend(body);
    Some(String::from_utf8(bytes).unwrap())
}

/// Returns an HTTP/1.1 response with this status and body.
pub fn http(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
