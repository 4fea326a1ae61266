//! `omnize sandbox -- COMMAND` prints the lines of the command, the requests and the triggers in the order of the events.

use crate::running_sandbox::{OMNIZE, http_agent};
use crate::webhook_server::WebhookServer;
use serde_json::{Value, json};
use std::io::Write;
use std::process::Command;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Not a test: the command of the next test, a small application that prints each step. Outside the sandbox it does
/// nothing.
#[test]
fn application_process() {
    let Ok(base_url) = std::env::var("OMNIZE_BASE_URL") else {
        return;
    };
    let say = |line: String| {
        let mut out = std::io::stdout().lock();
        out.write_all(format!("app: {line}\n").as_bytes())
            .and_then(|()| out.flush())
            .unwrap();
    };
    let hook = WebhookServer::open();
    println!("\nwebhook: {}", hook.url);
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let agent = http_agent();
    let send = |kind: &str, content: &str| {
        say(format!("sends {content}"));
        let token = std::env::var("OMNIZE_TOKEN").unwrap();
        let body = json!({
            "type": kind, "content": content, "token": token, "departmentId": "1", "clientId": "12",
        });
        let request = agent
            .post(&base_url)
            .header("content-type", "application/json");
        say(format!(
            "answered {}",
            request.send(body.to_string()).unwrap().status().as_u16()
        ));
    };
    let hear = || {
        let post = hook.next_pending();
        say(format!("heard {}", String::from_utf8_lossy(&post.body)));
        post.respond(200);
    };
    send("info", "init");
    hear();
    send("message", "oi");
    (0..3).for_each(|_| hear());
    send("info", "finish");
    send("info", "finish");
}

#[test]
fn the_output_is_in_the_order_of_the_events() {
    let path = std::env::temp_dir().join(format!("omnize-around-{}.json", std::process::id()));
    let ended = Command::new(OMNIZE)
        .args(["sandbox", "--transcript", path.to_str().unwrap(), "--"])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "output_order::application_process",
            "--nocapture",
        ])
        .output()
        .unwrap();
    assert_eq!(
        ended.status.code(),
        Some(0),
        "{}{}",
        text(&ended.stdout),
        text(&ended.stderr)
    );
    let out = text(&ended.stdout);
    let shown: Vec<&str> = out
        .lines()
        .filter(|line| {
            ["app: ", "  request", "  trigger"]
                .iter()
                .any(|start| line.starts_with(start))
        })
        .collect();
    // The order of the response and of the trigger is not defined.
    let position = |text: &str| {
        let at = shown.iter().position(|line| *line == text);
        at.unwrap_or_else(|| panic!("no {text:?} in {out}"))
    };
    let in_order = |lines: &[&str]| {
        let at: Vec<usize> = lines.iter().map(|line| position(line)).collect();
        assert!(at.is_sorted(), "{lines:?} are not in this order in {out}");
    };
    let [start, accepted] = [
        "  request  12    start        department 1",
        "  trigger  12    accepted",
    ];
    let [message, typing, cleared, echo] = [
        "  request  12    message      \"oi\"",
        "  trigger  12    typing",
        "  trigger  12    cleared",
        "  trigger  12    message      \"oi\"",
    ];
    in_order(&[
        "app: sends init",
        start,
        "app: answered 200",
        "app: sends oi",
        message,
    ]);
    in_order(&[
        start,
        accepted,
        r#"app: heard {"status":"accepted","clientId":"12"}"#,
        "app: sends oi",
        message,
    ]);
    in_order(&[
        message,
        typing,
        r#"app: heard {"status":"typing","clientId":"12"}"#,
        cleared,
    ]);
    in_order(&[
        cleared,
        r#"app: heard {"status":"cleared","clientId":"12"}"#,
        echo,
    ]);
    in_order(&[
        echo,
        r#"app: heard {"message":"oi","clientId":"12"}"#,
        "  request  12    finish",
    ]);
    let refused = "  request  12    finish  -> 422 the interaction of clientId \"12\" is finished; expected start first";
    in_order(&["  request  12    finish", refused, "app: answered 422"]);
    let written: Vec<Value> = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    std::fs::remove_file(&path).unwrap();
    let statuses: Vec<&Value> = written.iter().map(|entry| &entry["status"]).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 200, 422]);
}
