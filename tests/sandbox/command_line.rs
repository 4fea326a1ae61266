//! The command line: the ready line, the exit, and one line for an error.

use crate::running_sandbox::{ChildProcess, OMNIZE, RunningSandbox};
#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

fn output(arguments: &[&str]) -> Output {
    Command::new(OMNIZE)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn json_prints_one_line_with_the_urls() {
    let mut running = RunningSandbox::start(&[]);
    let url = running.ready_field("url").to_owned();
    assert!(url.starts_with("http://127.0.0.1:"));
    assert_eq!(
        running.ready_field("base_url"),
        format!("{url}/api/rest/v1")
    );
    let expected = json!({
        "rest": format!("{url}/api/rest/v1"),
        "gateway": format!("{url}/client-gateway/api/rest/v1"),
        "interactions": url,
    });
    assert_eq!(running.ready["base_urls"], expected);
    assert_eq!(
        running.ready_field("transcript"),
        format!("{url}/sandbox/transcript")
    );
    running.start_of("12");
    drop(running.child.stdin.take());
    assert_eq!(running.ended(), (String::new(), Some(0)));
}

#[cfg(unix)]
#[test]
fn sigterm_and_sigint_end_the_sandbox_with_status_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let running = RunningSandbox::start(&[]);
        kill_process(Pid::from_child(&running.child), signal).unwrap();
        assert_eq!(running.ended(), (String::new(), Some(0)));
    }
}

#[test]
fn without_json_requests_and_triggers_are_printed() {
    let mut child = ChildProcess::new(&[
        "sandbox",
        "--token",
        "t1",
        "--agent",
        "silent",
        "--until-stdin-closes",
    ]);
    let mut lines = child.lines();
    let first = lines.next().unwrap();
    let url = first.strip_prefix("Omnize sandbox at ").unwrap();
    assert_eq!(
        lines.next().unwrap(),
        format!("  base_url    {url}/api/rest/v1")
    );
    assert_eq!(lines.next().unwrap(), "  token       t1");
    assert_eq!(
        lines.next().unwrap(),
        format!("  transcript  {url}/sandbox/transcript")
    );
    let start =
        r#"{"type":"info","content":"init","token":"t1","departmentId":"1","clientId":"12"}"#;
    let sent = crate::running_sandbox::http_agent()
        .post(format!("{url}/api/rest/v1"))
        .header("content-type", "application/json")
        .send(start)
        .unwrap();
    assert_eq!(sent.status(), 200);
    assert_eq!(
        lines.next().unwrap(),
        "  request  12    start        department 1"
    );
    assert_eq!(
        lines.next().unwrap(),
        "  trigger  12    accepted  -> no webhook is set for the token"
    );
    drop(child.0.stdin.take());
    assert_eq!(child.0.wait().unwrap().code(), Some(0));
    assert_eq!(lines.next(), None);
}

#[test]
fn a_usage_error_is_one_line_with_status_2() {
    let cases: [(&[&str], &str); 10] = [
        (
            &[],
            "a subcommand is missing; omnize --help lists the subcommands",
        ),
        (&["sandbx"], "unrecognized subcommand 'sandbx'"),
        (
            &["sandbox", "--prt", "1"],
            "unexpected argument '--prt' found",
        ),
        (
            &["sandbox", "--port", "70000"],
            "invalid value '70000' for '--port <N>': 70000 is not in 0..=65535",
        ),
        (
            &["sandbox", "--answers", "xml"],
            "invalid value 'xml' for '--answers <FORM>': expected json, empty, text, success-false or status-inside",
        ),
        (
            &["sandbox", "--dialect", "soap"],
            "invalid value 'soap' for '--dialect <DIALECT>': expected rest, gateway or interactions",
        ),
        (
            &["sandbox", "--webhook", "hook"],
            "url is not an absolute http or https URL",
        ),
        (&["sandbox", "--token", ""], "the token is empty"),
        (
            &["sandbox", "--agent", "echo", "--agent", "silent"],
            "all departments have two agents; expected one",
        ),
        (
            &["sandbox", "--json", "--", "true"],
            "the argument '--json' cannot be used with '[COMMAND]...'",
        ),
    ];
    for (arguments, message) in cases {
        let ended = output(arguments);
        assert_eq!(
            String::from_utf8_lossy(&ended.stderr),
            format!("omnize: {message}\n")
        );
        assert_eq!(
            (ended.status.code(), ended.stdout.len()),
            (Some(2), 0),
            "{arguments:?}"
        );
    }
}

#[test]
fn help_and_version_have_status_0() {
    for arguments in [&["--help"][..], &["--version"], &["sandbox", "--help"]] {
        let ended = output(arguments);
        assert_eq!((ended.status.code(), ended.stderr.len()), (Some(0), 0));
        assert!(!ended.stdout.is_empty());
    }
}

#[test]
fn a_port_in_use_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ended = output(&["sandbox", "--port", &port]);
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&ended.stderr),
        format!("omnize: port {port} is already in use; choose another one, or 0\n")
    );
}

#[test]
fn the_transcript_file_is_written_at_the_end() {
    let path = std::env::temp_dir().join(format!("omnize-transcript-{}.json", std::process::id()));
    let mut running =
        RunningSandbox::start(&["--agent", "silent", "--transcript", path.to_str().unwrap()]);
    running.start_of("12");
    drop(running.child.stdin.take());
    running.ended();
    let text = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let transcript: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
    assert_eq!(transcript[0]["body"]["content"], "init");
    assert_eq!(transcript[0]["body"]["token"], "[redacted]");
}
