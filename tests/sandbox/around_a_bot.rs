//! `omnize sandbox --customer FILE -- BOT`: a program that is the bot, tested from end to end by what customers hear.

use crate::file::File;
use crate::hook::Hook;
use crate::running::{OMNIZE, http_agent};
use serde_json::{Value, json};
use std::process::{Command, Output, Stdio};

/// Not a test by itself: the bot that the next ones run. It says everything again, until it is ended. Outside the sandbox
/// it ends at once.
#[test]
fn bot() {
    let Ok(url) = std::env::var("OMNIZE_SANDBOX_URL") else {
        return;
    };
    let hook = Hook::open();
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

/// Lets the customers meet the bot.
fn meet(customers: &[&File]) -> Output {
    let mut command = Command::new(OMNIZE);
    command.args(["sandbox", "--quiet"]);
    for customer in customers {
        command.args(["--customer", customer.path()]);
    }
    command
        .arg("--")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "around_a_bot::bot", "--nocapture"])
        .output()
        .unwrap()
}

#[test]
fn the_bot_is_ended_when_the_customers_have_gone_and_the_status_tells_how_it_went() {
    let content = File::new(
        "content",
        r#"{"steps":[{"hear":"accepted"},{"say":"oi"},{"hear":"message","contains":"oi"},"finish"]}"#,
    );
    let waits = File::new(
        "waits-in-vain",
        r#"{"department":2,"steps":[{"hear":"accepted"},{"say":"oi"},{"hear":"message","contains":"olá","within":300}]}"#,
    );
    let ended = meet(&[&content, &content]);
    assert_eq!(
        (
            ended.status.code(),
            String::from_utf8_lossy(&ended.stderr).as_ref()
        ),
        (Some(0), "")
    );
    let ended = meet(&[&content, &waits]);
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

#[test]
fn a_command_that_is_no_bot_or_gives_no_url_is_told() {
    let customer = File::new("comes", r#"{"steps":["finish"]}"#);
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
            "the command ended before there was a bot for each customer",
        ),
        (
            "echo bot: none; read -r line",
            "the command was ended, for the line \"bot: none\" that it printed can't be used: url is no absolute http or https \
             URL; expected such as bot: http://127.0.0.1:8080/path",
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
fn a_customer_and_a_dialect_without_bots_are_a_mistake() {
    let customer = File::new("astray", r#"{"steps":["finish"]}"#);
    let refused = |command: &mut Command| {
        let ended = command
            .args(["--customer", customer.path(), "--", "true"])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(2));
        assert_eq!(
            String::from_utf8_lossy(&ended.stderr),
            "omnize: a customer comes in the dialect interactions alone, and --dialect or OMNIZE_DIALECT says rest; \
             leave it out\n"
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
fn a_customer_or_a_bot_that_can_not_be_is_a_mistake() {
    let wrong = File::new("wrong", r#"{"steps":["wave"]}"#);
    let nowhere = File::new("nowhere", r#"{"department":9,"steps":["finish"]}"#);
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
            "a customer's department 9 is unknown or closed".to_owned(),
        ),
        (
            vec!["--bot", "2=hook"],
            "bot \"2=hook\": expected an absolute http or https URL, or DEPARTMENT= and one"
                .to_owned(),
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
