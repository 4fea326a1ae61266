//! A running `omnize sandbox`, and requests to it.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use ureq::http::{self, Request};
use ureq::{Agent, Body};

pub const OMNIZE: &str = env!("CARGO_BIN_EXE_omnize");
/// The time limit of each wait. A test that passes never reaches it.
pub const TIMEOUT: Duration = Duration::from_secs(20);

pub struct RunningSandbox {
    pub child: Child,
    pub stdout: BufReader<ChildStdout>,
    pub ready: Value,
    agent: Agent,
}

/// A child process that ends with its test.
pub struct ChildProcess(pub Child);

impl ChildProcess {
    pub fn new(arguments: &[&str]) -> ChildProcess {
        let mut command = Command::new(OMNIZE);
        ChildProcess(
            command
                .args(arguments)
                .stdin(Stdio::piped())
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

impl Drop for ChildProcess {
    fn drop(&mut self) {
        // Fails if the process has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub struct SandboxResponse {
    pub status: u16,
    pub content_type: Option<String>,
    pub allow: Option<String>,
    pub body: String,
}

impl SandboxResponse {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", self.body))
    }
}

pub fn http_agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(TIMEOUT))
        .build()
        .into()
}

impl RunningSandbox {
    pub fn start(arguments: &[&str]) -> RunningSandbox {
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
        RunningSandbox {
            child,
            stdout,
            ready,
            agent: http_agent(),
        }
    }

    /// Starts a sandbox with this webhook.
    pub fn with_webhook(url: &str, arguments: &[&str]) -> RunningSandbox {
        RunningSandbox::start(&[&["--webhook", url], arguments].concat())
    }

    pub fn ready_field(&self, name: &str) -> &str {
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
    ) -> SandboxResponse {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.ready_field("url")));
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let sent: Result<http::Response<Body>, _> = match method {
            "GET" | "DELETE" => self.agent.run(request.body(()).unwrap()),
            _ => self.agent.run(request.body(body.to_vec()).unwrap()),
        };
        let mut response = sent.unwrap();
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        let (content_type, allow) = (header("content-type"), header("allow"));
        let body = response.body_mut().read_to_string().unwrap();
        SandboxResponse {
            status: response.status().as_u16(),
            content_type,
            allow,
            body,
        }
    }

    pub fn get(&self, path: &str) -> SandboxResponse {
        self.call("GET", path, None, b"")
    }

    pub fn rest(&self, body: &Value) -> SandboxResponse {
        self.call(
            "POST",
            "/api/rest/v1",
            Some("application/json"),
            body.to_string().as_bytes(),
        )
    }

    /// Returns a request of `rest` with the first token and department 1.
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
            "type": kind, "content": content, "token": self.ready_field("token"),
            "departmentId": department, "clientId": client_id,
        })
    }

    pub fn accepted(&self, kind: &str, content: &str, client_id: &str) {
        let response = self.rest(&self.request(kind, content, client_id));
        assert_eq!(response.status, 200, "{}", response.body);
    }

    pub fn start_of(&self, client_id: &str) {
        self.accepted("info", "init", client_id);
    }

    /// Returns the transcript, after every trigger has its result.
    pub fn transcript(&self) -> Vec<Value> {
        let response = self.get("/sandbox/transcript?wait=20000");
        assert_eq!(response.status, 200, "{}", response.body);
        response.json().as_array().unwrap().clone()
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

    /// Returns the output after the first line, and the exit status.
    pub fn ended(mut self) -> (String, Option<i32>) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (rest, self.child.wait().unwrap().code())
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        // The end of standard input must end the process, because no test may leave one behind.
        drop(self.child.stdin.take());
        let status = self.child.wait().unwrap();
        if !std::thread::panicking() {
            assert!(status.success(), "{status}");
        }
    }
}
