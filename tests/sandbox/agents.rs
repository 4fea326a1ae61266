//! The scripted agents, built in and from files.

use crate::running_sandbox::{OMNIZE, RunningSandbox};
use crate::temporary_file::TemporaryFile;
use crate::webhook_server::WebhookServer;
use serde_json::{Value, json};
use std::process::Command;

#[test]
fn echo_accepts_and_repeats_each_message() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &[]);
    running.start_of("12");
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"12"}"#);
    running.accepted("message", "Olá, \"mundo\"\n😀", "12");
    assert_eq!(hook.next(), r#"{"status":"typing","clientId":"12"}"#);
    assert_eq!(hook.next(), r#"{"status":"cleared","clientId":"12"}"#);
    assert_eq!(
        hook.next(),
        r#"{"message":"Olá, \"mundo\"\n😀","clientId":"12"}"#
    );
    assert_eq!(running.state_of("12"), "accepted");
}

#[test]
fn silent_accepts_and_sends_nothing_else() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", "silent"]);
    running.start_of("12");
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"12"}"#);
    running.accepted("message", "oi", "12");
    running.accepted("info", "finish", "12");
    // The trigger of another start follows the earlier triggers.
    running.start_of("12");
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"12"}"#);
    assert!(hook.is_quiet());
}

#[test]
fn unavailable_allows_finish_or_another_start() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", "unavailable"]);
    running.start_of("12");
    assert_eq!(hook.next(), r#"{"status":"unavailable","clientId":"12"}"#);
    assert_eq!(running.state_of("12"), "unavailable");
    let refused = running.rest(&running.request("message", "oi", "12"));
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.json()["message"],
        "no agent was available for clientId \"12\"; expected finish or start"
    );
    running.start_of("12");
    hook.until("unavailable");
    running.accepted("info", "finish", "12");
    assert_eq!(running.state_of("12"), "finished");
}

#[test]
fn each_department_has_its_agent() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(
        &hook.url,
        &["--agent", "2=unavailable", "--agent", "silent"],
    );
    for (department, client_id, status) in [
        ("2", "a", "unavailable"),
        ("1", "b", "accepted"),
        ("x", "c", "accepted"),
    ] {
        assert_eq!(
            running
                .rest(&running.request_to(department, "info", "init", client_id))
                .status,
            200
        );
        assert_eq!(hook.next(), json_text(status, client_id));
    }
}

fn json_text(status: &str, client_id: &str) -> String {
    format!(r#"{{"status":"{status}","clientId":"{client_id}"}}"#)
}

#[test]
fn a_raw_step_posts_any_object_and_any_bytes() {
    let scenario = r#"{"rules":[{"on":"start","steps":[
        {"raw":{"status":"queued","position": 1.50,"clientId":"{clientId}","name":"{customerName}"}},
        {"raw":"[\"{clientId}\"","contentType":null},
        {"hex":"7B22E1","contentType":"application/json; charset=iso-8859-1"}]}]}"#;
    let file = TemporaryFile::new("raw", scenario);
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", file.path()]);
    let mut start = running.request("info", "init", "12");
    start["customerName"] = json!("Ana \"A\"");
    assert_eq!(running.rest(&start).status, 200);
    let object = hook.next_pending();
    assert_eq!(object.header("content-type"), Some("application/json"));
    assert_eq!(
        String::from_utf8_lossy(&object.body),
        r#"{"status":"queued","position": 1.50,"clientId":"12","name":"Ana \"A\""}"#
    );
    object.respond(200);
    let text = hook.next_pending();
    assert_eq!(
        (text.header("content-type"), text.body.as_slice()),
        (None, br#"["12""#.as_slice())
    );
    text.respond(400);
    let bytes = hook.next_pending();
    assert_eq!(
        bytes.header("content-type"),
        Some("application/json; charset=iso-8859-1")
    );
    assert_eq!(bytes.body, b"{\"\xe1");
    bytes.respond(200);
    let transcript = running.transcript();
    assert_eq!(transcript[2]["body"], r#"["12""#);
    assert_eq!(transcript[2]["error"], "the webhook responded with 400");
    assert_eq!(running.state_of("12"), "waiting");
}

#[test]
fn a_finish_by_the_customer_stops_the_current_rule() {
    let scenario = r#"{"rules":[
        {"on":"start","steps":["accepted"]},
        {"on":"message","steps":["typing",{"wait":600000},{"message":"too late"}]},
        {"on":"finish","steps":[{"raw":{"status":"archived","clientId":"{clientId}"}}]}]}"#;
    let file = TemporaryFile::new("cut-short", scenario);
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", file.path()]);
    running.start_of("12");
    hook.until("accepted");
    running.accepted("message", "oi", "12");
    running.accepted("message", "still there?", "12");
    hook.until("typing");
    running.accepted("info", "finish", "12");
    assert_eq!(hook.next(), json_text("archived", "12"));
    running.start_of("12");
    assert_eq!(hook.next(), json_text("accepted", "12"));
}

#[test]
fn a_finish_by_the_agent_ends_after_the_current_rule() {
    let scenario = r#"{"rules":[{"on":"message","steps":["finish",{"raw":{"late":"{content}","clientId":"{clientId}"}}]}]}"#;
    let file = TemporaryFile::new("finish", scenario);
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", file.path()]);
    running.start_of("12");
    running.accepted("message", "a", "12");
    let finish = hook.next_pending();
    // The interaction has ended before the webhook receives the trigger.
    assert_eq!(running.state_of("12"), "finished");
    assert_eq!(
        running.rest(&running.request("message", "b", "12")).status,
        422
    );
    finish.respond(200);
    assert_eq!(hook.next(), r#"{"late":"a","clientId":"12"}"#);
}

#[test]
fn the_support_scenario_greets_replies_and_finishes() {
    let hook = WebhookServer::open();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/agents/support.json");
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", path]);
    let mut start = running.request("info", "init", "12");
    start["customerName"] = json!("João");
    assert_eq!(running.rest(&start).status, 200);
    hook.until("Olá, João! Aqui é a Ana, do suporte. Como posso ajudar?");
    running.accepted("message", "Meu pedido não chegou", "12");
    hook.until("Entendi: \"Meu pedido não chegou\". Já estou verificando para você.");
    running.accepted("message", "Obrigado, TCHAU!", "12");
    hook.until("finish");
    let said: Vec<Value> = running
        .transcript()
        .iter()
        .map(|entry| entry["body"].clone())
        .collect();
    let statuses: Vec<&str> = said
        .iter()
        .filter_map(|body| body["status"].as_str())
        .collect();
    assert_eq!(
        statuses,
        [
            "accepted", "typing", "cleared", "typing", "cleared", "finish"
        ]
    );
}

#[test]
fn an_invalid_scenario_ends_the_command_with_its_position() {
    let file = TemporaryFile::new(
        "error",
        r#"{"rules":[{"on":"start","steps":["accepted",{"message":"{nome}"}]}]}"#,
    );
    let ended = Command::new(OMNIZE)
        .args(["sandbox", "--agent", file.path()])
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(2));
    let expected = format!(
        "omnize: scenario {:?}: rule 1, step 2: message: {{nome}} is unknown; expected one of {{content}}, {{clientId}}, {{customerName}}, {{hash}}\n",
        file.path()
    );
    assert_eq!(String::from_utf8_lossy(&ended.stderr), expected);
}
