//! A running `omnize sandbox`, and requests to it.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use ureq::http::{Request, Response};
use ureq::{Agent, Body};

pub const OMNIZE: &str = env!("CARGO_BIN_EXE_omnize");
/// The longest a test waits for what must come. Never waited out by a test that passes.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Running {
    pub child: Child,
    pub stdout: BufReader<ChildStdout>,
    pub ready: Value,
    agent: Agent,
}

/// A command that is gone when its test is, failed or not.
pub struct Spawned(pub Child);

impl Spawned {
    pub fn new(arguments: &[&str]) -> Spawned {
        let mut command = Command::new(OMNIZE);
        Spawned(
            command
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap(),
        )
    }

    pub fn lines(&mut self) -> impl Iterator<Item = String> + use<> {
        BufReader::new(self.0.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap)
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        // Gone already, when the test went well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub struct Answer {
    pub status: u16,
    pub content_type: Option<String>,
    pub allow: Option<String>,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", self.body))
    }
}

pub fn http_agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build()
        .into()
}

impl Running {
    pub fn start(arguments: &[&str]) -> Running {
        let mut child = Command::new(OMNIZE)
            .args(["sandbox", "--json", "--until-stdin-closes"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let ready =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line:?}"));
        Running {
            child,
            stdout,
            ready,
            agent: http_agent(),
        }
    }

    /// With the first token's webhook set to `url`.
    pub fn with_webhook(url: &str, arguments: &[&str]) -> Running {
        Running::start(&[&["--webhook", url], arguments].concat())
    }

    pub fn told(&self, name: &str) -> &str {
        self.ready[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {}", self.ready))
    }

    pub fn call(
        &self,
        method: &str,
        path: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.told("url")));
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let sent: Result<Response<Body>, _> = match method {
            "GET" | "DELETE" => self.agent.run(request.body(()).unwrap()),
            _ => self.agent.run(request.body(body.to_vec()).unwrap()),
        };
        let mut answer = sent.unwrap();
        let header = |name: &str| {
            answer
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        let (content_type, allow) = (header("content-type"), header("allow"));
        let body = answer.body_mut().read_to_string().unwrap();
        Answer {
            status: answer.status().as_u16(),
            content_type,
            allow,
            body,
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None, b"")
    }

    pub fn rest(&self, body: &Value) -> Answer {
        self.call(
            "POST",
            "/api/rest/v1",
            Some("application/json"),
            body.to_string().as_bytes(),
        )
    }

    /// A request of the page, of the first token and department 1.
    pub fn request(&self, kind: &str, content: &str, client_id: &str) -> Value {
        self.request_to("1", kind, content, client_id)
    }

    pub fn request_to(
        &self,
        department: &str,
        kind: &str,
        content: &str,
        client_id: &str,
    ) -> Value {
        json!({
            "type": kind, "content": content, "token": self.told("token"),
            "departmentId": department, "clientId": client_id,
        })
    }

    pub fn accepted(&self, kind: &str, content: &str, client_id: &str) {
        let answer = self.rest(&self.request(kind, content, client_id));
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    pub fn start_of(&self, client_id: &str) {
        self.accepted("info", "init", client_id);
    }

    /// The transcript, with the results of the triggers that are under way.
    pub fn transcript(&self) -> Vec<Value> {
        let answer = self.get("/sandbox/transcript?wait=20000");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json().as_array().unwrap().clone()
    }

    pub fn state_of(&self, client_id: &str) -> Value {
        let all = self.get("/sandbox/interactions").json();
        let one = all
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["clientId"] == client_id);
        one.unwrap_or_else(|| panic!("no {client_id} in {all}"))["state"].clone()
    }

    /// What it wrote after its first line, and its exit status.
    pub fn ended(mut self) -> (String, Option<i32>) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (rest, self.child.wait().unwrap().code())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Its standard input ends; it must go by itself, for no test may leave one behind.
        drop(self.child.stdin.take());
        let status = self.child.wait().unwrap();
        if !std::thread::panicking() {
            assert!(status.success(), "{status}");
        }
    }
}
