//! Malformed requests: the sandbox responds or closes the connection, prints no error, and serves the next request.

use crate::running_sandbox::{ChildProcess, OMNIZE};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

const HASH: &str = "11111111-2222-4333-8444-555555555555";

/// Sends bytes. Returns the response up to the end of the connection or the timeout.
fn sent(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // The sandbox may close the connection early.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response);
    String::from_utf8_lossy(&response).into_owned()
}

fn request(method: &str, path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Deterministic, so that a failure is reproducible.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        let place = self.next() as usize % of.len();
        of[place]
    }
}

fn paths() -> Vec<String> {
    let mut paths: Vec<String> = [
        "/api/rest/v1",
        "/client-gateway/api/rest/v1",
        "/core/api/v1/interactions",
        "/core/api/v1/offcontact",
        "/core/api/v1/whatsapp",
        "/core/api/v1/agents/online",
        "/api/external/departments",
        "/portal/settings/integrations/clientsdk/tokens",
        "/portal/settings/integrations/clientsdk/webhook",
        "/portal/settings/integrations/bot",
        "/sandbox/transcript",
        "/sandbox/interactions",
        "/sandbox/agents",
        "/sandbox/customers",
        "/sandbox/steps",
        "/sandbox/trigger",
    ]
    .map(str::to_owned)
    .into();
    for what in ["", "/messages", "/typing", "/finish"] {
        paths.push(format!("/core/api/v1/interactions/{HASH}{what}"));
    }
    for what in ["accept", "finish", "transfer", "message"] {
        paths.push(format!("/core/api/v1/bot/{HASH}/{what}"));
    }
    paths
}

#[test]
fn malformed_requests_do_not_stop_the_sandbox() {
    let mut child = Command::new(OMNIZE);
    child
        .args(["sandbox", "--json", "--token", "t"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = ChildProcess(child.spawn().unwrap());
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = ready["url"]
        .as_str()
        .unwrap()
        .strip_prefix("http://")
        .unwrap()
        .to_owned();

    let deep = "[".repeat(200_000);
    let nested = format!(
        r#"{{"token":"t","department_id":1,"extra":{}1{}}}"#,
        r#"{"a":"#.repeat(5_000),
        "}".repeat(5_000)
    );
    let wide = format!(
        r#"{{"token":"t",{}"z":1}}"#,
        (0..5_000)
            .map(|n| format!(r#""f{n}":0,"#))
            .collect::<String>()
    );
    let bodies: [&[u8]; 14] = [
        b"",
        b"{",
        b"{}",
        b"null",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        br#"{"token":"t","steps":[{"wait":99999999999999999999}],"clientId":"1"}"#,
        br#"{"token":"t","department_id":18446744073709551616}"#,
        br#"{"token":"t","department_id":1e5,"position":-0}"#,
        br#"{"token":"t","content":"\ud800","type":"message","departmentId":"1","clientId":"\u0000"}"#,
        br#"{"token":"t","type":"info","content":"init","departmentId":"1","clientId":"\u0000\u202e"}"#,
        deep.as_bytes(),
        nested.as_bytes(),
        wide.as_bytes(),
    ];
    let methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS"];
    for path in paths() {
        for method in methods {
            for body in bodies {
                let response = sent(&address, &request(method, &path, body));
                assert!(
                    response.starts_with("HTTP/1.1 "),
                    "{method} {path}: {response:?}"
                );
                assert!(
                    !response.starts_with("HTTP/1.1 5"),
                    "{method} {path}: {response}"
                );
            }
        }
    }
    let mut noise = Noise(0x0B5E_55ED);
    let paths = paths();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    for _ in 0..500 {
        let length = noise.next() as usize % 300;
        let mut bytes: Vec<u8> = (0..length).map(|_| noise.next() as u8).collect();
        if noise.next().is_multiple_of(2) {
            let body = noise.pick(&bodies[..11]).to_vec();
            bytes = request(noise.pick(&methods), noise.pick(&paths), &body);
            for _ in 0..=noise.next() % 4 {
                let place = noise.next() as usize % bytes.len();
                bytes[place] = noise.next() as u8;
            }
        }
        sent(&address, &bytes);
    }
    let long = "a".repeat(100_000);
    for bytes in [
        format!("GET /{long} HTTP/1.1\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nx: {long}{long}{long}{long}{long}\r\n\r\n"),
        "POST /api/rest/v1 HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n".to_owned(),
        "POST /api/rest/v1 HTTP/1.1\r\ncontent-length: 10\r\n\r\n{".to_owned(),
        format!("GET /api/external/departments?{} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", "&=%zz%ff;=".repeat(200)),
        "PUT /core/api/v1/interactions//messages HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".to_owned(),
        "POST /core/api/v1/interactions/%00%ff/messages HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".to_owned(),
    ] {
        sent(&address, bytes.as_bytes());
    }
    let health = sent(&address, &request("GET", "/sandbox/health", b""));
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    let _ = child.0.kill();
    let mut complaints = String::new();
    child
        .0
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut complaints)
        .unwrap();
    assert_eq!(complaints, "");
}
