//! `omnize sandbox -- COMMAND` on Unix-like systems: the environment of the command, the webhook line, the exit status, and
//! signals.

use crate::running_sandbox::{ChildProcess, OMNIZE};
use rustix::process::{Pid, Signal, kill_process};
use std::process::{Command, Output, Stdio};

/// Runs a shell script in a sandbox.
fn run_command(options: &[&str], script: &str) -> Output {
    Command::new(OMNIZE)
        .arg("sandbox")
        .args(options)
        .args(["--", "sh", "-c", script])
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_command_gets_the_environment_and_its_status_is_returned() {
    let script =
        r#"printf '%s %s\n%s' "$OMNIZE_TOKEN" "$OMNIZE_BASE_URL" "$OMNIZE_SANDBOX_URL"; exit 7"#;
    let ended = run_command(&["--token", "t1"], script);
    assert_eq!(ended.status.code(), Some(7));
    let out = text(&ended.stdout);
    let lines: Vec<&str> = out.split('\n').collect();
    let url = lines[0].strip_prefix("Omnize sandbox at ").unwrap();
    assert_eq!(
        lines[1..],
        [format!("t1 {url}/api/rest/v1"), url.to_owned()]
    );
}

#[test]
fn the_command_gets_the_selected_dialect() {
    let script =
        r#"printf '%s %s\n' "${OMNIZE_DIALECT-none}" "${OMNIZE_BASE_URL#"$OMNIZE_SANDBOX_URL"}""#;
    for (dialect, told) in [
        ("rest", "rest /api/rest/v1\n"),
        ("gateway", "gateway /client-gateway/api/rest/v1\n"),
        ("interactions", "interactions \n"),
    ] {
        let ended = run_command(&["--quiet", "--dialect", dialect], script);
        assert_eq!(text(&ended.stdout), told);
    }
    let asked_by_the_environment = Command::new(OMNIZE)
        .args(["sandbox", "--quiet", "--", "sh", "-c", script])
        .env("OMNIZE_DIALECT", "interactions")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(text(&asked_by_the_environment.stdout), "interactions \n");
    let empty_variable = Command::new(OMNIZE)
        .args(["sandbox", "--quiet", "--", "sh", "-c", script])
        .env("OMNIZE_DIALECT", "")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(text(&empty_variable.stdout), "rest /api/rest/v1\n");
    let invalid_variable = Command::new(OMNIZE)
        .args(["sandbox", "--quiet"])
        .env("OMNIZE_DIALECT", "soap")
        .output()
        .unwrap();
    assert_eq!(invalid_variable.status.code(), Some(2));
    assert_eq!(
        text(&invalid_variable.stderr),
        "omnize: the environment variable OMNIZE_DIALECT: expected rest, gateway or interactions\n"
    );
    let unasked = run_command(&["--quiet"], script);
    assert_eq!(text(&unasked.stdout), "rest /api/rest/v1\n");
    let with_a_bot = run_command(&["--quiet", "--bot", "http://127.0.0.1:9/"], script);
    assert_eq!(text(&with_a_bot.stdout), "interactions \n");
}

#[test]
fn the_status_contains_the_signal_that_ended_the_command() {
    assert_eq!(run_command(&[], "kill -9 $$").status.code(), Some(128 + 9));
}

#[test]
fn a_missing_command_is_an_error() {
    let ended = Command::new(OMNIZE)
        .args(["sandbox", "--quiet", "--", "no-such-command"])
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let error = text(&ended.stderr);
    assert!(
        error.starts_with("omnize: running \"no-such-command\" failed: ") && error.ends_with("\n"),
        "{error}"
    );
}

#[test]
fn a_webhook_line_sets_the_webhook_and_sends_a_newline() {
    let script =
        "echo webhook: http://127.0.0.1:1/secret; read -r line && echo entered \"[$line]\"";
    let ended = run_command(&["--quiet"], script);
    assert_eq!(
        text(&ended.stdout),
        "webhook: http://127.0.0.1:1/secret\nentered []\n"
    );
    assert_eq!(ended.status.code(), Some(0));
}

#[test]
fn an_invalid_webhook_line_ends_the_command() {
    let ended = run_command(&["--quiet"], "echo webhook: localhost:5; read -r line");
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(
        text(&ended.stderr),
        "omnize: the command was ended, because the URL in its line \"webhook: localhost:5\" is invalid: url is not an absolute http or https URL; expected for example webhook: http://127.0.0.1:8080/path\n"
    );
}

#[test]
fn sigint_and_sigterm_are_forwarded_to_the_command() {
    for (signal, name) in [(Signal::INT, "INT"), (Signal::TERM, "TERM")] {
        let script = format!(
            "trap 'echo got {name}; exit 9' {name}; echo ready; while :; do read -r line; done"
        );
        let mut child = ChildProcess::new(&["sandbox", "--quiet", "--", "sh", "-c", &script]);
        let mut lines = child.lines();
        assert_eq!(lines.next().unwrap(), "ready");
        kill_process(Pid::from_child(&child.0), signal).unwrap();
        assert_eq!(lines.next().unwrap(), format!("got {name}"));
        assert_eq!(child.0.wait().unwrap().code(), Some(9));
    }
}
