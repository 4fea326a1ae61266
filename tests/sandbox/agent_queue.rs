//! Agents with a limit on concurrent interactions, the queue in front of them, and transfers.

use crate::running_sandbox::RunningSandbox;
use crate::temporary_file::TemporaryFile;
use crate::webhook_server::WebhookServer;
use serde_json::json;

const BUSY: &str = r#"{"atOnce":1,"rules":[{"on":"start","steps":["accepted"]},
    {"on":"message","steps":[{"message":"{content}"}]}]}"#;

#[test]
fn a_waiting_customer_gets_each_position_in_the_queue() {
    let file = TemporaryFile::new("busy", BUSY);
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", file.path()]);
    let begin = |client_id: &str| running.begin(json!({ "extra": { "clientId": client_id } }));
    let queued = |hash: &str, client_id: &str, position: u64| {
        json!({
            "interaction_hash": hash, "state": "queued", "position": position,
            "extra": { "clientId": client_id },
        })
    };
    let first = begin("1");
    assert_eq!(hook.next_json()["state"], "accepted");
    let second = begin("2");
    assert_eq!(hook.next_json(), queued(&second, "2", 1));
    let third = begin("3");
    assert_eq!(hook.next_json(), queued(&third, "3", 2));
    // The agent receives the messages that were sent meanwhile after the start.
    assert_eq!(
        running
            .on(&second, "messages", json!({ "content": "still here" }))
            .status,
        200
    );
    assert_eq!(running.on(&first, "finish", json!({})).status, 200);
    let mut after = [hook.next_json(), hook.next_json(), hook.next_json()];
    after.sort_by_key(|trigger| trigger["interaction_hash"] == json!(third));
    assert_eq!(
        (&after[0]["state"], &after[1]["message"]["content"]),
        (&json!("accepted"), &json!("still here"))
    );
    assert_eq!(after[2], queued(&third, "3", 1));
    // A customer who finishes in the queue is not served.
    assert_eq!(running.on(&third, "finish", json!({})).status, 200);
    let fourth = begin("4");
    assert_eq!(hook.next_json(), queued(&fourth, "4", 1));
    assert_eq!(running.state_of("3"), "finished");
}

#[test]
fn rest_sends_no_queue_positions() {
    let file = TemporaryFile::new("busy-rest", BUSY);
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", file.path()]);
    running.start_of("1");
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"1"}"#);
    running.start_of("2");
    running.accepted("info", "finish", "1");
    assert_eq!(hook.next(), r#"{"status":"accepted","clientId":"2"}"#);
    assert!(
        running
            .transcript()
            .iter()
            .all(|entry| entry["kind"] != "queued")
    );
}

#[test]
fn a_scenario_sends_queued_and_transferred() {
    let script = r#"{"rules":[{"on":"start","steps":[{"queued":3},"accepted"]},
        {"on":"message","steps":[{"transferred":2},{"message":"Bye!"}]}]}"#;
    let file = TemporaryFile::new("hands-on", script);
    let agent = format!("1={}", file.path());
    let hook = WebhookServer::open();
    let running = RunningSandbox::with_webhook(&hook.url, &["--agent", &agent]);
    let hash = running.begin(json!({ "extra": { "clientId": "12" } }));
    let queued = hook.next_json();
    assert_eq!(
        (&queued["state"], &queued["position"]),
        (&json!("queued"), &json!(3))
    );
    assert_eq!(hook.next_json()["state"], "accepted");
    running.on(&hash, "messages", json!({ "content": "Billing, please" }));
    assert_eq!(
        hook.next_json(),
        json!({ "interaction_hash": hash, "state": "transferred", "department_id": 2, "external_id": null })
    );
    assert_eq!(hook.next_json()["message"]["content"], "Bye!");
    assert_eq!(
        running.get("/sandbox/interactions").json()[0]["servedBy"],
        "2"
    );
    // Department 2 has the agent `echo`.
    running.on(&hash, "messages", json!({ "content": "oi" }));
    assert_eq!(hook.next_json()["state"], "typing");
}
