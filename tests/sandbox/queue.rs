//! Agents that serve some interactions at once, and those who wait; and interactions that are handed on.

use crate::file::File;
use crate::hook::Hook;
use crate::running::Running;
use serde_json::{Value, json};

const BUSY: &str = r#"{"atOnce":1,"rules":[{"on":"start","steps":["accepted"]},
    {"on":"message","steps":[{"message":"{content}"}]}]}"#;

fn heard(hook: &Hook) -> Value {
    serde_json::from_str(&hook.next()).unwrap()
}

#[test]
fn who_finds_the_agent_busy_is_told_each_place_in_the_queue() {
    let file = File::new("busy", BUSY);
    let hook = Hook::open();
    let running = Running::with_webhook(&hook.url, &["--agent", file.path()]);
    let begin = |client_id: &str| running.begin(json!({ "extra": { "clientId": client_id } }));
    let queued = |hash: &str, client_id: &str, position: u64| {
        json!({
            "interaction_hash": hash, "state": "queued", "position": position,
            "extra": { "clientId": client_id },
        })
    };
    let first = begin("1");
    assert_eq!(heard(&hook)["state"], "accepted");
    let second = begin("2");
    assert_eq!(heard(&hook), queued(&second, "2", 1));
    let third = begin("3");
    assert_eq!(heard(&hook), queued(&third, "3", 2));
    // What is said meanwhile is heard when its turn has come.
    assert_eq!(
        running
            .on(&second, "messages", json!({ "content": "still here" }))
            .status,
        200
    );
    assert_eq!(running.on(&first, "finish", json!({})).status, 200);
    let mut after = [heard(&hook), heard(&hook), heard(&hook)];
    after.sort_by_key(|trigger| trigger["interaction_hash"] == json!(third));
    assert_eq!(
        (&after[0]["state"], &after[1]["message"]["content"]),
        (&json!("accepted"), &json!("still here"))
    );
    assert_eq!(after[2], queued(&third, "3", 1));
    // Who gives up while waiting is not served.
    assert_eq!(running.on(&third, "finish", json!({})).status, 200);
    let fourth = begin("4");
    assert_eq!(heard(&hook), queued(&fourth, "4", 1));
    assert_eq!(running.state_of("3"), "finished");
}

#[test]
fn in_rest_one_waits_without_being_told() {
    let file = File::new("busy-rest", BUSY);
    let hook = Hook::open();
    let running = Running::with_webhook(&hook.url, &["--agent", file.path()]);
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
fn a_script_queues_and_hands_on() {
    let script = r#"{"rules":[{"on":"start","steps":[{"queued":3},"accepted"]},
        {"on":"message","steps":[{"transferred":2},{"message":"Bye!"}]}]}"#;
    let file = File::new("hands-on", script);
    let agent = format!("1={}", file.path());
    let hook = Hook::open();
    let running = Running::with_webhook(&hook.url, &["--agent", &agent]);
    let hash = running.begin(json!({ "extra": { "clientId": "12" } }));
    let queued = heard(&hook);
    assert_eq!(
        (&queued["state"], &queued["position"]),
        (&json!("queued"), &json!(3))
    );
    assert_eq!(heard(&hook)["state"], "accepted");
    running.on(&hash, "messages", json!({ "content": "Billing, please" }));
    assert_eq!(
        heard(&hook),
        json!({ "interaction_hash": hash, "state": "transferred", "department_id": 2, "external_id": null })
    );
    assert_eq!(heard(&hook)["message"]["content"], "Bye!");
    assert_eq!(
        running.get("/sandbox/interactions").json()[0]["servedBy"],
        "2"
    );
    // Department 2 has the echoing agent.
    running.on(&hash, "messages", json!({ "content": "oi" }));
    assert_eq!(heard(&hook)["state"], "typing");
}
