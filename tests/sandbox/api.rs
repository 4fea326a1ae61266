//! The sandbox's Rust door.

use crate::hook::Hook;
use crate::running::http_agent;
use omnize::sandbox::{Answers, Dialect, Direction, Options, Sandbox};
use serde_json::json;
use std::io::{ErrorKind, Read};
use std::net::TcpStream;

fn start_interaction(sandbox: &Sandbox) -> u16 {
    let body = json!({
        "type": "info", "content": "init", "token": sandbox.token(), "departmentId": "1", "clientId": "12",
    });
    let request = http_agent()
        .post(sandbox.base_url(Dialect::Rest))
        .header("content-type", "application/json");
    request.send(body.to_string()).unwrap().status().as_u16()
}

#[test]
fn a_sandbox_runs_on_its_own_thread_and_ends_when_dropped() {
    let hook = Hook::open();
    let sandbox = Sandbox::start(Options {
        answers: Answers::Empty,
        ..Options::default()
    })
    .unwrap();
    sandbox.set_webhook(&hook.url).unwrap();
    assert_eq!(start_interaction(&sandbox), 200);
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"12"}"#);
    let transcript = sandbox.transcript();
    let shown: Vec<_> = transcript
        .iter()
        .map(|entry| (entry.n, entry.direction, entry.status))
        .collect();
    assert_eq!(
        shown,
        [
            (1, Direction::Request, Some(200)),
            (2, Direction::Trigger, Some(200))
        ]
    );
    assert!(!format!("{transcript:?}").contains(sandbox.token()));
    let address = sandbox.url().strip_prefix("http://").unwrap().to_owned();
    let mut connection = TcpStream::connect(&address).unwrap();
    drop(sandbox);
    // Either form of the end: of a connection that it had taken, or of one that it had not yet.
    let ended = connection.read(&mut [0]);
    assert!(
        matches!(&ended, Ok(0))
            || ended.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
    );
}

#[test]
fn a_wrong_token_or_webhook_is_invalid_input() {
    let refused = |options: Options| Sandbox::start(options).err().map(|error| error.kind());
    let token = Options {
        token: Some(String::new()),
        ..Options::default()
    };
    assert_eq!(refused(token), Some(ErrorKind::InvalidInput));
    let webhook = Options {
        webhook: Some("hook".to_owned()),
        ..Options::default()
    };
    assert_eq!(refused(webhook), Some(ErrorKind::InvalidInput));
    let sandbox = Sandbox::start(Options::default()).unwrap();
    assert_eq!(
        sandbox.set_webhook("hook").unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
}

#[test]
fn the_sandbox_reads_for_itself() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sandbox");
    let mut files = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let source = std::fs::read_to_string(&path).unwrap();
        files += 1;
        for (at, line) in source.lines().enumerate() {
            let own = line
                .replace("crate::sandbox::", "")
                .replace("pub(crate)", "");
            assert!(
                !own.contains("crate::") && !own.contains("super::super"),
                "{path:?}:{}: the sandbox shares no code with the client: {line}",
                at + 1
            );
        }
    }
    assert!(files > 20, "{files}");
}
