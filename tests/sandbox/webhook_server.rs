//! The webhook of an application: a small web server that passes each post to the test and returns the test's status.

use crate::running_sandbox::TIMEOUT;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

pub struct WebhookServer {
    pub url: String,
    pub connections: Arc<AtomicUsize>,
    posts: Receiver<PendingPost>,
}

/// A post without a response yet. If it is dropped without a response, the connection is closed.
pub struct PendingPost {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    response: Sender<u16>,
}

impl WebhookServer {
    pub fn open() -> WebhookServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook?key=k", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let (sender, posts) = channel();
        let (counted, sender) = (Arc::clone(&connections), Arc::new(Mutex::new(sender)));
        // The thread ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
                let sender = sender.lock().unwrap().clone();
                std::thread::spawn(move || serve(stream.unwrap(), &sender));
            }
        });
        WebhookServer {
            url,
            connections,
            posts,
        }
    }

    /// Returns the next post, without a response yet.
    pub fn next_pending(&self) -> PendingPost {
        self.posts.recv_timeout(TIMEOUT).expect("a trigger")
    }

    /// Responds to the next post with 200. Returns its body.
    pub fn next(&self) -> String {
        self.next_with_status(200)
    }

    /// Responds to the next post with 200. Returns its body as JSON.
    pub fn next_json(&self) -> Value {
        serde_json::from_str(&self.next()).unwrap()
    }

    pub fn next_with_status(&self, status: u16) -> String {
        let post = self.next_pending();
        let body = String::from_utf8(post.body.clone()).unwrap();
        post.respond(status);
        body
    }

    /// Responds to posts until one has this status or message.
    pub fn until(&self, word: &str) {
        loop {
            let object = self.next_json();
            if object["status"] == word || object["message"] == word {
                return;
            }
        }
    }

    pub fn is_quiet(&self) -> bool {
        self.posts.try_recv().is_err()
    }
}

impl PendingPost {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn respond(self, status: u16) {
        self.response.send(status).unwrap();
    }
}

fn serve(stream: TcpStream, posts: &Sender<PendingPost>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut writer = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let first = line(&mut reader)?;
        let mut words = first.split(' ').map(str::to_owned);
        let (method, path) = (words.next()?, words.next()?);
        let mut headers = Vec::new();
        while let Some((name, value)) = line(&mut reader)?.split_once(": ") {
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let length = headers
            .iter()
            .find(|(name, _)| name == "content-length")?
            .1
            .parse()
            .ok()?;
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let (response, status_receiver) = channel();
        posts
            .send(PendingPost {
                method,
                path,
                headers,
                body,
                response,
            })
            .ok()?;
        let status: u16 = status_receiver.recv().ok()?;
        writer
            .write_all(format!("HTTP/1.1 {status} Test\r\ncontent-length: 2\r\n\r\nok").as_bytes())
            .ok()?;
    }
}

fn line(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    reader
        .read_line(&mut line)
        .ok()
        .filter(|length| *length > 0)?;
    Some(line.trim_end().to_owned())
}
