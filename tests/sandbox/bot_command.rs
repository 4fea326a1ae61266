//! `omnize sandbox --customer FILE -- BOT`: a bot program, tested by the triggers that its customers receive.

use crate::running_sandbox::{OMNIZE, http_agent};
use crate::temporary_file::TemporaryFile;
use crate::webhook_server::WebhookServer;
use serde_json::{Value, json};
use std::process::{Command, Output, Stdio};

/// Not a test: the bot of the next tests. It repeats each message until it is ended. Outside the sandbox it does nothing.
#[test]
fn bot_process() {
    let Ok(url) = std::env::var("OMNIZE_SANDBOX_URL") else {
        return;
    };
    let hook = WebhookServer::open();
    println!("\nbot: {}", hook.url);
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let agent = http_agent();
    loop {
        let told: Value = serde_json::from_str(&hook.next()).unwrap();
        let path = format!(
            "{url}/core/api/v1/bot/{}/",
            told["interaction_hash"].as_str().unwrap()
        );
        let mut body = json!({ "token": std::env::var("OMNIZE_TOKEN").unwrap() });
        let sent = match told["type"].as_str().unwrap() {
            "new_interaction" => agent
                .put(format!("{path}accept"))
                .header("content-type", "application/json")
                .send(body.to_string()),
            "new_message" => {
                body["content"] = told["content"].clone();
                agent
                    .post(format!("{path}message"))
                    .header("content-type", "application/json")
                    .send(body.to_string())
            }
            _ => continue,
        };
        assert_eq!(sent.unwrap().status(), 200);
    }
}

/// Runs the bot with these customers.
fn run_bot_with(customers: &[&TemporaryFile]) -> Output {
    let mut command = Command::new(OMNIZE);
    command.args(["sandbox", "--quiet"]);
    for customer in customers {
        command.args(["--customer", customer.path()]);
    }
    command
        .arg("--")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "bot_command::bot_process", "--nocapture"])
        .output()
        .unwrap()
}

#[test]
fn the_bot_is_ended_after_the_customers_and_the_status_is_their_result() {
    let content = TemporaryFile::new(
        "content",
        r#"{"steps":[{"hear":"accepted"},{"say":"oi"},{"hear":"message","contains":"oi"},"finish"]}"#,
    );
    let waits = TemporaryFile::new(
        "waits-in-vain",
        r#"{"department":2,"steps":[{"hear":"accepted"},{"say":"oi"},{"hear":"message","contains":"olá","within":300}]}"#,
    );
    let ended = run_bot_with(&[&content, &content]);
    assert_eq!(
        (
            ended.status.code(),
            String::from_utf8_lossy(&ended.stderr).as_ref()
        ),
        (Some(0), "")
    );
    let ended = run_bot_with(&[&content, &waits]);
    assert_eq!(
        (
            ended.status.code(),
            String::from_utf8_lossy(&ended.stderr).as_ref()
        ),
        (
            Some(1),
            "omnize: customer 2: step 3: no message with \"olá\" within 300 ms\n"
        )
    );
}

/// The command is a shell, which Windows does not have.
#[cfg(unix)]
#[test]
fn a_bot_command_without_a_valid_url_is_an_error() {
    let customer = TemporaryFile::new("comes", r#"{"steps":["finish"]}"#);
    let run = |script: &str| {
        Command::new(OMNIZE)
            .args([
                "sandbox",
                "--quiet",
                "--customer",
                customer.path(),
                "--",
                "sh",
                "-c",
                script,
            ])
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    for (script, message) in [
        (
            "true",
            "the command ended before every customer's department had a bot",
        ),
        (
            "echo bot: none; read -r line",
            "the command was ended, because the URL in its line \"bot: none\" is invalid: url is not an absolute http or https URL; expected for example bot: http://127.0.0.1:8080/path",
        ),
    ] {
        let ended = run(script);
        assert_eq!(ended.status.code(), Some(1));
        assert_eq!(
            String::from_utf8_lossy(&ended.stderr),
            format!("omnize: {message}\n")
        );
    }
    assert_eq!(run("exit 7").status.code(), Some(7));
}

#[test]
fn a_customer_with_a_dialect_without_bots_is_an_error() {
    let customer = TemporaryFile::new("astray", r#"{"steps":["finish"]}"#);
    let refused = |command: &mut Command| {
        let ended = command
            .args(["--customer", customer.path(), "--", "true"])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(2));
        assert_eq!(
            String::from_utf8_lossy(&ended.stderr),
            "omnize: --customer requires the dialect interactions, but --dialect or OMNIZE_DIALECT is rest; remove it\n"
        );
    };
    refused(
        Command::new(OMNIZE)
            .arg("sandbox")
            .env("OMNIZE_DIALECT", "rest"),
    );
    refused(Command::new(OMNIZE).args(["sandbox", "--dialect", "rest"]));
}

#[test]
fn an_invalid_customer_or_bot_is_an_error() {
    let wrong = TemporaryFile::new("wrong", r#"{"steps":["wave"]}"#);
    let nowhere = TemporaryFile::new("nowhere", r#"{"department":9,"steps":["finish"]}"#);
    let forms = "expected typing, cleared, finish, or an object with say, hear or wait";
    let cases = [
        (
            vec!["--customer", wrong.path()],
            format!(
                "customer {:?}: step 1: \"wave\" is unknown; {forms}",
                wrong.path()
            ),
        ),
        (
            vec!["--customer", nowhere.path()],
            "the department 9 of a customer is unknown or closed; expected an open department"
                .to_owned(),
        ),
        (
            vec!["--bot", "2=hook"],
            "bot \"2=hook\": expected an absolute http or https URL, or DEPARTMENT=URL".to_owned(),
        ),
    ];
    for (options, message) in cases {
        let ended = Command::new(OMNIZE)
            .arg("sandbox")
            .args(options)
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(2));
        assert_eq!(
            String::from_utf8_lossy(&ended.stderr),
            format!("omnize: {message}\n")
        );
    }
}
