//! Opens clients with a listener, and sends them raw HTTP requests.

// Each test uses a part of this file.
#![allow(dead_code)]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use omnize::config::Config;
use omnize::{Client, Event};

/// The body of a trigger.
pub const TYPING: &str = r#"{"status":"typing","clientId":"12"}"#;

/// Opens a client that listens at a free port, with these options.
pub fn client(options: &[(&str, &str)]) -> Client {
    let mut config = Config::new();
    config.set("token", "t").unwrap();
    config.set("listen", "127.0.0.1:0").unwrap();
    for (name, value) in options {
        config.set(name, value).unwrap();
    }
    Client::open(&config).unwrap()
}

/// Returns host and path of the webhook.
pub fn webhook(client: &Client) -> (String, String) {
    let url = client.webhook_url().unwrap();
    split_url(url)
}

/// Splits a URL into host and path.
pub fn split_url(url: &str) -> (String, String) {
    let (_, rest) = url.split_once("://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    (host.to_owned(), format!("/{path}"))
}

/// Sends these bytes to the webhook, shuts down the write side, and returns all received bytes.
pub fn exchange(client: &Client, request: &[u8]) -> String {
    exchange_with(&webhook(client).0, request)
}

/// The same, with the listener at this host.
pub fn exchange_with(host: &str, request: &[u8]) -> String {
    exchange_over(TcpStream::connect(host).unwrap(), request)
}

/// The same, over this connection.
pub fn exchange_over(mut stream: TcpStream, request: &[u8]) -> String {
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // The listener may close before it has read everything.
    let _ = stream.write_all(request);
    let _ = stream.shutdown(Shutdown::Write);
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response);
    String::from_utf8(response).unwrap()
}

/// Returns a whole request for the webhook.
pub fn request(client: &Client, method: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let (host, path) = webhook(client);
    request_at(&host, &path, method, headers, body)
}

/// Returns a whole request for this path.
pub fn request_at(host: &str, path: &str, method: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Reads up to the next empty line.
pub fn read_head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// Returns the status of a response.
pub fn status_of(response: &str) -> u16 {
    response
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3)?.parse().ok())
        .unwrap_or_else(|| panic!("no answer: {response:?}"))
}

/// Posts this body to the webhook, and returns the status.
pub fn post(client: &Client, body: &str) -> u16 {
    status_of(&exchange(
        client,
        &request(client, "POST", "", body.as_bytes()),
    ))
}

/// Waits for the next event.
pub fn next(client: &Client) -> Event {
    client
        .next(Duration::from_secs(10))
        .unwrap()
        .expect("an event")
}

/// Panics if an event is queued.
pub fn assert_no_event(client: &Client) {
    assert!(client.next(Duration::ZERO).unwrap().is_none());
}

/// Connects from this address of the machine.
pub fn connect_from(address: &str, host: &str) -> TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    let host: SocketAddr = host.parse().unwrap();
    let connected = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket
            .bind(SocketAddr::new(address.parse().unwrap(), 0))
            .unwrap();
        socket.connect(host).await.unwrap()
    });
    let stream = connected.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    stream
}

/// Reads until the listener closes. Returns `None` if it does not close in time.
pub fn read_until_close(mut stream: TcpStream, patience: Duration) -> Option<String> {
    stream.set_read_timeout(Some(patience)).unwrap();
    let mut response = Vec::new();
    match stream.read_to_end(&mut response) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        Err(_) => return None,
    }
    Some(String::from_utf8(response).unwrap())
}

/// Sets the limit on descriptors of this process, which contains both ends of each connection. Windows has no such limit.
pub fn allow_descriptors(count: u64) {
    #[cfg(unix)]
    // SAFETY: both calls are given a live `rlimit`.
    unsafe {
        let mut limit = std::mem::zeroed::<libc::rlimit>();
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit), 0);
        limit.rlim_cur = limit.rlim_cur.max(count);
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit), 0);
    }
    #[cfg(windows)]
    let _ = count;
}
