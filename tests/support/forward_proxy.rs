//! A forward proxy: it forwards plain requests and tunnels others. It can require credentials, or send another
//! response.

// Each test uses a part of this file.
#![allow(dead_code)]

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::http_server::read_request;

/// The behavior of a proxy.
#[derive(Default)]
pub struct ProxyOptions {
    /// The `user:password` that it requires.
    pub credentials: Option<&'static str>,
    /// The response that it sends to every request instead of forwarding it.
    pub response: Option<String>,
    /// The response that it sends before it confirms a tunnel.
    pub interim: &'static str,
}

/// A proxy with one thread for each connection.
pub struct Proxy {
    /// Its host and port.
    pub name: String,
    requests: Receiver<String>,
}

impl Proxy {
    pub fn start(options: ProxyOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let name = listener.local_addr().unwrap().to_string();
        let (requests, heads) = mpsc::channel();
        let options = Arc::new(options);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (options, requests) = (options.clone(), requests.clone());
                // An early disconnect of a peer is not a failure.
                thread::spawn(move || serve(client.unwrap(), &options, &requests));
            }
        });
        Proxy {
            name,
            requests: heads,
        }
    }

    /// Returns the requests since the last call: heads, and bodies if it could read them.
    pub fn requests(&self) -> Vec<String> {
        self.requests.try_iter().collect()
    }
}

fn serve(mut client: TcpStream, options: &ProxyOptions, requests: &Sender<String>) -> Option<()> {
    loop {
        let request = read_head_or_request(&mut client)?;
        let _ = requests.send(request.clone());
        let expected = options.credentials.map(|plain| {
            format!(
                "Proxy-Authorization: Basic {}\r\n",
                BASE64_STANDARD.encode(plain)
            )
        });
        if expected.is_some_and(|line| !request.contains(&line)) {
            response(&mut client, "407 Proxy Authentication Required")?;
        } else if let Some(response) = &options.response {
            client.write_all(response.as_bytes()).ok()?;
        } else if request.starts_with("CONNECT ") {
            return tunnel(client, &request, options.interim);
        } else {
            forward(&mut client, &request)?;
        }
    }
}

/// Reads a request, or only the head if it has no body.
fn read_head_or_request(client: &mut TcpStream) -> Option<String> {
    let mut start = [0];
    client.peek(&mut start).ok()?;
    if start == *b"C" {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte).ok()?;
            bytes.push(byte[0]);
        }
        return String::from_utf8(bytes).ok();
    }
    read_request(client)
}

fn response(client: &mut TcpStream, status: &str) -> Option<()> {
    let response = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
    client.write_all(response.as_bytes()).ok()
}

fn tunnel(mut client: TcpStream, request: &str, interim: &str) -> Option<()> {
    let target = request.split(' ').nth(1)?;
    let Ok(mut service) = TcpStream::connect(target) else {
        return response(&mut client, "502 Bad Gateway");
    };
    let response = format!("{interim}HTTP/1.1 200 Connection established\r\n\r\n");
    client.write_all(response.as_bytes()).ok()?;
    let (mut from_client, mut to_service) = (client.try_clone().ok()?, service.try_clone().ok()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_service);
        let _ = to_service.shutdown(Shutdown::Write);
    });
    let _ = io::copy(&mut service, &mut client);
    let _ = client.shutdown(Shutdown::Both);
    None
}

/// Forwards one request over a new connection, without the headers for the proxy, and returns the response.
fn forward(client: &mut TcpStream, request: &str) -> Option<()> {
    let (head, body) = request.split_once("\r\n\r\n")?;
    let (method, rest) = head.split_once(" http://")?;
    let (host, path) = rest.split_once('/')?;
    let Ok(mut service) = TcpStream::connect(host) else {
        return response(client, "502 Bad Gateway");
    };
    let lines: Vec<_> = path
        .lines()
        .filter(|line| !line.to_ascii_lowercase().starts_with("proxy-"))
        .collect();
    let passed_on = format!("{method} /{}\r\n\r\n{body}", lines.join("\r\n"));
    service.write_all(passed_on.as_bytes()).ok()?;
    service.shutdown(Shutdown::Write).ok()?;
    let mut response = Vec::new();
    service.read_to_end(&mut response).ok()?;
    client.write_all(&response).ok()
}
