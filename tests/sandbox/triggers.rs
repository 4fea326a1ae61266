//! Triggers are sent in order, once, with a time limit, and with their result in the transcript.

use crate::running_sandbox::RunningSandbox;
use crate::webhook_server::WebhookServer;
use serde_json::{Value, json};
use std::io::Read;
use std::net::TcpListener;
use std::sync::atomic::Ordering;

#[test]
fn a_trigger_is_a_post_of_json_to_the_webhook() {
    let hook = WebhookServer::open();
    let url = hook.url.replace("http://", "http://ana:s%40l@");
    let running = RunningSandbox::with_webhook(&url, &[]);
    running.start_of("12");
    let post = hook.next_pending();
    assert_eq!(
        (post.method.as_str(), post.path.as_str()),
        ("POST", "/hook?key=k")
    );
    assert_eq!(post.header("content-type"), Some("application/json"));
    assert_eq!(post.header("authorization"), Some("Basic YW5hOnNAbA=="));
    assert!(url.contains(post.header("host").unwrap()));
    post.respond(200);
}

#[test]
fn triggers_of_one_interaction_are_sent_in_order() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &[]);
    running.start_of("a");
    hook.until("accepted");
    running.accepted("message", "1", "a");
    let typing = hook.next_pending();
    running.start_of("b");
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"b"}"#);
    running.accepted("message", "2", "b");
    hook.until("2");
    let all = running.get("/sandbox/transcript").json();
    let of_a = |entry: &&Value| entry["clientId"] == "a" && entry["direction"] == "trigger";
    let sent: Vec<&Value> = all.as_array().unwrap().iter().filter(of_a).collect();
    assert_eq!(sent.len(), 2);
    assert_eq!(
        (&sent[1]["body"]["status"], &sent[1]["status"]),
        (&json!("typing"), &Value::Null)
    );
    typing.respond(200);
    assert_eq!(hook.next(), r#"{"status":"cleared","clientId":"a"}"#);
    assert_eq!(hook.next(), r#"{"message":"1","clientId":"a"}"#);
}

#[test]
fn a_trigger_is_sent_once_for_any_response() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &[]);
    running.start_of("12");
    hook.next_with_status(500);
    running.accepted("message", "oi", "12");
    hook.next_with_status(503);
    // Closes the connection without a response.
    drop(hook.next_pending());
    assert_eq!(hook.next(), r#"{"message":"oi","clientId":"12"}"#);
    let results: Vec<(Value, Value)> = running
        .transcript()
        .iter()
        .filter(|entry| entry["direction"] == "trigger")
        .map(|entry| (entry["status"].clone(), entry["error"].clone()))
        .collect();
    assert_eq!(
        results,
        [
            (json!(500), json!("the webhook responded with 500")),
            (json!(503), json!("the webhook responded with 503")),
            (
                Value::Null,
                json!("the connection was closed without a response")
            ),
            (json!(200), Value::Null),
        ]
    );
    assert!(hook.is_quiet());
}

#[test]
fn after_a_webhook_timeout_the_next_trigger_is_sent() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--trigger-timeout", "500"]);
    running.start_of("12");
    let unanswered = hook.next_pending();
    running.accepted("message", "oi", "12");
    hook.until("oi");
    drop(unanswered);
    let accepted = &running.transcript()[1];
    assert_eq!(
        (&accepted["status"], &accepted["error"]),
        (&Value::Null, &json!("no response within 500 ms"))
    );
}

#[test]
fn an_undeliverable_trigger_is_recorded() {
    let running = RunningSandbox::start(&[]);
    running.start_of("12");
    let undelivered = |n: usize| {
        let response = running
            .get(&format!("/sandbox/transcript?after={n}&wait=20000"))
            .json();
        response[0]["error"]
            .as_str()
            .unwrap_or_else(|| panic!("no error in {response}"))
            .to_owned()
    };
    assert_eq!(undelivered(1), "no webhook is set for the token");
    // The operating system never selects this port.
    set_webhook(&running, "http://127.0.0.1:1/");
    running.start_of("13");
    assert_eq!(undelivered(3), "the connection was refused");
}

#[test]
fn an_https_webhook_gets_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let running = RunningSandbox::start(&[]);
    set_webhook(
        &running,
        &format!("https://{}/", listener.local_addr().unwrap()),
    );
    running.start_of("12");
    let mut first = [0; 1];
    listener.accept().unwrap().0.read_exact(&mut first).unwrap();
    // A TLS handshake record.
    assert_eq!(first, [22]);
    let trigger = &running.transcript()[1];
    assert!(
        trigger["error"].is_string() && trigger["status"].is_null(),
        "{trigger}"
    );
}

#[test]
fn connections_to_the_webhook_are_reused() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &[]);
    running.start_of("12");
    for n in 0..20 {
        let text = n.to_string();
        running.accepted("message", &text, "12");
        hook.until(&text);
    }
    let connections = hook.connections.load(Ordering::SeqCst);
    assert!(
        connections < 10,
        "{connections} connections for 61 triggers"
    );
}

#[test]
fn many_concurrent_interactions_each_keep_their_order() {
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &[]);
    for n in 0..100 {
        running.start_of(&n.to_string());
        running.accepted("message", "a", &n.to_string());
        running.accepted("message", "b", &n.to_string());
    }
    for _ in 0..700 {
        hook.next();
    }
    let transcript = running.transcript();
    for n in 0..100 {
        let client_id = json!(n.to_string());
        let said: Vec<String> = transcript
            .iter()
            .filter(|entry| entry["direction"] == "trigger" && entry["clientId"] == client_id)
            .map(|entry| {
                entry["body"]
                    .get("status")
                    .unwrap_or(&entry["body"]["message"])
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        assert_eq!(
            said,
            [
                "accepted", "typing", "cleared", "a", "typing", "cleared", "b"
            ]
        );
    }
    assert!(transcript.iter().all(|entry| entry["status"] == 200));
    assert!(transcript.iter().zip(1..).all(|(entry, n)| entry["n"] == n));
}

pub fn set_webhook(running: &RunningSandbox, url: &str) {
    let body = json!({ "token": running.ready_field("token"), "url": url }).to_string();
    let response = running.call(
        "PUT",
        "/portal/settings/integrations/clientsdk/webhook",
        None,
        body.as_bytes(),
    );
    assert_eq!(response.status, 200, "{}", response.body);
}
