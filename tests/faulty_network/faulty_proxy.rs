//! A proxy that injects faults between the library and a sandbox, and records them.
//!
//! It reads a whole request before it forwards it, and forwards none whose client hung up. It holds a lock of the
//! interaction until the service has responded. So a late request never overtakes a later one in this proxy: if the
//! order is wrong, the library sent it wrong.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::fault::Fault;
use super::random::Random;

/// A request that was forwarded.
#[derive(Clone, Copy, Debug)]
pub struct Forwarded {
    pub number: usize,
    /// The number of the application process that sent it.
    pub life: usize,
    /// Whether the client certainly has the whole response: it sent another request on the same connection afterwards.
    pub confirmed: bool,
}

/// A running proxy.
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    service: SocketAddr,
    life: AtomicUsize,
    /// While it is set, the proxy does not listen.
    down: AtomicBool,
    stopping: AtomicBool,
    /// The open connections, so that they can be aborted.
    open: Mutex<HashMap<usize, TcpStream>>,
    /// The forwarded requests by interaction, in order.
    log: Mutex<HashMap<usize, Arc<Mutex<Vec<Forwarded>>>>>,
}

impl Proxy {
    /// Starts a proxy for the service at `base_url`.
    pub fn start(base_url: &str, seed: u64) -> Self {
        let rest = base_url.strip_prefix("http://").unwrap();
        let (host, path) = rest.split_once('/').unwrap();
        let shared = Arc::new(Shared {
            service: host.parse().unwrap(),
            life: AtomicUsize::new(0),
            down: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            open: Mutex::default(),
            log: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/{path}", listener.local_addr().unwrap());
        let serving = shared.clone();
        let thread = thread::spawn(move || serve(listener, &serving, seed));
        Proxy {
            url,
            shared,
            thread: Some(thread),
        }
    }

    /// Returns the URL for the library.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Counts the following requests to the application's next process.
    pub fn next_life(&self) {
        self.shared.life.fetch_add(1, Ordering::SeqCst);
    }

    /// Stops listening for this time, so that connections are refused.
    pub fn go_down(&self, time: Duration) {
        self.shared.down.store(true, Ordering::SeqCst);
        thread::sleep(time);
        self.shared.down.store(false, Ordering::SeqCst);
    }

    /// Returns the forwarded requests by interaction, in order. The application must have ended.
    pub fn log(&self) -> HashMap<usize, Vec<Forwarded>> {
        let log = self.shared.log.lock().unwrap();
        log.iter()
            .map(|(interaction, forwarded)| (*interaction, forwarded.lock().unwrap().clone()))
            .collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Accepts connections, each on its own thread, while the proxy listens.
fn serve(listener: TcpListener, shared: &Arc<Shared>, seed: u64) {
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    let mut listener = Some(listener);
    let mut count = 0;
    while !shared.stopping.load(Ordering::SeqCst) {
        if shared.down.load(Ordering::SeqCst) {
            if listener.take().is_some() {
                shared.abort_connections();
            }
            thread::sleep(Duration::from_millis(1));
            continue;
        }
        let listening = listener.get_or_insert_with(|| reopen_listener(address));
        match listening.accept() {
            Ok((stream, _)) => {
                count += 1;
                let (shared, number) = (shared.clone(), count);
                stream.set_nonblocking(false).unwrap();
                shared
                    .open
                    .lock()
                    .unwrap()
                    .insert(number, stream.try_clone().unwrap());
                thread::spawn(move || {
                    let random = Random::new(seed ^ number as u64);
                    let reset = Link::new(stream, &shared, random).run().unwrap_or(false);
                    let stream = shared.open.lock().unwrap().remove(&number);
                    if let Some(stream) = stream.filter(|_| reset) {
                        let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
                    }
                });
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                thread::sleep(Duration::from_millis(1));
            }
            // The peer closed before the accept.
            Err(_) => {}
        }
    }
    shared.abort_connections();
}

fn reopen_listener(address: SocketAddr) -> TcpListener {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match TcpListener::bind(address) {
            Ok(listener) => {
                listener.set_nonblocking(true).unwrap();
                return listener;
            }
            // Another connection may have got the port in the meantime.
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        thread::sleep(Duration::from_millis(10));
    }
}

impl Shared {
    fn abort_connections(&self) {
        for stream in self.open.lock().unwrap().values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn log_of(&self, interaction: usize) -> Arc<Mutex<Vec<Forwarded>>> {
        self.log
            .lock()
            .unwrap()
            .entry(interaction)
            .or_default()
            .clone()
    }
}

/// One connection of the library.
struct Link<'a> {
    stream: TcpStream,
    requests: BufReader<TcpStream>,
    shared: &'a Shared,
    random: Random,
    /// The connection to the service, after the first request.
    service: Option<BufReader<TcpStream>>,
}

/// A parsed HTTP message.
struct Request {
    bytes: Vec<u8>,
    interaction: usize,
    number: usize,
}

impl<'a> Link<'a> {
    fn new(stream: TcpStream, shared: &'a Shared, random: Random) -> Self {
        stream.set_nodelay(true).unwrap();
        Link {
            requests: BufReader::new(stream.try_clone().unwrap()),
            stream,
            shared,
            random,
            service: None,
        }
    }

    /// Serves until the connection ends. Returns `true` if it must end with a reset.
    fn run(mut self) -> io::Result<bool> {
        let mut last: Option<(usize, usize)> = None;
        loop {
            let fault = Fault::choose(&mut self.random);
            if fault == Fault::CloseAtOnce {
                return Ok(false);
            }
            if self.stream.peek(&mut [0])? == 0 {
                return Ok(false);
            }
            if let Some((interaction, at)) = last.take() {
                self.shared.log_of(interaction).lock().unwrap()[at].confirmed = true;
            }
            if let Fault::ResetRequest(bytes) = fault {
                let mut some = Vec::new();
                self.requests
                    .by_ref()
                    .take(bytes as u64)
                    .read_to_end(&mut some)?;
                return Ok(true);
            }
            let request = self.read()?;
            match fault {
                Fault::HalfClose => {
                    self.stream.shutdown(Shutdown::Write)?;
                    self.wait_for_the_end();
                    return Ok(false);
                }
                Fault::Garbage { forwarded: false } => {
                    self.stream.write_all(GARBAGE)?;
                    return Ok(false);
                }
                Fault::Reject(status, retry_after) => {
                    let after = retry_after
                        .map(|seconds| format!("Retry-After: {seconds}\r\n"))
                        .unwrap_or_default();
                    let response =
                        format!("HTTP/1.1 {status} No\r\n{after}Content-Length: 0\r\n\r\n");
                    self.stream.write_all(response.as_bytes())?;
                    continue;
                }
                Fault::Delay(time) => thread::sleep(time),
                _ => {}
            }
            let Some((response, at)) = self.forward(&request)? else {
                return Ok(false);
            };
            match fault {
                Fault::Garbage { .. } => {
                    self.stream.write_all(GARBAGE)?;
                    return Ok(false);
                }
                Fault::SlowResponse(pause) => {
                    for byte in &response {
                        self.stream.write_all(&[*byte])?;
                        thread::sleep(pause);
                    }
                }
                Fault::NoResponse => {
                    self.wait_for_the_end();
                    return Ok(false);
                }
                Fault::ResetResponse(bytes) => {
                    self.stream
                        .write_all(&response[..bytes.min(response.len() - 1)])?;
                    return Ok(true);
                }
                Fault::TwoResponses => self.stream.write_all(&response.repeat(2))?,
                _ => self.stream.write_all(&response)?,
            }
            last = Some((request.interaction, at));
        }
    }

    /// Reads a whole request. The library never sends two at once, so the buffer is then empty.
    fn read(&mut self) -> io::Result<Request> {
        let (bytes, length) = read_message(&mut self.requests)?;
        let body: serde_json::Value = serde_json::from_slice(&bytes[bytes.len() - length..])?;
        let number = |name: &str| body[name].as_str().unwrap().parse().unwrap();
        Ok(Request {
            interaction: number("clientId"),
            number: number("content"),
            bytes,
        })
    }

    /// Returns the response of the service and the index of the request in the log; `None` if the client hung up
    /// before.
    fn forward(&mut self, request: &Request) -> io::Result<Option<(Vec<u8>, usize)>> {
        let log = self.shared.log_of(request.interaction);
        let mut log = log.lock().unwrap();
        let life = self.shared.life.load(Ordering::SeqCst);
        if self.has_hung_up()? {
            return Ok(None);
        }
        // The sandbox never fails here, so a failure is a bug of this test.
        let service = self.service.get_or_insert_with(|| {
            let stream = TcpStream::connect(self.shared.service).unwrap();
            stream.set_nodelay(true).unwrap();
            BufReader::new(stream)
        });
        service.get_mut().write_all(&request.bytes).unwrap();
        let (response, _) = read_message(service).unwrap();
        assert!(response.starts_with(b"HTTP/1.1 200 "));
        log.push(Forwarded {
            number: request.number,
            life,
            confirmed: false,
        });
        Ok(Some((response, log.len() - 1)))
    }

    fn has_hung_up(&self) -> io::Result<bool> {
        self.stream.set_nonblocking(true)?;
        let peeked = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false)?;
        Ok(!peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock))
    }

    fn wait_for_the_end(&self) {
        let _ = (&self.stream).read(&mut [0]);
    }
}

const GARBAGE: &[u8] =
    b"\x00\x17 this is not HTTP\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// Reads a message with its head. Returns it with the length of its body.
fn read_message(stream: &mut impl BufRead) -> io::Result<(Vec<u8>, usize)> {
    let mut bytes = Vec::new();
    let mut length = 0;
    loop {
        let begin = bytes.len();
        if stream.read_until(b'\n', &mut bytes)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = String::from_utf8_lossy(&bytes[begin..]).to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let end = bytes.len();
    bytes.resize(end + length, 0);
    stream.read_exact(&mut bytes[end..])?;
    Ok((bytes, length))
}
