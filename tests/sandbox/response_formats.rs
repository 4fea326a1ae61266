//! The response formats in which a rejection has HTTP status 200.

use crate::running_sandbox::{RunningSandbox, SandboxResponse};
use serde_json::{Value, json};

const START: &str = "/core/api/v1/interactions";

fn both(running: &RunningSandbox, rest: &Value, start: Value) -> [SandboxResponse; 2] {
    [
        running.rest(rest),
        running.send_request("POST", START, start),
    ]
}

#[test]
fn success_false_rejects_with_status_200() {
    let running = RunningSandbox::start(&["--answers", "success-false", "--agent", "silent"]);
    let refused = running.request("info", "typing", "none");
    let [rest, interactions] = both(&running, &refused, json!({}));
    let hidden = |message: &str| json!({ "success": false, "errors": [message] });
    assert_eq!(
        rest.json(),
        hidden("clientId \"none\" has no interaction; expected start first")
    );
    assert_eq!(
        interactions.json(),
        hidden("department_id is missing; expected a JSON number")
    );
    assert_eq!((rest.status, interactions.status), (200, 200));
    let external = running.get("/api/external/departments?token=other");
    assert_eq!(
        (external.status, external.json()["success"].clone()),
        (200, json!(false))
    );
    running.start_of("12");
    // Requests outside the chat API are rejected as in every format.
    assert_eq!(running.get("/elsewhere").status, 404);
    assert_eq!(
        running
            .call("POST", START, Some("application/json"), b"{")
            .status,
        400
    );
}

#[test]
fn status_inside_has_the_real_status_in_the_body_only() {
    let running = RunningSandbox::start(&["--answers", "status-inside"]);
    let mut refused = running.request("info", "init", "12");
    refused["token"] = json!("other");
    let [rest, interactions] = both(&running, &refused, json!({ "department_id": 99 }));
    assert_eq!((rest.status, interactions.status), (200, 200));
    assert_eq!(
        (&rest.json()["status"], &interactions.json()["status"]),
        (&json!(401), &json!(422))
    );
    assert!(
        running
            .transcript()
            .iter()
            .all(|entry| entry["error"].is_string())
    );
    let external = running.get("/api/external/departments?token=other");
    assert_eq!(
        (external.status, external.json()["status"].clone()),
        (200, json!(404))
    );
}

#[test]
fn a_response_with_data_is_json_in_every_format() {
    for form in ["empty", "text", "success-false", "status-inside"] {
        let running = RunningSandbox::start(&["--answers", form]);
        let hash = running.begin(json!({}));
        assert_eq!(hash.len(), 36);
        let token = running.ready_field("token");
        let departments = running.get(&format!("/api/external/departments?token={token}"));
        assert_eq!(departments.json()[0]["id"], 1);
        assert_eq!(running.on(&hash, "typing", json!({})).status, 200);
    }
}
