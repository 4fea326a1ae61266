//! The Rust API of the sandbox.

use crate::running_sandbox::http_agent;
use crate::webhook_server::WebhookServer;
use omnize::sandbox::{Dialect, Direction, Options, ResponseFormat, Sandbox};
use serde_json::json;
use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::path::PathBuf;

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
fn a_sandbox_runs_on_its_own_thread_until_dropped() {
    let hook = WebhookServer::open();
    let sandbox = Sandbox::start(Options {
        response_format: ResponseFormat::Empty,
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
    // Two possible ends: of an accepted connection, and of one that was not accepted yet.
    let ended = connection.read(&mut [0]);
    assert!(
        matches!(&ended, Ok(0))
            || ended.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
    );
}

#[test]
fn an_invalid_token_or_webhook_is_invalid_input() {
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
fn the_sandbox_imports_nothing_from_the_client() {
    let mut folders = vec![PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/sandbox"
    ))];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            files += 1;
            for (at, line) in source.lines().enumerate() {
                let rest = line
                    .replace("crate::sandbox::", "")
                    .replace("pub(crate)", "");
                assert!(
                    !rest.contains("crate::") && !rest.contains("super::super"),
                    "{path:?}:{}: the sandbox must not import code of the client: {line}",
                    at + 1
                );
            }
        }
    }
    assert!(files > 20, "{files}");
}
