//! An application's webhook: a small web server that hands over what it is sent and answers as it is told.

use crate::running::PATIENCE;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

pub struct Hook {
    pub url: String,
    pub connections: Arc<AtomicUsize>,
    posts: Receiver<Post>,
}

/// A post that waits for its answer; dropped without one, its connection is closed.
pub struct Post {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    answer: Sender<u16>,
}

impl Hook {
    pub fn open() -> Hook {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook?key=k", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let (sender, posts) = channel();
        let (counted, sender) = (Arc::clone(&connections), Arc::new(Mutex::new(sender)));
        // Ends with the process: a test server has nothing to clean up.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
                let sender = sender.lock().unwrap().clone();
                std::thread::spawn(move || serve(stream.unwrap(), &sender));
            }
        });
        Hook {
            url,
            connections,
            posts,
        }
    }

    /// The next post, not answered yet.
    pub fn held(&self) -> Post {
        self.posts.recv_timeout(PATIENCE).expect("a trigger")
    }

    /// The next post's body as text, answered with 200.
    pub fn next(&self) -> String {
        self.next_answered(200)
    }

    pub fn next_answered(&self, status: u16) -> String {
        let post = self.held();
        let body = String::from_utf8(post.body.clone()).unwrap();
        post.answer(status);
        body
    }

    /// Answers posts until one of this status or message came.
    pub fn until(&self, word: &str) {
        loop {
            let object: Value = serde_json::from_str(&self.next()).unwrap();
            if object["status"] == word || object["message"] == word {
                return;
            }
        }
    }

    pub fn is_quiet(&self) -> bool {
        self.posts.try_recv().is_err()
    }
}

impl Post {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn answer(self, status: u16) {
        self.answer.send(status).unwrap();
    }
}

fn serve(stream: TcpStream, posts: &Sender<Post>) -> Option<()> {
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
        let (answer, told) = channel();
        posts
            .send(Post {
                method,
                path,
                headers,
                body,
                answer,
            })
            .ok()?;
        let status: u16 = told.recv().ok()?;
        writer
            .write_all(
                format!("HTTP/1.1 {status} As told\r\ncontent-length: 2\r\n\r\nok").as_bytes(),
            )
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
